"""Adam on designs: one rate for all features or one for each, and bounds that hold after a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class FeatureAdam(torch.optim.Optimizer):
    """Adam (Kingma and Ba 2015) with a learning rate for each feature.

    Adam's step does not depend on the size of the gradient, so this is one torch.optim.Adam for
    each column of the designs. ``lr`` of a parameter group is a factor of all rates, 1 at first:
    schedulers and what logs rates take a number there.

    Args:
        x_h: the designs, a parameter (..., D).
        rates: of the features, (D,).
    """

    def __init__(self, x_h: Tensor, rates: Tensor):
        super().__init__([x_h], {"lr": 1.0, "rates": rates, "betas": (0.9, 0.999), "eps": 1e-8})

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes a state; one from before there was a factor has the rates in its place."""
        super().__setstate__(state)
        for group in self.param_groups:
            if "rates" not in group:
                group["rates"], group["lr"] = group["lr"], 1.0

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; returns what the closure, called with gradients on, returns."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            (beta1, beta2), eps = group["betas"], group["eps"]
            for x in group["params"]:
                if x.grad is None:
                    continue
                state = self.state[x]
                if not state:
                    state["step"] = torch.zeros((), dtype=torch.float64)
                    state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(x), torch.zeros_like(x)
                state["step"] += 1
                mean, square, t = state["exp_avg"], state["exp_avg_sq"], float(state["step"])
                mean.lerp_(x.grad, 1 - beta1)
                square.mul_(beta2).addcmul_(x.grad, x.grad, value=1 - beta2)
                scale = (square.sqrt() / math.sqrt(1 - beta2**t)).add_(eps)
                rates = (group["lr"] * group["rates"]).to(x)
                x.addcmul_(mean / scale, rates, value=-1 / (1 - beta1**t))
        return loss


def adam(x_h: Tensor, lr: float | Tensor, bounds: Tensor | None) -> torch.optim.Optimizer:
    """The optimiser of designs.

    Args:
        x_h: the designs, a parameter (..., D).
        lr: a rate for all features, or one for each, (D,).
        bounds: lower and upper bounds, (2, D); the designs are moved to the nearest point within
            them after each step. None means none.
    """
    optimizer: torch.optim.Optimizer = (
        FeatureAdam(x_h, lr) if isinstance(lr, Tensor) else torch.optim.Adam([x_h], lr=lr)
    )
    if bounds is not None:
        low, high = bounds.to(x_h.device)

        def project(*_: Any) -> None:
            with torch.no_grad():
                x_h.copy_(torch.minimum(torch.maximum(x_h, low), high))

        optimizer.register_step_post_hook(project)
    return optimizer
