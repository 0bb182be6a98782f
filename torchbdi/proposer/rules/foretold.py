"""Numbers that other columns tell in every row, by whatever formula: a radius, a sine, a table.

Formulas that are known are kept (:mod:`.computed`). Any other one shows in this: each row's number
is told by the rows that are like it in one, two or three other columns. Numbers that were chosen
are told by nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from ...space.constraints import follows
from ..columns.column import level_codes
from ..columns.remark import Remark
from ..reading.table import Values
from ..reading.ways import Ways, listed

# Numbers of fewer levels are those of a factorial design, of which some are made of the others.
FEWEST_LEVELS = 5
# Of so many rows that are looked at, and of no fewer.
MOST_ROWS, FEWEST_ROWS = 150, 20
# Sets of columns that are looked at, the small ones first, and how many columns one has at most.
MOST_SETS, LARGEST_SET = 300, 3
# All others are looked at together where they are no more than these.
MOST_TOGETHER = 12
# ... and where this share of the rows is different without any one of these.
DIFFERENT = 0.6
# By how much rows are missed by the others, as a share of the scatter.
MISSED = 0.1
# A smooth function hardly changes within so many standard deviations, of many columns, too.
_SMOOTH = 1.5, 4.0
_RIDGE = 1e-5  # the rounding
# This share of the rows, at least, have others that are like them by more than that.
MOST_ALIKE, ALIKE = 0.9, 0.5
# So many different rows show a function, and so many columns of levels a look-up at most.
FEWEST_ALIKE, MOST_LEVELS = 12, 2
# So many columns are told, the others counted.
MOST = 4


def foretold_remarks(found: Mapping[str, tuple[str, ...]], ways: Ways) -> list[str]:
    """Says which columns follow from others by no formula that proposals keep.

    Args:
        found: the columns, each with those that tell it.
        ways: how options are typed.
    """
    out = list[str]()
    for name, by in [*found.items()][:MOST]:
        # Of a pair it can be the other one: a day or a batch that each had one temperature.
        left_out = (name, *(by if len(by) == 1 else ()))
        leave = " or ".join(ways("ignore", n) for n in left_out)
        told = (
            f"Column {name!r} seems to follow from {listed(by)}: rows that are alike there have "
            f"like {name!r}, and proposals do not keep to that. Leave out which of these is "
            f"computed, looked up, counted or measured and cannot be chosen besides ({leave})."
        )
        out.append(Remark(told, (name, *by), left_out, "follows"))
    if len(found) > MOST:
        more = [*found][MOST:]
        out.append(f"So {'does' if len(more) == 1 else 'do'} {listed(more)} from others.")
    return out


def foretold(
    columns: Mapping[str, Values],
    few: Collection[str],
    kept: Sequence[Mapping[str, float]],
    passed_over: Collection[str] = (),
) -> dict[str, tuple[str, ...]]:
    """The columns of numbers that others tell, each with these.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        few: the columns of numbers that keep to few levels.
        kept: coefficients of each equation that proposals keep: its parts tell each other.
        passed_over: columns that are part of the design because somebody said so.
    """
    size = len(next(iter(columns.values()), ()))
    if size < FEWEST_ROWS:
        return {}
    rows = np.random.default_rng(0).permutation(size)[:MOST_ROWS]
    own = {name: values[rows] for name, values in columns.items()}
    levels = {name: int(level_codes(v).max()) + 1 for name, v in own.items()}
    numbers = [
        name for name, v in own.items()
        if v.dtype == np.float64 and levels[name] >= FEWEST_LEVELS
        and 2 * np.unique(v, return_counts=True)[1].max() <= len(v)  # else few rows are all of it
    ]  # fmt: skip
    if not numbers:
        return {}
    y = np.stack([(own[n] - own[n].mean()) / own[n].std() for n in numbers], axis=1)
    told: dict[str, list[tuple[str, ...]]] = {}
    nearly: dict[str, list[tuple[str, ...]]] = {}
    for names in _sets(own):
        for name in _told_by(names, own, few, levels, numbers, y):
            if _one_whole((name, *names), kept):
                nearly.setdefault(name, []).append(names)
            known = any({*fewer} <= {*names} for fewer in nearly.get(name, []))
            if not known and not follows(name, names, kept):
                told.setdefault(name, []).append(names)
    found: dict[str, tuple[str, ...]] = {}
    # What was computed stands behind, as a rule; what is passed over tells nothing, either.
    for name in sorted(reversed(numbers), key=lambda n: n not in passed_over):
        by = next((names for names in told.get(name, []) if not found.keys() & {*names}), None)
        rest = tuple(n for n in own if n != name and n not in found)
        if (
            by is None
            and LARGEST_SET < len(rest) <= MOST_TOGETHER
            and not follows(name, rest, kept)
            and not _nested(rest, own)
        ):
            by = rest if name in _told_by(rest, own, few, levels, numbers, y) else None
        if by is not None:
            found[name] = by
    return {name: found[name] for name in own if name in found and name not in passed_over}


def _one_whole(names: Collection[str], kept: Sequence[Mapping[str, float]]) -> bool:
    """Whether equations that proposals keep join some columns: what is left out is a small part."""
    joined = {next(iter(names))}
    for _ in kept:
        joined |= {n for rule in kept if joined & rule.keys() for n in rule}
    return joined >= {*names}


def _nested(names: Sequence[str], own: Mapping[str, Values]) -> bool:
    """Whether few rows are different without one of some columns, as recipes that have times."""
    codes = np.stack([np.unique(own[n], return_inverse=True)[1] for n in names])
    every = np.unique(codes, axis=1).shape[1]
    return any(
        np.unique(np.delete(codes, i, axis=0), axis=1).shape[1] < DIFFERENT * every
        for i in range(len(names))
    )


def _sets(columns: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Sets of columns, the small ones first, no more than can be looked at."""
    left = MOST_SETS
    for size in range(1, LARGEST_SET + 1):
        sets = [*combinations(columns, size)]
        if len(sets) > left:
            return
        left -= len(sets)
        yield from sets


def _told_by(
    names: Sequence[str], own: Mapping[str, Values], few: Collection[str],
    levels: Mapping[str, int], numbers: Sequence[str], y: np.ndarray,
) -> list[str]:  # fmt: skip
    """The columns of numbers, standardised (n, C), that those of some names tell."""
    codes = np.stack([np.unique(own[n], return_inverse=True)[1] for n in names])
    _, first, place = np.unique(codes, axis=1, return_index=True, return_inverse=True)
    # Rows that are the same there have the same numbers.
    good = np.sqrt(((y - y[first][place.ravel()]) ** 2).mean(0)) <= MISSED
    if not good.any():
        return []
    told = np.zeros(len(numbers), bool)
    # Of levels alone a plan makes columns of as many levels as these have.
    most = max(levels[n] for n in names)
    more = np.array([levels[name] > most for name in numbers])
    for gram, others, parts, added in _alike(names, own, few, len(y)):
        # Rows that are alike by chance are twins in all else: but for look-ups each counts once.
        rows = np.arange(len(y)) if parts == len(names) and not added else first
        others = others[rows]
        if len(rows) < FEWEST_ALIKE or others.mean() < MOST_ALIKE:
            continue
        inverse = np.linalg.inv(gram[np.ix_(rows, rows)] + _RIDGE * np.eye(len(rows)))
        missed = np.abs(inverse @ y[rows] / np.diag(inverse)[:, None])[others]
        # At the ends of the table a function is not known: most rows show it.
        most_rows = np.argsort(missed, axis=0)[: int(MOST_ALIKE * len(missed))]
        own_scatter = np.take_along_axis(y[rows][others], most_rows, axis=0).std(0)
        size = np.sqrt((np.take_along_axis(missed, most_rows, axis=0) ** 2).mean(0))
        fits = (size <= MISSED * own_scatter) & good
        told |= fits & more if parts == len(names) else fits
    return [
        name for name, is_told in zip(numbers, told, strict=True) if is_told and name not in names
    ]


def _alike(
    names: Sequence[str], own: Mapping[str, Values], few: Collection[str], size: int
) -> Iterator[tuple[np.ndarray, np.ndarray, int, bool]]:
    """How alike rows are in some columns, (n, n), which are like others, and by how many levels.

    Also whether it is the sum of how alike they are in each column, and no product.
    """
    numeric = [n for n in names if own[n].dtype == np.float64]
    together = len(names) > LARGEST_SET
    # Levels may be numbers of programs, of which each one has its own.
    for coded in {False, bool({*few} & {*numeric})}:
        parts = [n for n in names if n not in numeric or (coded and n in few)]
        smooth = [n for n in numeric if n not in parts]
        same = np.array([own[n][:, None] == own[n] for n in parts], bool).reshape(-1, size, size)
        for scale in _SMOOTH if together else _SMOOTH[:1]:
            gram = same.all(0) * _near(own, smooth, size, scale)
            if len(parts) <= MOST_LEVELS:
                yield gram, (gram > ALIKE).sum(1) > 1, len(parts), False
        if together or len(parts) == len(names) > 1:
            gram = same.sum(0) + sum(_near(own, [n], size, 1.0) for n in smooth)
            yield gram, (same.sum(2) > 1).all(0), len(parts), True


def _near(own: Mapping[str, Values], names: Sequence[str], size: int, scale: float) -> np.ndarray:
    """How near numbers of rows are, (n, n), from 0 to 1; all 1 without columns."""
    x = [own[n] / (own[n].std() * scale) for n in names]
    far = sum(((v[:, None] - v) ** 2 for v in x), np.zeros((size, size)))
    return np.exp(-0.5 * far)
