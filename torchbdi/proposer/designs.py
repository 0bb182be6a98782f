"""Between the columns of a table and :class:`torchbdi.Space`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..space import Choice, Number, Space, sequence
from ..space.columns import Column
from .columns import Classes, Numbers
from .table import Values
from .understand import Understood


def design_space(understood: Understood) -> Space:
    """What a design of a table may be, fitted to its distinct designs.

    Raises:
        InputError: no design was found that meets bounds, levels and rules.
    """
    columns: list[Column] = []
    for column in understood.columns:
        fixed = understood.fixed.get(column.name)
        if isinstance(column, Numbers):
            number = understood.grids[column.name].number
            if fixed is not None:
                number = Number(number.name, float(fixed), float(fixed), fixed=float(fixed))
            columns.append(number)
            continue
        at = None if fixed is None else _codes(column, np.array([fixed], dtype=object))[0].tolist()
        if column.sequence:
            columns += sequence(column.length, column.classes, column.name, at or ())
        else:
            columns.append(Choice(column.name, column.classes, fixed=None if at is None else at[0]))
    space = Space(tuple(columns), understood.rules)
    return space.fit(raw_designs(understood.columns, understood.values))


def raw_designs(columns: Sequence[Numbers | Classes], values: Mapping[str, Values]) -> np.ndarray:
    """Designs in the columns of the table, (n,) each, as raw designs of the space, (n, C)."""
    parts = [
        values[c.name].astype(np.float64)[:, None]
        if isinstance(c, Numbers)
        else _codes(c, values[c.name]).astype(np.float64)
        for c in columns
    ]
    return np.concatenate(parts, axis=1)


def columns_of(columns: Sequence[Numbers | Classes], raw: np.ndarray) -> dict[str, Values]:
    """Raw designs of the space, (n, C), in the columns of the table, (n,) each."""
    out: dict[str, Values] = {}
    at = 0
    for column in columns:
        width = 1 if isinstance(column, Numbers) else column.length
        part = raw[:, at : at + width]
        at += width
        if isinstance(column, Numbers):
            out[column.name] = part[:, 0].astype(np.float64)
            continue
        texts = np.empty(len(raw), dtype=object)
        texts[:] = ["".join(column.classes[int(i)] for i in row) for row in part]
        out[column.name] = texts
    return out


def within(understood: Understood, space: Space, values: Mapping[str, Values]) -> dict[str, Values]:
    """The nearest designs that the space allows, in the columns of the table.

    Args:
        understood: whose columns these are.
        space: its space.
        values: designs, (n,) each.
    """
    columns = understood.columns
    x = space.encode(raw_designs(columns, values))
    return columns_of(columns, space.decode(space.project(x)))


def _codes(column: Classes, values: Values) -> np.ndarray:
    """Numbers of the classes at every position, (n, length)."""
    place = {name: i for i, name in enumerate(column.classes)}
    cells = [[place[c] for c in (v if column.sequence else (v,))] for v in values]
    return np.array(cells, dtype=np.int64).reshape(len(values), column.length)
