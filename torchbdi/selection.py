"""Which kernel and which ridge: by the error of leaving each row out, in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal

import torch
from torch import Tensor

from .erf import Erf
from .kernel import Kernel
from .kernels.errors import InputError
from .leave_one_out import Judged, RidgePath, mean_of_others
from .ntk import NNGP, NTK

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
        kernel: "ntk" or "nngp" of ReLUs, or "erf" (:class:`.erf.Erf`).
        depth: dense layers; 2 of "erf".
        constant: size of a constant feature beside the others, in units of sqrt(D), the length of
            a typical design; 0 for none.
        ridge: on the scale of the trace, see :func:`torchbdi.fit_ridge`.
        error: mean squared error of leaving each row out, in variances of the scores.
        rows: on how many rows.
        uncertainty: standard error of ``error``, over the rows.
        errors: the error with each ridge that was tried, in their order.
        least: the least ridge whose error cannot be told from that of the best model, see
            :func:`choose_models`; ``ridge`` where that was not looked for.
        surprise: see :class:`.leave_one_out.Judged`.
        largest: share of the row that is missed most in the sum of the squared errors.
        weight: variance of the first layer's weights; with ReLUs it changes no prediction.
    """

    kernel: Literal["ntk", "nngp", "erf"]
    depth: int
    constant: float
    ridge: float
    error: float = float("nan")
    rows: int = 0
    uncertainty: float = float("nan")
    errors: tuple[float, ...] = ()
    least: float | None = None
    surprise: float = float("nan")
    largest: float = float("nan")
    weight: float = 1.0

    def covariance(self) -> Kernel:
        """The kernel as torchbdi has it."""
        if self.kernel == "erf":
            return Erf(self.weight)
        return NTK(self.depth) if self.kernel == "ntk" else NNGP(self.depth)

    def feature(self, width: int) -> float:
        """The constant feature beside ``width`` others."""
        return float(self.constant * width**0.5)


def with_constant(x: Tensor, constant: float) -> Tensor:
    """Designs (..., D) with a constant feature at their end, (..., D + 1); as they are for 0."""
    return torch.cat([x, x.new_full((*x.shape[:-1], 1), constant)], -1) if constant else x


def choose_models(
    x: Tensor,
    y: Tensor,
    count: int,
    *,
    kernels: Iterable[Literal["ntk", "nngp"]] = KERNELS,
    depths: Iterable[int] = DEPTHS,
    constants: Iterable[float] = CONSTANTS,
    ridges: Iterable[float] = RIDGES,
    rows: int = 3000,
    generator: torch.Generator,
) -> list[Model]:
    """The kernel ridge regressions of least leave-one-out error, each with its best ridge.

    All kernels are tried on at most 500 rows, the best three again on at most ``rows``.

    Args:
        x: designs, (N, D), standardised.
        y: scores, (N,), standardised.
        count: at most so many; three at most where there are more rows than 500.
        kernels: to choose from.
        depths: to choose from.
        constants: to choose from, see :class:`Model`.
        ridges: to choose from, on the scale of the trace.
        rows: at most so many rows are used, drawn where there are more.
        generator: of the draw.

    Returns:
        The best one, and of the next ones those whose error is at most one standard error of the
        best one's larger: on these rows they are as good. The best first. Their ``least`` is the
        least ridge for which that holds too.

    Raises:
        InputError: there is nothing to choose from, or fewer than 2 rows.
    """
    ridges, models = tuple(ridges), candidates(kernels, depths, constants)
    if not models or not ridges or len(x) < 2 or rows < 2 or count < 1:
        raise InputError("choose_models: it needs a kernel, a ridge, and 2 rows or more.")
    order, others = torch.randperm(len(x), generator=generator), mean_of_others(y)
    for size in (min(FIRST_ROWS, rows), rows):
        at = order[:size].sort().values
        (models,) = ranked(models, x[at], [y[at]], ridges, [0.0], [others[at]])
        if len(at) == len(x) or size == rows:
            break
        models = models[:FINALISTS]
    if not math.isfinite(models[0].error):
        raise InputError(
            f"choose_models: with ridges up to {max(ridges):g} the kernel matrix of these rows "
            "cannot be inverted (equal rows, or more rows than features). Take a larger ridge."
        )
    limit = models[0].error + models[0].uncertainty
    good = [models[0], *(m for m in models[1:count] if m.error <= limit)]
    return [replace(m, least=_least(m, ridges, limit)) for m in good]


def _least(model: Model, ridges: Sequence[float], limit: float) -> float:
    pairs = zip(ridges, model.errors, strict=True)
    return min([model.ridge, *(ridge for ridge, error in pairs if error <= limit)])


def candidates(
    kernels: Iterable[Literal["ntk", "nngp"]], depths: Iterable[int], constants: Iterable[float]
) -> list[Model]:
    """All combinations, with a ridge of 0."""
    kernels = tuple(kernels)
    models = [Model(k, d, c, 0.0) for d in depths for k in kernels for c in constants]
    # A network of one layer has no hidden one: both its kernels are x.x'/D.
    return [m for m in models if m.depth > 1 or m.kernel == models[0].kernel]


def smooth_candidates(weights: Iterable[float], constants: Iterable[float]) -> list[Model]:
    """Networks of error functions, all combinations, with a ridge of 0."""
    constants = tuple(constants)
    return [Model("erf", 2, c, 0.0, weight=w) for w in weights for c in constants]


def ranked(
    models: Iterable[Model],
    x: Tensor,
    scores: Sequence[Tensor],
    ridges: Sequence[float],
    noises: Sequence[float],
    others: Sequence[Tensor],
    alone: float = math.inf,
) -> list[list[Model]]:
    """Models with their best ridges, those of the least leave-one-out error first.

    Where one row makes up most of that error it tells no models apart: of a sphere and its centre,
    as in a central composite design, all miss the centre by as much, and only some of them do not
    claim to know it. There the density of each score in what the others say of it decides, see
    :class:`.leave_one_out.Judged`.

    Args:
        models: to choose from.
        x: designs, (N, D), standardised.
        scores: one or several kinds of them, (N,) each, standardised.
        ridges: to choose from, on the scale of the trace.
        noises: see :meth:`.leave_one_out.RidgePath.judged`, one a kind.
        others: see there, (N,) a kind.
        alone: above this share of one row in the least error densities decide.

    Returns:
        For each kind of scores, all models.
    """
    out: list[list[tuple[Model, Model]]] = [[] for _ in scores]
    for model in models:
        with torch.no_grad():
            k = model.covariance()(with_constant(x, model.feature(x.shape[1])))
        path = RidgePath(k)
        for own, y, noise, rest in zip(out, scores, noises, others, strict=True):
            judged = path.judged(y, ridges, noise, rest)
            unit = float(y.var(correction=0)) or 1.0
            best = min(judged, key=attrgetter("error")), min(judged, key=attrgetter("surprise"))
            by_error, by_surprise = (_with_ridge(model, judged, b, unit, len(y)) for b in best)
            own.append((by_error, by_surprise))
    return [_in_order(own, alone) for own in out]


def _with_ridge(
    model: Model, judged: Sequence[Judged], best: Judged, unit: float, rows: int
) -> Model:
    """The model with one of its ridges; errors in a unit of squares."""
    return replace(
        model,
        ridge=best.ridge,
        error=best.error / unit,
        surprise=best.surprise,
        rows=rows,
        uncertainty=best.spread / unit / rows**0.5,
        errors=tuple(own.error / unit for own in judged),
        largest=best.largest,
    )


def _in_order(models: Sequence[tuple[Model, Model]], alone: float) -> list[Model]:
    """Of pairs with the ridges of least error and of least surprise those that count, sorted."""
    found = sorted((by_error for by_error, _ in models), key=attrgetter("error"))
    if not found or found[0].largest <= alone:
        return found
    return sorted((by_surprise for _, by_surprise in models), key=attrgetter("surprise"))
