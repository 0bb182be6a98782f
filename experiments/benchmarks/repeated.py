"""Proposals from noisy tables with repeated designs: by how much repetitions bound the ridge.

An eighth of the designs are measured twice, a third three times, or all three times; the noise is a
tenth or two fifths of the scores' deviation, the same everywhere or larger for bad scores. The
ridge is bounded by the scatter of repetitions as it is estimated, or by its lower limit
(:attr:`torchbdi.proposer.model.problem.Problem.least_noise_l`), or not at all. See :mod:`._drawn`.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from torchbdi.proposer.model.problem import Problem

from . import Options
from ._drawn import REPEATED, drawn, kinds
from ._ways import compared

KEPT = Problem.least_noise_l
BOUNDS = {"estimate": Problem.noise_l, "limit": KEPT, "none": property(lambda _: 0.0)}


def run(options: Options) -> dict[str, Any]:
    """A row a table, and the means and paired differences over them."""
    every = kinds(options.seeds or (0,), (0.1, 0.4), (False, True), tuple(REPEATED))
    tables: list[dict[str, Any]] = []
    for kind in islice(every, 2 if options.small else None):
        tables.append(kind._asdict())
        for name, bound in BOUNDS.items():
            Problem.least_noise_l = bound  # type: ignore[method-assign, assignment]
            try:
                best, median = drawn(kind).proposed()
            finally:
                Problem.least_noise_l = KEPT  # type: ignore[method-assign]
            tables[-1] |= {f"best, {name}": best, f"median, {name}": median}
        options.keep({"tables": tables})
    return {"rows": compared(tables, list(BOUNDS)), "tables": tables}
