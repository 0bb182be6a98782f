"""Columns that are looked up: each solvent has its boiling point and class, each lot its ash."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.column import Classes, Numbers
from ..columns.grids import Grid
from ..columns.rows import distinct
from ..reading.table import Table, Values, parse_number, show_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .equations import equations

# A column of fewer values tells nothing: levels of two often go together.
FEWEST = 3
# A column that others are looked up by has so many different designs for each of its values.
DESIGNS = 3
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

    def __call__(self, values: Values) -> Values:
        """What belongs to values of the other column, (n,) to (n,)."""
        if values.dtype == np.float64:
            # A number went to its feature and back.
            return self.own[np.abs(values[:, None] - self.keys).argmin(1)]
        place = {key: i for i, key in enumerate(self.keys.tolist())}
        return self.own[[place[value] for value in values.tolist()]]

    def write(self, value: float | str) -> str:
        """One of these values as the table would have it."""
        return str(value) if self.grid is None else self.grid.write(float(value))


def find_looked_up(
    table: Table,
    columns: Sequence[Numbers | Classes],
    values: Mapping[str, Values],
    grids: Mapping[str, Grid],
    given: Sequence[Linear],
    at_most: Sequence[AtMost],
    settings: Settings,
    remarks: list[str],
) -> dict[str, LookedUp]:
    """Columns that follow from another column, of which nobody has said anything."""
    loose = {name for rule in at_most for name in rule.names}
    loose |= {name for rule in given if rule.low == rule.high for name in rule.coefficients}
    for name, wanted in settings.fix.items():
        if name in grids and wanted is not None:
            number = parse_number(str(wanted))
            loose |= set() if number in values[name].tolist() else {name}
    spoken = {
        *loose, *settings.bounds, *settings.fix, *settings.steps, *settings.free,
        *settings.numbers, *settings.categories,
        *(name for rule in given for name in rule.coefficients),
    }  # fmt: skip
    found = looked_up(columns, values, grids, spoken, loose)
    if settings.fix:
        follow = looked_up(columns, values, grids, spoken - settings.fix.keys(), loose)
        remarks += fixed_remarks(follow, settings.fix, Ways(table.typed))
    # Looked up as well, if it had no bounds, steps or rules.
    chosen = {*settings.fix, *settings.free, *settings.numbers, *settings.categories}
    others = looked_up(columns, values, grids, chosen, loose) if spoken - chosen else {}
    if found or others:
        own = {name: values[name] for name in grids if name not in settings.free}
        sums, totals = equations(table, own, given)
        found = implied(found, [*sums, *totals])
        others = implied(others, [*sums, *totals, *(r for r in given if r.low == r.high)])
    ways = Ways(table.typed)
    remarks += moving_remarks({n: others[n] for n in others if n in spoken}, settings, ways)
    if found and all(c.name in settings.fix for c in columns if c.name not in found):
        told = "; ".join(f"{name!r} follows from {up.of!r}" for name, up in found.items())
        raise InputError(
            f"{table.source}: no column is left that varies: {told}. Fix fewer columns (--fix), or "
            f"make one part of the design ({way_to_keep(dict([*found.items()][:1]), ways)})."
        )
    remarks += looked_up_remarks(found, ways)
    return found


def looked_up(
    columns: Sequence[Numbers | Classes],
    values: Mapping[str, Values],
    grids: Mapping[str, Grid],
    spoken: Collection[str],
    loose: Collection[str],
) -> dict[str, LookedUp]:
    """Finds the columns that follow from a column of names, and numbers from few levels, too.

    Of columns of one kind that follow from each other the first one stays.

    Args:
        columns: those that vary.
        values: of those columns, (N,) each.
        grids: of the columns of numbers.
        spoken: columns that the person said something of: they stay.
        loose: columns that may have other values than those of the table.
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
            if fits and _follows(values[name], codes):
                pairs.setdefault(name, []).append(key)
    if not pairs:
        return {}
    index, _ = distinct(columns, values)
    often = {name for name, (_, codes) in keys.items() if _often(codes[index])}
    pairs = {
        name: own for name, found in pairs.items() if (own := [*filter(often.__contains__, found)])
    }
    found: dict[str, LookedUp] = {}
    for name, own in pairs.items():
        # Names come first. What is looked up itself is no key.
        key = min((key for key in own if key not in pairs), key=grids.__contains__)
        different, codes = keys[key]
        at_first = np.unique(codes, return_index=True)[1]
        found[name] = LookedUp(key, different, values[name][at_first], grids.get(name))
    return found


def _follows(own: np.ndarray, codes: np.ndarray) -> bool:
    """Whether values (N,) are the same wherever codes (N,) of another column are."""
    for rows in LOOKS:
        _, first, place = np.unique(codes[rows], return_index=True, return_inverse=True)
        if (own[rows] != own[rows][first][place]).any():
            return False
    return True


def _often(codes: np.ndarray) -> bool:
    """Whether different designs, with codes (M,) in a column, share its values often enough.

    Rows that repeat a design show nothing: all its columns are the same in them.
    """
    counts = np.unique(codes, return_counts=True)[1]
    return bool(
        len(counts) >= FEWEST
        and DESIGNS * len(counts) <= len(codes)
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


def looked_up_remarks(found: Mapping[str, LookedUp], ways: Ways) -> list[str]:
    """Says which columns are looked up, and how they are made part of the design."""
    out = []
    for key in dict.fromkeys(up.of for up in found.values()):
        own = {name: up for name, up in found.items() if up.of == key}
        names, one = [*own], len(own) == 1
        out.append(
            f"{'Column' if one else 'Columns'} {listed(names)} {'follows' if one else 'follow'} "
            f"from {key!r}: rows with the same {key!r} have the same "
            f"{repr(names[0]) if one else 'values there'}, and so have proposals. "
            f"{way_to_keep(own, ways)} makes "
            f"{'it' if one else 'them'} part of the design."
        )
    return out


def fixed_remarks(
    found: Mapping[str, LookedUp], fixed: Mapping[str, float | str | None], ways: Ways
) -> list[str]:
    """Says of columns that are fixed what they follow from: it may be chosen against them.

    Args:
        found: what would be looked up if nothing were fixed.
        fixed: what the person fixed, with the values.
        ways: how options are typed.
    """
    out = []
    for name, up in found.items():
        value = fixed.get(name)
        if value is None or up.of in fixed:
            continue
        own = value if up.grid is None else parse_number(str(value))
        keys = [k for k, v in zip(up.keys.tolist(), up.own.tolist(), strict=True) if v == own]
        if not keys:
            continue
        told = [k if isinstance(k, str) else show_number(k) for k in keys]
        out.append(
            f"Column {name!r}, which is fixed at {value}, follows from {up.of!r}, and {value} goes "
            f"with {listed(told, 4)} alone. Proposals need not keep that: fix {up.of!r}, too "
            f"({ways('fix', f'{up.of}={told[0]}')})."
        )
    return out


def moving_remarks(found: Mapping[str, LookedUp], settings: Settings, ways: Ways) -> list[str]:
    """Says of columns with bounds, steps or rules what they follow from: they move without it.

    Args:
        found: what would be looked up if nothing had been said of it.
        settings: the bounds, of which those tell what may be meant.
        ways: how options are typed.
    """
    out = []
    for name, up in found.items():
        low, high = settings.bounds.get(name, (None, None))
        inside = [
            key
            for key, value in zip(up.keys.tolist(), up.own.tolist(), strict=True)
            if (low is None or value >= low) and (high is None or value <= high)
        ]
        told = [k if isinstance(k, str) else show_number(k) for k in inside or up.keys.tolist()]
        one = f"{ways('fix', f'{up.of}={told[0]}')} chooses one {up.of!r}, and "
        out.append(
            f"Column {name!r}, of which bounds, steps or a rule were given, follows from "
            f"{up.of!r}: rows with the same {up.of!r} have the same {name!r}. Proposals need not "
            f"keep that. Without what was given they do; {'' if up.of in settings.fix else one}"
            f"{ways('number', name)} says that {name!r} is free."
        )
    return out


def way_to_keep(found: Mapping[str, LookedUp], ways: Ways) -> str:
    """How columns that are looked up are made part of the design."""
    kinds = {
        "number": [name for name, up in found.items() if up.grid is not None],
        "category": [name for name, up in found.items() if up.grid is None],
    }
    own = [ways.several(option, names) for option, names in kinds.items() if names]
    return (" " if ways.typed else ", ").join(own)
