"""Which kernel and which ridge: by the error of leaving each row out, in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from .kernels.errors import InputError
from .ntk import NNGP, NTK, ReLUKernel

FIRST_ROWS = 500  # on which all kernels are tried
FINALISTS = 3  # that are tried on more rows
KERNELS: tuple[Literal["ntk", "nngp"], ...] = ("ntk", "nngp")
DEPTHS = (1, 2, 3, 4, 6, 8)
CONSTANTS = (0.0, 1.0)
RIDGES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0)


@dataclass(frozen=True)
class Model:
    """A kernel ridge regression that can be fitted.

    Attributes:
        kernel: "ntk" or "nngp".
        depth: dense layers.
        constant: size of a constant feature beside the others, in units of sqrt(D), the length of
            a typical design; 0 for none.
        ridge: on the scale of the trace, see :func:`torchbdi.fit_ridge`.
        error: mean squared error of leaving each row out, in variances of the scores.
        rows: on how many rows.
    """

    kernel: Literal["ntk", "nngp"]
    depth: int
    constant: float
    ridge: float
    error: float = float("nan")
    rows: int = 0

    def covariance(self) -> ReLUKernel:
        """The kernel as torchbdi has it."""
        return NTK(self.depth) if self.kernel == "ntk" else NNGP(self.depth)

    def feature(self, width: int) -> float:
        """The constant feature beside ``width`` others."""
        return float(self.constant * width**0.5)


def with_constant(x: Tensor, constant: float) -> Tensor:
    """Designs (..., D) with a constant feature at their end, (..., D + 1); as they are for 0."""
    return torch.cat([x, x.new_full((*x.shape[:-1], 1), constant)], -1) if constant else x


def leave_one_out_errors(
    k: Tensor, y: Tensor, ridges: Iterable[float], noise: float = 0.0
) -> list[float]:
    """Mean squared errors of predicting each row from all others, one for each ridge.

    The prediction of y_i from the others misses by d_i / [(K + r I)^-1]_ii (Allen 1974), and one
    eigendecomposition of K serves all ridges.

    Args:
        k: kernel matrix, (N, N).
        y: scores, (N,).
        ridges: on the scale of the trace.
        noise: known variance of the scores' noise, in their units. A ridge that stands for less
            has an infinite error: r times the scale of the process, y (K + r I)^-1 y / N, is the
            noise that a ridge stands for. Where all of them do, the largest one has its error.
    """
    ridges = tuple(ridges)
    values, vectors = torch.linalg.eigh(k)
    values, square = values.clamp_min(0), vectors.square()
    along = vectors.mT @ y
    size = float(k.diagonal().mean())
    out = []
    for ridge in ridges:
        inverse = 1 / (values + ridge * size)
        miss = (vectors @ (inverse * along)) / (square @ inverse)
        scale = float((inverse * along.square()).mean())
        quiet = ridge * size * scale < noise and ridge < max(ridges)
        out.append(math.inf if quiet else float(miss.square().mean()))
    return out


def choose_model(
    x: Tensor,
    y: Tensor,
    *,
    kernels: Iterable[Literal["ntk", "nngp"]] = KERNELS,
    depths: Iterable[int] = DEPTHS,
    constants: Iterable[float] = CONSTANTS,
    ridges: Iterable[float] = RIDGES,
    rows: int = 3000,
    noise: float = 0.0,
    generator: torch.Generator,
) -> Model:
    """The kernel ridge regression of least leave-one-out error.

    All kernels are tried on at most 500 rows, the best three again on at most ``rows``.

    Args:
        x: designs, (N, D), standardised.
        y: scores, (N,), standardised.
        kernels: to choose from.
        depths: to choose from.
        constants: to choose from, see :class:`Model`.
        ridges: to choose from, on the scale of the trace.
        rows: at most so many rows are used, drawn where there are more.
        noise: known variance of the scores' noise, which bounds the ridge from below.
        generator: of the draw.

    Raises:
        InputError: there is nothing to choose from, or fewer than 2 rows.
    """
    ridges = tuple(ridges)
    models = [Model(k, d, c, 0.0) for d in depths for k in kernels for c in constants]
    # A network of one layer has no hidden one: both its kernels are x.x'/D.
    models = [m for m in models if m.depth > 1 or m.kernel == models[0].kernel]
    if not models or not ridges or len(x) < 2 or rows < 2:
        raise InputError("choose_model: it needs a kernel, a ridge, and 2 rows or more.")
    order = torch.randperm(len(x), generator=generator)
    for size in (min(FIRST_ROWS, rows), rows):
        at = order[:size].sort().values
        models = sorted(
            (_tried(m, x[at], y[at], ridges, noise) for m in models), key=lambda m: m.error
        )
        if len(at) == len(x) or size == rows:
            break
        models = models[:FINALISTS]
    return models[0]


def _tried(model: Model, x: Tensor, y: Tensor, ridges: tuple[float, ...], noise: float) -> Model:
    """The model with its best ridge."""
    with torch.no_grad():
        k = model.covariance()(with_constant(x, model.feature(x.shape[1])))
    errors = leave_one_out_errors(k, y, ridges, noise)
    best = min(range(len(ridges)), key=lambda i: errors[i])
    variance = float(y.var(correction=0))
    error = errors[best] / variance if variance else errors[best]
    return Model(model.kernel, model.depth, model.constant, ridges[best], error, len(x))
