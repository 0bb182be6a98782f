"""Which regression a table asks for, chosen by leaving its designs out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from ..scales import tuned_scales
from ..selection import DEPTHS, FIRST_ROWS, Model, choose_model, leave_one_out_errors, with_constant
from ..space import Space
from .problem import Problem

ROWS = 3000  # on which a model is chosen, at most
CONSTANTS = (0.0, 0.5, 1.0, 2.0)
RIDGES = tuple(10 ** (e / 2) for e in range(-12, 3))
# Scales a column have to lower the error by this share: they are as many numbers more.
GAIN = 0.02


@dataclass(frozen=True)
class Chosen:
    """A regression for a table.

    Attributes:
        model: kernel, depth, constant feature and ridge, with the leave-one-out error.
        scale: what the features are multiplied by, (D,).
        exact: whether all designs decided, and no sample.
    """

    model: Model
    scale: Tensor
    exact: bool

    def inputs(self, x: Tensor) -> Tensor:
        """Standardised designs (n, D) as the kernel takes them, (n, D) or (n, D + 1)."""
        return self.extended(x * self.scale)

    def extended(self, x: Tensor) -> Tensor:
        """Scaled designs with the constant feature, where there is one."""
        return with_constant(x, self.model.feature(x.shape[1]))

    def space(self, space: Space) -> Space:
        """The space with features that are scaled so."""
        return space.changed(space.columns, self.scale.numpy())

    def text(self) -> str:
        """The model in words."""
        m = self.model
        scaled = ", one length scale a column" if bool((self.scale != 1).any()) else ""
        return (
            f"{m.kernel.upper()} of depth {m.depth}, constant feature {m.constant:g}, ridge "
            f"{m.ridge:.3g}{scaled}"
        )


def choose(problem: Problem, rows: int = ROWS) -> Chosen:
    """The regression of least leave-one-out error; equal designs are one, so they leave together.

    Args:
        problem: the table.
        rows: at most so many designs decide, drawn at random (the same each time) where there
            are more.
    """
    x, y = problem.x_l, problem.y_l
    noise = 0.0
    if problem.noise:
        noise = (problem.noise / problem.y_scale) ** 2 * float((1 / problem.counts).mean())
    model = choose_model(
        x,
        y,
        depths=DEPTHS,
        constants=CONSTANTS,
        ridges=RIDGES,
        rows=rows,
        noise=noise,
        generator=torch.Generator().manual_seed(0),
    )
    plain = torch.ones(x.shape[1], dtype=torch.float64)
    exact = len(x) <= rows
    column = problem.space.column_of
    if len(column.unique()) < 2:
        return Chosen(model, plain, exact)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    few, many = (order[:size].sort().values for size in (FIRST_ROWS, rows))
    scale, ridge = tuned_scales(model, x[few], y[few], column)
    scaled = dataclasses.replace(model, ridge=ridge)
    before, after = (_error(m, s, x[many], y[many]) for m, s in ((model, plain), (scaled, scale)))
    if after > (1 - GAIN) * before:
        return Chosen(model, plain, exact)
    variance = float(y[many].var(correction=0))
    return Chosen(dataclasses.replace(scaled, error=after / variance), scale, exact)


def _error(model: Model, scale: Tensor, x: Tensor, y: Tensor) -> float:
    inputs = Chosen(model, scale, True).inputs(x)
    with torch.no_grad():
        k = model.covariance()(inputs)
    return leave_one_out_errors(k, y, (model.ridge,))[0]
