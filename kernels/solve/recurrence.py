"""The recurrence of preconditioned conjugate gradients for several right-hand sides at once.

Every column is a solve of its own, with its own step lengths; they share the product with K, which
is what an iteration costs. (Saad, Iterative Methods for Sparse Linear Systems, Algorithm 9.1.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError, NotPositiveDefiniteError


@dataclass
class CGState:
    """Where an iteration stands: everything that a resumed run needs.

    Attributes:
        d: solutions so far, (N, K).
        r: residuals as the recurrence has them, (N, K).
        p: search directions, (N, K).
        rz: r . P^-1 r, (K,).
        iteration: steps taken.
        verified: largest relative residual when it was last recomputed; inf before.
    """

    d: Tensor
    r: Tensor
    p: Tensor
    rz: Tensor
    iteration: int = 0
    verified: float = math.inf

    def to_file(self) -> dict[str, Tensor]:
        """The state as tensors."""
        numbers = torch.tensor([float(self.iteration), self.verified], dtype=torch.float64)
        return {"d": self.d, "r": self.r, "p": self.p, "rz": self.rz, "numbers": numbers}

    @classmethod
    def from_file(cls, saved: dict[str, Tensor], like: Tensor) -> CGState:
        """The state from :meth:`to_file`, with the dtype and device of ``like``."""
        d, r, p, rz = (saved[name].to(like) for name in ("d", "r", "p", "rz"))
        iteration, verified = saved["numbers"].tolist()
        return cls(d, r, p, rz, int(iteration), verified)


class Recurrence:
    """Steps of conjugate gradients.

    Args:
        matrix: v -> (K + ridge I) v, for (N, K).
        precondition: v -> P^-1 v, for (N, K).
    """

    def __init__(
        self, matrix: Callable[[Tensor], Tensor], precondition: Callable[[Tensor], Tensor]
    ) -> None:
        self.matrix, self.precondition = matrix, precondition

    def start(self, rhs: Tensor) -> CGState:
        """The state with d = 0."""
        z = self.precondition(rhs)
        return CGState(torch.zeros_like(rhs), rhs.clone(), z, (rhs * z).sum(0))

    def restart(self, state: CGState, left: Tensor) -> None:
        """Goes on from d with the recomputed residuals ``left``; the directions are forgotten."""
        z = self.precondition(left)
        state.r, state.p, state.rz = left, z, (left * z).sum(0)

    def step(self, state: CGState, active: Tensor) -> None:
        """One iteration of every active column; the others stand still.

        Args:
            state: changed in place.
            active: (K,) bool.

        Raises:
            NotPositiveDefiniteError: a direction with p.(K + ridge I) p <= 0.
            InputError: a product that is not finite.
        """
        q = self.matrix(state.p)
        curvature = (state.p * q).sum(0)
        if not torch.isfinite(curvature).all():
            raise InputError(
                f"a product with the matrix is not finite at iteration {state.iteration}: the "
                "matrix holds NaN or inf."
            )
        if (curvature[active] <= 0).any():
            raise NotPositiveDefiniteError(
                f"at iteration {state.iteration} a direction p has p.(K + ridge I) p = "
                f"{float(curvature[active].min()):.3g} <= 0: the matrix is not positive definite. "
                "Check that the kernel is symmetric and positive semi-definite, or raise the ridge."
            )
        step = torch.where(active, state.rz / curvature, 0)
        state.d.addcmul_(state.p, step)
        state.r.addcmul_(q, -step)
        z = self.precondition(state.r)
        rz = (state.r * z).sum(0)
        turn = torch.where(active, rz / state.rz, 0)
        state.p = torch.where(active, z + turn * state.p, state.p)
        state.rz = torch.where(active, rz, state.rz)
        state.iteration += 1
