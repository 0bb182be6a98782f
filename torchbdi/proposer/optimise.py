"""BDI within bounds: the loop of steps, which can be stopped at any moment and goes on later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..bdi import BDI
from ..kernel import Kernel
from ..kernels.errors import TorchBDIError
from .settings import CONTINUOUS, DISCRETE, RIDGE, STEPS, TARGET

SAVE_EVERY = 20


@dataclass(frozen=True)
class Box:
    """Where designs may move and how fast.

    Attributes:
        start: (n, D), within the bounds.
        low: lower bounds, (n, D); a feature that is fixed has low = high = start.
        high: upper bounds, (n, D).
        discrete: which features are logits, (D,) bool.
    """

    start: Tensor
    low: Tensor
    high: Tensor
    discrete: np.ndarray


Observer = Callable[[int, dict[str, Tensor], Tensor], None]
"""(steps done, losses of each design, designs (n, D)), called after every step."""


def optimise(
    kernel: Kernel,
    x_l: Tensor,
    y_l: Tensor,
    coefficients: Tensor,
    box: Box,
    *,
    state: dict[str, Any] | None = None,
    save: Callable[[dict[str, Any]], None] | None = None,
    observe: Observer | None = None,
    progress: bool = True,
) -> Tensor:
    """Runs T = 200 steps of BDI on n designs, each on its own (M = 1).

    After every step the designs are projected on the box. A change of variables that cannot leave
    it, such as a sigmoid, would not do: good designs often lie on their bounds (an element that is
    absent, a setting at its maximum), where such a map is infinite and its gradient zero. The
    projection leaves a step inside the box exactly as it is in the paper.

    The paper's learning rate is 1e-3 for numbers and 1e-1 for logits. Where both occur, Adam runs
    at the larger and a number keeps a hundredth of its step: Adam's step does not depend on the
    size of the gradient, so this is Adam with a rate for each feature.

    Args:
        kernel: the kernel.
        x_l: encoded designs, (N, D).
        y_l: standardised scores, (N,).
        coefficients: (K_ll + ridge I)^-1 y_l, (N,).
        box: starts and bounds.
        state: what ``save`` was last given, to go on from there.
        save: is given the state every 20 steps.
        observe: sees every step.
        progress: show a progress bar.

    Returns:
        The designs, (n, D).

    Raises:
        TorchBDIError: the loss is not finite.
    """
    method = method_of(box.discrete)
    model = BDI(
        x_l, y_l, box.start.unsqueeze(1), kernel=kernel, target=TARGET, ridge=RIDGE,
        alpha=method["alpha"], lr=method["lr"], coefficients=coefficients,
    )  # fmt: skip
    adam = torch.optim.Adam([model.x_h], lr=method["lr"])
    done = 0
    if state is not None:
        done = state["step"]
        model.load_state_dict({"x_h": state["x_h"]}, strict=False)
        adam.load_state_dict(state["adam"])
    slow = torch.from_numpy(~box.discrete) if method["lr"] == DISCRETE["lr"] else None
    share = CONTINUOUS["lr"] / DISCRETE["lr"]
    desc = f"BDI, {len(box.start)} designs"
    bar = tqdm(total=STEPS, initial=done, desc=desc, delay=2, disable=not progress)
    with bar:
        while done < STEPS:
            before = model.x_h.detach().clone()
            adam.zero_grad()
            losses = model.loss()
            total = losses["total"]
            if not torch.isfinite(total).all():
                bad = int((~torch.isfinite(total)).nonzero()[0])
                raise TorchBDIError(
                    f"the loss of proposal {bad} is not finite at step {done}. A known design with "
                    "extreme values is the usual cause: look for outliers."
                )
            total.sum().backward()
            adam.step()
            with torch.no_grad():
                x_h = model.x_h[:, 0]
                if slow is not None:
                    x_h[:, slow] = torch.lerp(before[:, 0][:, slow], x_h[:, slow], share)
                x_h.copy_(torch.minimum(torch.maximum(x_h, box.low), box.high))
            done += 1
            bar.update()
            if observe is not None:
                observe(done, losses, model.x_h.detach()[:, 0])
            if save is not None and done % SAVE_EVERY == 0:
                save({"step": done, "x_h": model.x_h.detach(), "adam": adam.state_dict()})
    return model.x_h.detach()[:, 0].clone()


def method_of(discrete: np.ndarray) -> dict[str, float]:
    """The paper's alpha and lr: those of discrete designs where any feature is a logit.

    Args:
        discrete: (D,) bool.
    """
    return dict(DISCRETE if discrete.any() else CONTINUOUS)
