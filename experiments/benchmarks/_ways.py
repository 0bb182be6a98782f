"""Ways to propose, compared by what they gave on the same tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

import numpy as np

from . import Options
from ._drawn import Kind, drawn

Way = Callable[[], AbstractContextManager[Any]]  # in which proposals are made that way


def measured(
    options: Options, kinds: Iterable[Kind], ways: Mapping[str, Way]
) -> list[dict[str, Any]]:
    """A row a table: its kind, and the best and the median of every way."""
    tables: list[dict[str, Any]] = []
    for kind in islice(kinds, 2 if options.small else None):
        own = drawn(kind)
        tables.append(kind._asdict())
        for name, way in ways.items():
            with way():
                best, median = own.proposed()
            tables[-1] |= {f"best, {name}": best, f"median, {name}": median}
        options.keep({"tables": tables})
    return tables


def compared(tables: Sequence[Mapping[str, Any]], ways: Sequence[str]) -> list[dict[str, Any]]:
    """A row a way: its means, and its differences from the first way, table by table.

    Args:
        tables: each with "best, WAY" and "median, WAY" of every way.
        ways: their names.
    """
    rows = []
    for way in ways:
        row: dict[str, Any] = {"way": way}
        for figure in ("best", "median"):
            own = np.array([table[f"{figure}, {way}"] for table in tables])
            gain = own - [table[f"{figure}, {ways[0]}"] for table in tables]
            row |= {
                figure: float(own.mean()),
                f"{figure} gained": float(gain.mean()),
                f"{figure} error": float(gain.std() / len(gain) ** 0.5),
                f"{figure} won": int((gain > 1e-9).sum()),
                f"{figure} lost": int((gain < -1e-9).sum()),
            }
        rows.append(row)
    return rows
