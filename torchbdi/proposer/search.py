"""Where proposals start, and how many rounds it takes to find as many new ones as asked for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..kernel import Kernel
from ..kernels.errors import InputError
from ..kernels.files import last_good_state, write_state
from ..kernels.tensors import from_bytes, to_bytes
from .designs import within
from .optimise import Box, Observer, optimise
from .problem import Problem
from .settings import Settings
from .table import Values
from .trust import nearest

# Two starts can end in the same place, or in a known one. Then the next best designs have a go.
ROUNDS = 4
# Standard deviations. What is nearer to a known design is no new experiment.
NEW_FROM = 0.01


@dataclass(frozen=True)
class Starts:
    """Known designs to start from, the best first, as they are once columns are fixed.

    Attributes:
        known: their positions among the distinct designs, (S,).
        values: the columns that vary, (S,) each.
        x: encoded, (S, D).
    """

    known: np.ndarray
    values: dict[str, Values]
    x: Tensor


@dataclass(frozen=True)
class Found:
    """New designs.

    Attributes:
        values: the columns that vary, (n,) each.
        x: encoded, (n, D).
        start: positions of the known designs they came from, (n,).
    """

    values: dict[str, Values]
    x: Tensor
    start: np.ndarray


class StateFiles:
    """The states of the rounds, kept in a folder so that a run can go on; none without a folder.

    Args:
        folder: where they are written, or None.
        say: is told of damaged states, and what is gone on from instead.
    """

    def __init__(self, folder: Path | None, say: Callable[[str], object] = warnings.warn):
        self.folder, self.say = folder, say

    def load(self, number: int) -> dict[str, Any] | None:
        """The last good state of a round, if there is one."""
        path = self._path(number)
        return None if path is None else last_good_state(path, _round, self.say)

    def save(self, number: int, state: dict[str, Any]) -> None:
        """Replaces the state of a round as a whole."""
        path = self._path(number)
        if path is not None:
            write_state(path, to_bytes(state))

    def _path(self, number: int) -> Path | None:
        return None if self.folder is None else self.folder / f"round{number}.ckpt"


def _round(content: bytes) -> dict[str, Any]:
    state: dict[str, Any] = from_bytes(content)
    if not isinstance(state, dict) or set(state) != {"step", "x_h", "adam"}:
        raise ValueError("it is not the state of a round")
    return state


def _starts(problem: Problem) -> Starts:
    """The best known designs, with the fixed columns set; those that become equal count once."""
    order = problem.best()
    values = {name: column[order] for name, column in problem.values.items()}
    for name, value in problem.fixed.items():
        values[name] = np.full_like(values[name], value)
    x = problem.space.encode(values)
    seen: set[bytes] = set()
    keep = []
    for i, row in enumerate(x.numpy()):
        if (key := row.tobytes()) not in seen:
            seen.add(key)
            keep.append(i)
    return Starts(order[keep], {name: v[keep] for name, v in values.items()}, x[keep])


def search(
    kernel: Kernel,
    problem: Problem,
    coefficients: Tensor,
    settings: Settings,
    states: StateFiles,
    observe: Callable[[int, Tensor], Observer] | None = None,
    progress: bool = True,
) -> Found:
    """Runs BDI from the best known designs until there are n new ones.

    Args:
        kernel: the kernel.
        problem: the table.
        coefficients: (K_ll + ridge I)^-1 y_l, (N,).
        settings: the person's choices.
        states: keep the run.
        observe: makes the observer of a round, given its number and where its designs begin.
        progress: show a progress bar.

    Returns:
        At most n designs, each at least 0.01 standard deviations from every known one and from
        the others.

    Raises:
        InputError: not one new design was found.
    """
    if problem.candidates is not None:
        return _chosen(kernel, problem, coefficients, problem.n)
    starts = _starts(problem)
    space = problem.space
    taken = problem.x_l
    found: list[Found] = []
    missing, first = problem.n, 0
    for number in range(ROUNDS):
        part = slice(first, first + missing)
        values = {name: v[part] for name, v in starts.values.items()}
        start = starts.x[part]
        if not missing or not len(start):
            break
        low, high = space.box(start, list(settings.fix))
        begin = torch.minimum(torch.maximum(start, low), high)
        state = states.load(number)
        x = optimise(
            kernel,
            problem.x_l,
            problem.y_l,
            coefficients,
            Box(begin, low, high, space.discrete),
            state=state,
            save=lambda state, number=number: states.save(number, state),  # type: ignore[misc]
            observe=None if observe is None else observe(number, begin),
            progress=progress,
        )
        made = space.decode(x, start, values, list(settings.fix))
        if problem.restricted:
            made = within(problem, problem.design_space, made)
        encoded = space.encode(made)
        keep: list[int] = []
        far_from_known = nearest(encoded, taken)[0] >= NEW_FROM
        for i in far_from_known.nonzero()[:, 0].tolist():
            if not keep or nearest(encoded[i : i + 1], encoded[keep])[0] >= NEW_FROM:
                keep.append(i)
        taken = torch.cat([taken, encoded[keep]])
        made = {name: v[keep] for name, v in made.items()}
        found.append(Found(made, encoded[keep], starts.known[part][keep]))
        first, missing = first + missing, missing - len(keep)
    if not any(len(part.start) for part in found):
        raise InputError(
            "every proposal is a known design: the bounds or fixed columns leave too little room. "
            "Widen the bounds, or fix fewer columns."
        )
    return Found(
        {name: np.concatenate([part.values[name] for part in found]) for name in starts.values},
        torch.cat([part.x for part in found]),
        np.concatenate([part.start for part in found]),
    )


def _chosen(kernel: Kernel, problem: Problem, coefficients: Tensor, n: int) -> Found:
    """The candidates that are predicted best; each starts from its nearest known design."""
    assert problem.candidates is not None
    x = problem.space.encode(problem.candidates)
    with torch.no_grad():
        predicted = kernel(x, problem.x_l) @ coefficients
    at = torch.argsort(predicted, descending=True, stable=True)[:n]
    values = {name: v[at.numpy()] for name, v in problem.candidates.items()}
    return Found(values, x[at], nearest(x[at], problem.x_l)[1].numpy())
