"""A model of some of the designs alone, chosen and solved anew."""

from __future__ import annotations

import numpy as np

from ..settings import Settings
from .choice import choose
from .chosen import Chosen
from .problem import Problem
from .solve import Solve, solve


def fitted_part(
    problem: Problem, designs: np.ndarray, settings: Settings
) -> tuple[Problem, Chosen, Solve]:
    """Chooses a model on some designs and solves it, so that the others have no part in it.

    Args:
        problem: the table.
        designs: positions among its distinct designs, (N,).
        settings: whether logarithms of scores may be modelled.

    Returns:
        The part, on the scale that was chosen, the model, and its solve.
    """
    part = problem.on_scale(False).part(designs)
    chosen = choose(part, settings.score_scale)
    part = part.on_scale(chosen.log)
    kernel = chosen.model.covariance()
    solved = solve(kernel, chosen.inputs(part.x_l), part.y_l, chosen.model.ridge, progress=False)
    return part, chosen, solved
