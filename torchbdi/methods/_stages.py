"""The stages of a method's work, such as training and ascent; a killed run goes on within one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..kernels.errors import TorchBDIError
from ._kept import Kept
from .base import Method, Run

if TYPE_CHECKING:
    from ..data import OfflineData

SECONDS = 60.0  # after which a state is written, however few steps were done


class Stages:
    """One stage after another, each with a state of its own in the run's folder.

    Steps are logged with one count over all stages. A stage that is over keeps its last state, so
    that a later one need not begin with it.

    Args:
        method: with its settings resolved; a state knows them.
        data: the table, whose hash a state knows.
        run: is told of every step; its folder holds the states.
    """

    def __init__(self, method: Method, data: OfflineData, run: Run) -> None:
        self.run, self.logged = run, 0
        self._name = type(method).__name__
        self._kept = Kept(run, method, data, 0)  # designs that move know their number themselves

    def go(
        self,
        name: str,
        total: int,
        what: str,
        parts: Mapping[str, Any],
        step: Callable[[int], Mapping[str, float]],
        designs: Callable[[], Tensor] | None = None,
    ) -> None:
        """Does the steps of a stage that are not done yet.

        Args:
            name: of the stage and of its file.
            total: how many steps there are.
            what: what is counted, in the plural.
            parts: all that a step changes, such as networks, optimisers and :class:`Held`: what has
                ``state_dict`` and ``load_state_dict``.
            step: does a step, counted from 1, and returns what is logged of it. Its draws come
                from generators made of the seed and of the step.
            designs: gives the designs (n, D), standardised, where a step moves them.

        Raises:
            InputError: the state is that of another run.
            TorchBDIError: a number that is logged is not finite.
        """
        run = self.run
        done = 0
        if (state := self._kept.read(name)) is not None:
            done = int(state["done"])
            for key, part in parts.items():
                part.load_state_dict(state["parts"][key])
        if designs is not None and not done:
            run.keep(0, designs())
        written = time.monotonic()
        with run.progress(total, what, done) as bar:
            for i in range(done + 1, total + 1):
                with torch.enable_grad():
                    values = {key: float(value) for key, value in step(i).items()}
                wrong = [key for key, value in values.items() if not math.isfinite(value)]
                if wrong:
                    raise TorchBDIError(
                        f"{self._name}: {wrong[0]} is {values[wrong[0]]} after {i} of "
                        f"{total} {what} of the stage {name}. Lower its learning rate."
                    )
                at = self.logged + i
                run.log(at, **values)
                if designs is not None:
                    run.keep(i, designs())
                late = time.monotonic() - written > SECONDS
                if late or i == total or at % run.checkpoint_every == 0:
                    states = {key: part.state_dict() for key, part in parts.items()}
                    self._kept.write(name, done=i, parts=states)
                    written = time.monotonic()
                bar.update()
        self.logged += total


class Held:
    """Tensors and numbers by name, as a part of a stage: ``held["x"]``.

    Args:
        **values: tensors, on any device, or plain numbers.
    """

    def __init__(self, **values: Any) -> None:
        self.values = values

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.values[name] = value

    def state_dict(self) -> dict[str, Any]:
        """The values."""
        return dict(self.values)

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Takes values back, each to the device of the one that it replaces."""
        for name, value in state.items():
            own = self.values.get(name)
            self.values[name] = value.to(own.device) if isinstance(own, Tensor) else value
