"""Proposals with and without networks of error functions, which are smooth.

Tables of textbook functions (:mod:`._textbook`) with 40 or 100 designs and no noise, or a tenth of
the scores' deviation, and those of :mod:`._drawn` with a noise of 0, a tenth or two fifths.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

from torchbdi.proposer.model import choice

from . import Options, _drawn, _textbook
from ._ways import Way, compared, measured

# No error is less than 0 times another one: no network of error functions is taken.
WAYS: dict[str, Way] = {
    "ReLUs": partial(patch.object, choice, "SMOOTHER", 1.0),
    "smooth": nullcontext,
}
SEEN = ((40, 0.0), (100, 0.1), (100, 0.0))  # designs, and noise


def run(options: Options) -> dict[str, Any]:
    """A row a table, and the means and paired differences over both kinds of tables."""
    seeds = options.seeds or (0,)
    textbook = [
        _textbook.Table(name, *seen, seed)
        for seed in seeds for name in _textbook.FUNCTIONS for seen in SEEN
    ]  # fmt: skip
    drawn = _drawn.kinds(seeds, (0.0, 0.1, 0.4), (False,), ("eighth",))
    tables = {
        "textbook": measured(options, textbook, WAYS, _textbook.drawn),
        "drawn": measured(options, drawn, WAYS, _drawn.drawn),
    }
    rows = [{"tables": n, **row} for n, own in tables.items() for row in compared(own, [*WAYS])]
    return {"rows": rows, "tables": [row for own in tables.values() for row in own]}
