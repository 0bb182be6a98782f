"""Columns that are looked up: each solvent has its boiling point and class, each lot its ash."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...space.constraints import Linear
from ..columns.column import Classes, Numbers
from ..columns.grids import Grid
from ..columns.rows import distinct
from ..reading.table import Values

# A column of fewer values tells nothing: levels of two often go together.
FEWEST = 3
# A column that others are looked up by has so many different designs for each of its values; with
# fewer, these are told.
DESIGNS, FEWER_DESIGNS = 3, 2
# Some rows are looked at first, and all of them where these fit.
LOOKS = slice(64), slice(None)


@dataclass(frozen=True)
class LookedUp:
    """A column of numbers or names whose value follows from that of another one.

    Attributes:
        of: the column that it follows from.
        keys: the different values of that column, sorted, (K,).
        own: what belongs to each, (K,).
        grid: how its numbers are written; None for names.
    """

    of: str
    keys: Values
    own: Values
    grid: Grid | None

    def __call__(self, columns: Mapping[str, Values]) -> Values:
        """What belongs to values of the other column, which is among some, (n,) each, (n,)."""
        values = columns[self.of]
        if values.dtype == np.float64:
            # A number went to its feature and back.
            return self.own[np.abs(values[:, None] - self.keys).argmin(1)]
        place = {key: i for i, key in enumerate(self.keys.tolist())}
        return self.own[[place[value] for value in values.tolist()]]

    def write(self, value: float | str) -> str:
        """One of these values as the table would have it."""
        return str(value) if self.grid is None else self.grid.write(float(value))


def looked_up(
    columns: Sequence[Numbers | Classes],
    values: Mapping[str, Values],
    grids: Mapping[str, Grid],
    spoken: Collection[str],
    loose: Collection[str],
) -> tuple[dict[str, LookedUp], dict[str, LookedUp]]:
    """Finds the columns that follow from a column of names, and numbers from few levels, too.

    Of columns of one kind that follow from each other the first one stays.

    Args:
        columns: those that vary.
        values: of those columns, (N,) each.
        grids: of the columns of numbers.
        spoken: columns that the person said something of: they stay.
        loose: columns that may have other values than those of the table.

    Returns:
        Those that follow from a column of enough designs for each of its values; and those that do
        where fewer are enough, too.
    """
    keys = {
        c.name: np.unique(values[c.name], return_inverse=True)
        for c in columns
        if (isinstance(c, Classes) and not c.sequence)
        or (isinstance(c, Numbers) and grids[c.name].kind == "levels" and c.name not in loose)
    }
    pairs: dict[str, list[str]] = {}
    for at, column in enumerate(columns):
        name = column.name
        if name in spoken or (isinstance(column, Classes) and column.sequence):
            continue
        size = len(np.unique(values[name]))
        before = {c.name for c in columns[:at]}
        for key, (different, codes) in keys.items():
            if key == name or not FEWEST <= size <= len(different):
                continue
            # Of two that determine each other the first one stays, or the one that was named.
            each = size == len(different)
            if key in grids:
                fits = name in grids and each and key in before
            else:
                fits = name in grids or not each or key in before or key in spoken
            if fits and follows(values[name], codes):
                pairs.setdefault(name, []).append(key)
    if not pairs:
        return {}, {}
    index, _ = distinct(columns, values)

    def by(designs: int) -> dict[str, LookedUp]:
        often = {name for name, (_, codes) in keys.items() if shared(codes[index], designs)}
        own = {name: kept for name, p in pairs.items() if (kept := [k for k in p if k in often])}
        found: dict[str, LookedUp] = {}
        for name, kept in own.items():
            # Names come first. What is looked up itself is no key.
            key = min((key for key in kept if key not in own), key=grids.__contains__)
            different, codes = keys[key]
            at_first = np.unique(codes, return_index=True)[1]
            found[name] = LookedUp(key, different, values[name][at_first], grids.get(name))
        return found

    return by(DESIGNS), by(FEWER_DESIGNS)


def follows(own: np.ndarray, codes: np.ndarray) -> bool:
    """Whether values (N,) are the same wherever codes (N,) of another column are."""
    for rows in LOOKS:
        _, first, place = np.unique(codes[rows], return_index=True, return_inverse=True)
        if (own[rows] != own[rows][first][place]).any():
            return False
    return True


def shared(codes: np.ndarray, designs: int) -> bool:
    """Whether different designs, with codes (M,) in a column, share its values often enough.

    Rows that repeat a design show nothing: all its columns are the same in them.
    """
    counts = np.unique(codes, return_counts=True)[1]
    return bool(
        len(counts) >= FEWEST
        and designs * len(counts) <= len(codes)
        and 2 * (counts > 1).sum() > len(counts)
    )


def implied(found: Mapping[str, LookedUp], rules: Iterable[Linear]) -> dict[str, LookedUp]:
    """Without the columns that stand in an equation that looking up would not keep to.

    Args:
        found: what is looked up.
        rules: equations that hold in every row.
    """
    kept = dict(found)
    for rule in rules:
        names = set(rule.coefficients)
        if len({found[name].of if name in found else name for name in names}) > 1:
            kept = {n: up for n, up in kept.items() if n not in names and up.of not in names}
    return kept
