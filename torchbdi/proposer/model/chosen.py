"""A regression for a table: a model, and the scales of its features."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...leave_one_out import mean_of_others
from ...selection import Model, with_constant
from ...space import Space
from .left_out import LeftOut
from .problem import Problem


@dataclass(frozen=True)
class Chosen:
    """A regression for a table.

    Attributes:
        model: kernel, depth, constant feature and ridge, with the leave-one-out error.
        scale: what the features are multiplied by, (D,).
        rows: on how many designs it was chosen.
        exact: whether these were all designs, and no sample.
        log: whether it is one of the logarithm of the score.
        densities: mean logarithm of the density of a score in what the other designs say of it, of
            the best regression of the score and of the best one of its logarithm; None where these
            were not compared.
        optimism: by how much the errors of leaving designs out, of which the scales were made, are
            smaller than those on designs that had no part in it: a factor of their root mean
            square, at least 1.
    """

    model: Model
    scale: Tensor
    rows: int
    exact: bool
    log: bool = False
    densities: tuple[float, float] | None = None
    optimism: float = 1.0

    def inputs(self, x: Tensor) -> Tensor:
        """Standardised designs (n, D) as the kernel takes them, (n, D) or (n, D + 1)."""
        return self.extended(x * self.scale)

    def extended(self, x: Tensor) -> Tensor:
        """Scaled designs with the constant feature, where there is one."""
        return with_constant(x, self.model.feature(x.shape[1]))

    def space(self, space: Space) -> Space:
        """The space with features that are scaled so."""
        return space.changed(space.columns, self.scale.numpy())

    def left_out(self, problem: Problem, rows: Tensor) -> LeftOut | None:
        """Leaves out each of some designs of a table, (R,) positions."""
        with torch.no_grad():
            k = self.model.covariance()(self.inputs(problem.x_l[rows]))
        others = mean_of_others(problem.y_l)[rows]
        return LeftOut.of(k, problem.y_l[rows], self.model.ridge, others)

    def text(self) -> str:
        """The model in words."""
        m = self.model
        scaled = ", one length scale a column" if bool((self.scale != 1).any()) else ""
        logarithm = ", of the logarithm of the score" if self.log else ""
        network = f"{m.kernel.upper()} of depth {m.depth}"
        if m.kernel == "erf":
            network = f"NNGP of error functions, weight {m.weight:g}"
        return f"{network}, constant feature {m.constant:g}, ridge {m.ridge:.3g}{scaled}{logarithm}"
