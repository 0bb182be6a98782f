"""Proposals with and without candidates around the ends of ascents.

"before" has none of these, and adds half a deviation to the prediction; "around" has them, and adds
a deviation; "share" lets only a share of the proposals lie there, the square of what the regression
explains of the scores, which is what :mod:`torchbdi.proposer` does. The noise is 0, a tenth or two
fifths of the scores' deviation. See :mod:`._drawn`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

from torchbdi.proposer.search import acquire, candidates

from . import Options
from ._drawn import drawn, kinds
from ._ways import Way, compared, measured


@contextmanager
def _before() -> Iterator[None]:
    with patch.object(acquire, "ABOVE", 0.5), patch.object(candidates, "ENDS", 0):
        yield


WAYS: dict[str, Way] = {
    "before": _before,
    "around": partial(patch.object, acquire, "explained", lambda *_: 1.0),
    "share": nullcontext,
}


def run(options: Options) -> dict[str, Any]:
    """A row a table, and the means and paired differences over them, by noise and over all."""
    every = kinds(options.seeds or (0,), (0.0, 0.1, 0.4), (False,), ("eighth",))
    tables = measured(options, every, WAYS, drawn)
    rows = []
    for noise in [*sorted({table["noise"] for table in tables}), "all"]:
        own = [table for table in tables if noise in (table["noise"], "all")]
        rows += [{"noise": noise, **row} for row in compared(own, list(WAYS))]
    return {"rows": rows, "tables": tables}
