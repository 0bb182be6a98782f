"""Ways to propose, compared by what they gave on the same tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np

from . import Options
from ._drawn import Drawn

Way = Callable[[], AbstractContextManager[Any]]  # in which proposals are made that way


K = TypeVar("K", bound=NamedTuple)


def measured(
    options: Options, kinds: Iterable[K], ways: Mapping[str, Way], drawn: Callable[[K], Drawn]
) -> list[dict[str, Any]]:
    """A row a table: its kind, and the best, the median and "off" of every way.

    Args:
        options: ``small`` takes the first two tables.
        kinds: what the tables are like.
        ways: by name.
        drawn: makes the table of a kind.
    """
    tables: list[dict[str, Any]] = []
    for kind in islice(kinds, 2 if options.small else None):
        own = drawn(kind)
        tables.append(kind._asdict())
        for name, way in ways.items():
            with way():
                tables[-1] |= {f"{figure}, {name}": v for figure, v in own.proposed().items()}
        options.keep({"tables": tables})
    return tables


def compared(tables: Sequence[Mapping[str, Any]], ways: Sequence[str]) -> list[dict[str, Any]]:
    """A row a way: its means, and its differences from the first way, table by table.

    Args:
        tables: each with "best, WAY", "median, WAY" and "off, WAY" of every way.
        ways: their names.
    """
    rows = []
    for way in ways:
        row: dict[str, Any] = {"way": way}
        for figure in ("best", "median", "off"):
            own = np.array([table[f"{figure}, {way}"] for table in tables])
            gain = own - [table[f"{figure}, {ways[0]}"] for table in tables]
            row |= {
                figure: float(own.mean()),
                f"{figure} gained": float(gain.mean()),
                f"{figure} error": float(gain.std() / len(gain) ** 0.5),
                f"{figure} higher": int((gain > 1e-9).sum()),
                f"{figure} lower": int((gain < -1e-9).sum()),
            }
        rows.append(row)
    return rows
