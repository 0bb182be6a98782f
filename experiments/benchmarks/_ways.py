"""Ways to propose, compared by what they gave on the same tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


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
