"""Proposals with and without candidates around the ends of ascents.

"before" has none of these, and adds half a deviation to the prediction; "around" has them, and adds
a deviation; "share" lets only a share of the proposals lie there, the square of what the regression
explains of the scores, which is what :mod:`torchbdi.proposer` does. The noise is 0, a tenth or two
fifths of the scores' deviation. See :mod:`._drawn`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from torchbdi.proposer.search import acquire, candidates

from . import Options
from ._drawn import drawn, kinds
from ._ways import compared

WAYS = ("before", "around", "share")


def run(options: Options) -> dict[str, Any]:
    """A row a table, and the means and paired differences over them, by noise and over all."""
    every = kinds(options.seeds or (0,), (0.0, 0.1, 0.4), (False,), ("eighth",))
    tables: list[dict[str, Any]] = []
    for kind in islice(every, 2 if options.small else None):
        tables.append(kind._asdict())
        for way in WAYS:
            with _as(way):
                best, median = drawn(kind).proposed()
            tables[-1] |= {f"best, {way}": best, f"median, {way}": median}
        options.keep({"tables": tables})
    rows = []
    for noise in sorted({table["noise"] for table in tables}):
        own = [table for table in tables if table["noise"] == noise]
        rows += [{"noise": noise, **row} for row in compared(own, WAYS)]
    return {
        "rows": [*rows, *({"noise": "all", **row} for row in compared(tables, WAYS))],
        "tables": tables,
    }


@contextmanager
def _as(way: str) -> Iterator[None]:
    kept = acquire.ABOVE, acquire.explained, candidates.ENDS
    if way == "before":
        acquire.ABOVE, candidates.ENDS = 0.5, 0
    elif way == "around":
        acquire.explained = lambda *_: 1.0
    try:
        yield
    finally:
        acquire.ABOVE, acquire.explained, candidates.ENDS = kept
