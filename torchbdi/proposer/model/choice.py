"""Which regression a table asks for, chosen by leaving its designs out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...leave_one_out import mean_of_others
from ...scales import held_out_errors, tuned_scales
from ...search.sites import Sites
from ...selection import (
    DEPTHS,
    FINALISTS,
    FIRST_ROWS,
    KERNELS,
    Model,
    candidates,
    ranked,
    smooth_candidates,
    with_constant,
)
from .chosen import Chosen
from .left_out import LeftOut, best_ridge
from .problem import Problem
from .scale import can_be_log, log_densities, log_is_better
from .solve import drawn

ROWS = 3000  # on which a model is chosen, at most
CONSTANTS = (0.0, 0.5, 1.0, 2.0)
RIDGES = tuple(10 ** (e / 2) for e in range(-12, 3))
# Of networks of error functions, which have to lower the error by so much: of fewer designs than
# that chance does, too. With a ridge of 1e-8 rounding changes proposals.
FEWEST_SMOOTH = 40
WEIGHTS, SMOOTH_CONSTANTS = (0.125, 0.5, 2.0, 8.0), (0.5, 1.0, 2.0)
SMOOTH_RIDGES = tuple(10 ** (e / 2) for e in range(-14, 3))
SMOOTHER = 0.1
# Scales a column have to lower the error by this share: they are as many numbers more.
GAIN = 0.02
# One design that makes up more of the error than all others together tells no models apart.
ALONE = 0.5
# Of fewer designs for each scale, those that had no part in the tuning tell what the scales are
# worth: leaving out the others, one by one, promises too much.
DESIGNS_PER_SCALE = 10


def choose(problem: Problem, score_scale: str = "auto", rows: int = ROWS) -> Chosen:
    """The regression of least leave-one-out error; equal designs are one, so they leave together.

    Where one design makes up most of that error the most probable scores decide, see
    :func:`torchbdi.selection.ranked`.

    All kernels, depths, constants and ridges are tried on 500 designs. That decides whether the
    scores or their logarithms are modelled. The best three models are compared again on all
    designs, or on ``rows`` of them, where the best one gets its ridge; then each column a length
    scale. A network of error functions takes the place of that one where its error is a tenth less.

    Args:
        problem: the table, with scores as they are.
        score_scale: "plain" or "log", or "auto", see :mod:`.scale`.
        rows: at most so many designs decide, drawn at random (the same each time) where there
            are more.
    """
    scales = {"plain": (False,), "log": (True,)}.get(score_scale, (False, True))
    if not can_be_log(problem) and score_scale == "auto":
        scales = (False,)
    problems = [problem if log == problem.log else problem.on_scale(log) for log in scales]
    x, few = problem.x_l, drawn(len(problem.x_l), min(FIRST_ROWS, rows))
    found = ranked(
        candidates(KERNELS, DEPTHS, CONSTANTS), x[few], [p.y_l[few] for p in problems], RIDGES,
        [p.least_noise_l for p in problems], [mean_of_others(p.y_l)[few] for p in problems], ALONE,
    )  # fmt: skip
    at, densities = 0, None
    if len(problems) > 1:
        each = [_densities(p, m[0], few) for p, m in zip(problems, found, strict=True)]
        if each[0] is not None and each[1] is not None:
            at = int(log_is_better(each[0], each[1]))
            densities = float(each[0].mean()), float(each[1].mean())
    problem = problems[at]
    chosen = _tuned(problem, found[at], RIDGES, few, rows)
    smooth = None if chosen.model.largest > ALONE else _smooth(problem, chosen, few, rows)
    if smooth is not None and smooth.model.error < (1 - SMOOTHER) * chosen.model.error:
        chosen = smooth
    return dataclasses.replace(chosen, log=problem.log, densities=densities)


def _smooth(problem: Problem, chosen: Chosen, few: Tensor, rows: int) -> Chosen | None:
    """The best network of error functions, which is as smooth as a function can be.

    None where nothing shows that it is needed: between levels, of few designs, of more than 3,000,
    where one design makes up most of the error, and where 500 designs show that it is behind.
    """
    x, y = problem.x_l, problem.y_l
    if not FEWEST_SMOOTH <= len(x) <= ROWS or Sites(problem.design_space).whole:
        return None
    (found,) = ranked(
        smooth_candidates(WEIGHTS, SMOOTH_CONSTANTS), x[few], [y[few]], SMOOTH_RIDGES,
        [problem.least_noise_l], [mean_of_others(y)[few]],
    )  # fmt: skip
    if found[0].largest > ALONE or _stays_behind(problem, found[0], chosen, few, rows):
        return None
    return _tuned(problem, found, SMOOTH_RIDGES, few, rows)


def _stays_behind(problem: Problem, model: Model, chosen: Chosen, few: Tensor, rows: int) -> bool:
    """Whether a few designs show that a smooth model will not be ahead of the chosen one on all.

    The chosen one tells how much there is left to learn: the error of a smooth one is taken to fall
    by the square of the factor. Where noise is what is left, neither falls. To compare them on all
    designs costs many times as much.
    """
    if min(len(problem.x_l), rows) == len(few):
        return False
    x, y, others = problem.x_l[few], problem.y_l[few], mean_of_others(problem.y_l)[few]
    scale, ridge = tuned_scales(model, x, y, problem.space.column_of, others)
    tuned = Chosen(dataclasses.replace(model, ridge=ridge), scale, len(few), False)
    smooth, own = tuned.left_out(problem, few), chosen.left_out(problem, few)
    if smooth is None or own is None:
        return False
    on_all = min(own.error, chosen.model.error * float(y.var(correction=0)))
    return smooth.error * on_all >= (1 - SMOOTHER) * own.error**2


def _densities(problem: Problem, model: Model, rows: Tensor) -> Tensor | None:
    plain = torch.ones(problem.x_l.shape[1], dtype=torch.float64)
    left = Chosen(model, plain, len(rows), False).left_out(problem, rows)
    return None if left is None else log_densities(problem, left, rows)


def _tuned(
    problem: Problem, models: Sequence[Model], ridges: Sequence[float], few: Tensor, rows: int
) -> Chosen:
    """The best of some models, with its ridge and a length scale a column."""
    return _scaled(problem, _finalist(problem, models, ridges, rows), few, rows)


def _finalist(
    problem: Problem, models: Sequence[Model], ridges: Sequence[float], rows: int
) -> Model:
    """The best of some models on up to ``rows`` designs, and the best ridge for it there."""
    if len(problem.x_l) <= FIRST_ROWS or rows <= FIRST_ROWS:
        return models[0]
    many = drawn(len(problem.x_l), rows)
    x, y, others = problem.x_l[many], problem.y_l[many], mean_of_others(problem.y_l)[many]
    matrices, errors = [], []
    for model in models[:FINALISTS]:
        with torch.no_grad():
            matrices.append(model.covariance()(with_constant(x, model.feature(x.shape[1]))))
        left = LeftOut.of(matrices[-1], y, model.ridge, others)
        errors.append(math.inf if left is None else left.error)
    at = min(range(len(errors)), key=errors.__getitem__)
    ridge, error = best_ridge(
        matrices[at], y, ridges, models[at].ridge, problem.least_noise_l, others
    )
    error /= float(y.var(correction=0))
    return dataclasses.replace(models[at], ridge=ridge, error=error, rows=len(many))


def _scaled(problem: Problem, model: Model, few: Tensor, rows: int) -> Chosen:
    """The model with a length scale a column, where these lower the error enough."""
    x, y = problem.x_l, problem.y_l
    many = drawn(len(x), rows)
    plain = Chosen(model, torch.ones(x.shape[1], dtype=torch.float64), len(many), len(x) <= rows)
    column = problem.space.column_of
    if len(column.unique()) < 2:
        return plain
    scale, ridge = tuned_scales(model, x[few], y[few], column, mean_of_others(y)[few])
    scaled = dataclasses.replace(plain, model=dataclasses.replace(model, ridge=ridge), scale=scale)
    left = scaled.left_out(problem, many)
    variance = float(y[many].var(correction=0))
    if left is None or left.error > (1 - GAIN) * model.error * variance:
        return plain
    error, optimism = left.error / variance, 1.0
    if len(column.unique()) * DESIGNS_PER_SCALE > len(many):
        held, without = held_out_errors(model, x[few], y[few], column)
        one_by_one = [own.left_out(problem, few) for own in (scaled, plain)]
        if not held <= (1 - GAIN) * without or None in one_by_one:
            return plain
        promised, honest = (own.error for own in one_by_one if own is not None)
        # What a fifth fewer designs cost, they cost without scales, too.
        optimism = max(1.0, (held / promised) / (without / honest)) ** 0.5
    better = dataclasses.replace(scaled.model, error=error * optimism**2)
    return dataclasses.replace(scaled, model=better, optimism=optimism)
