"""Designs whose columns differ from each other, as those of all known designs do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ...space import Choice, Space
from ..columns.different import Different
from .absence import moved


def with_different(x: Tensor, space: Space, different: Sequence[Different]) -> Tensor:
    """Designs (n, D) whose columns are never the same: some of what is, is changed.

    What has no other level left is left out.

    Args:
        x: features of designs.
        space: they lie in it.
        different: which columns differ.
    """
    if not different or not len(x):
        return x
    raw = space.decode(x)
    before, good = raw.copy(), np.ones(len(raw), bool)
    for own in different:
        at = [space.names.index(name) for name in own.names]
        rows = np.flatnonzero(~own.keeps(_values(raw, space, own)))
        if all(isinstance(space.columns[i], Choice) for i in at):
            for row in rows.tolist():
                if not own.same:
                    _rename(raw[row], at, space, own, row)
                if own.sorted:
                    _sort(raw[row], at, space)
        else:
            _replace(raw, rows, at, space)
        good &= own.keeps(_values(raw, space, own))
    return moved(x, before, raw, good, space)


def are_different(x: Tensor, space: Space, different: Sequence[Different]) -> Tensor:
    """Which designs (n, D) have columns that are never the same, (n,) bool.

    Args:
        x: features of designs.
        space: they lie in it.
        different: which columns differ.
    """
    raw, good = space.decode(x), np.ones(len(x), bool)
    for own in different:
        good &= own.keeps(_values(raw, space, own))
    return torch.from_numpy(good)


def _rename(raw: np.ndarray, at: Sequence[int], space: Space, own: Different, turn: int) -> None:
    """Gives columns of one raw design (C,) other names than those before them, in place.

    Args:
        raw: the design.
        at: places of the columns in it.
        space: it lies in it.
        own: which columns differ.
        turn: which of the names that are left is taken.
    """
    apart: dict[int, set[int]] = defaultdict(set)
    for first, second in own.pairs:
        apart[first].add(second)
        apart[second].add(first)
    columns = [space.columns[i] for i in at]
    taken: dict[int, str] = {}
    for i in sorted(range(len(at)), key=lambda i: columns[i].fixed is None):  # these stay
        column = columns[i]
        assert isinstance(column, Choice)
        name = column.classes[int(raw[at[i]])]
        used = {taken[j] for j in apart[i] if j in taken} - {*own.nothing}
        if name in used and column.fixed is None:
            left = [code for code in column.grid().tolist() if column.classes[code] not in used]
            # A name may go with an amount: something becomes nothing only where all else stands.
            if left := [c for c in left if column.classes[c] not in own.nothing] or left:
                raw[at[i]] = left[turn % len(left)]
        taken[i] = column.classes[int(raw[at[i]])]


def _replace(raw: np.ndarray, rows: np.ndarray, at: Sequence[int], space: Space) -> None:
    """Gives each of k columns a place of its own of 1 to k in some raw designs (n, C), in place.

    What was equal is put in the order of the columns. What is fixed keeps its place.
    """
    kept = [fixed for i in at if (fixed := space.columns[i].fixed) is not None]
    loose = np.array([i for i in at if space.columns[i].fixed is None])
    places = np.setdiff1d(np.arange(1, len(at) + 1), kept)
    if len(places) == len(loose) > 0:
        cells = rows[:, None], loose
        raw[cells] = places[raw[cells].argsort(1, kind="stable").argsort(1, kind="stable")]


def _sort(raw: np.ndarray, at: Sequence[int], space: Space) -> None:
    """Puts the names of one raw design (C,) in order, in place, where each column has its own."""
    columns = [column for i in at if isinstance(column := space.columns[i], Choice)]
    names = sorted(c.classes[int(raw[i])] for i, c in zip(at, columns, strict=True))
    codes = [
        c.classes.index(v) if v in c.classes else -1 for c, v in zip(columns, names, strict=True)
    ]
    if all(code in c.grid() for code, c in zip(codes, columns, strict=True)):
        raw[at] = codes


def _values(raw: np.ndarray, space: Space, own: Different) -> dict[str, np.ndarray]:
    """The numbers or names of the columns, (n,) each."""
    out = {}
    for name in own.names:
        at = space.names.index(name)
        column = space.columns[at]
        values = raw[:, at]
        if isinstance(column, Choice):
            values = np.array(column.classes, dtype=object)[values.astype(int)]
        out[name] = values
    return out
