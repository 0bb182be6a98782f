"""Proposals from noisy tables with repeated designs: by how much repetitions bound the ridge.

An eighth of the designs are measured twice, a third three times, or all three times; the noise is a
tenth or two fifths of the scores' deviation, the same everywhere or larger for bad scores. The
ridge is bounded by the scatter of repetitions as it is estimated, or by its lower limit
(:attr:`torchbdi.proposer.model.problem.Problem.least_noise_l`), or not at all. See :mod:`._drawn`.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

from torchbdi.proposer.model.problem import Problem

from . import Options
from ._drawn import REPEATED, drawn, kinds
from ._ways import Way, compared, measured

KEPT = Problem.least_noise_l
BOUNDS = {"estimate": Problem.noise_l, "limit": KEPT, "none": property(lambda _: 0.0)}
WAYS: dict[str, Way] = {
    name: partial(patch.object, Problem, "least_noise_l", bound) for name, bound in BOUNDS.items()
}


def run(options: Options) -> dict[str, Any]:
    """A row a table, and the means and paired differences over them."""
    every = kinds(options.seeds or (0,), (0.1, 0.4), (False, True), tuple(REPEATED))
    tables = measured(options, every, WAYS, drawn)
    return {"rows": compared(tables, list(WAYS)), "tables": tables}
