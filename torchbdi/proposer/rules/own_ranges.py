"""Numbers of which each name has a range of its own: the loading of a catalyst, a low dose."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from ..columns.column import class_name
from ..columns.nothing import kept_with
from ..columns.paired import log_choose
from ..columns.remark import Remark, told_together
from ..columns.suspects import UNLIKELY
from ..reading.table import Values, show_number
from ..reading.ways import Ways

# A name of fewer rows shows no range; a column of fewer numbers has none.
FEWEST = 3
# The share of the rows that names with ranges have, and of rows of other names within a range.
# Names have one range, as two noble metals do, where as few of each lie beyond that of the other.
ROWS, WITHIN = 0.9, 0.2
# So many pairs of columns are told, the others counted; and so many of the ranges.
MOST, MOST_RANGES = 3, 4


def own_range_remarks(
    columns: Mapping[str, Values],
    levels: Collection[str],
    settled: Mapping[str, object],
    said: Collection[str],
    ways: Ways,
    common: Mapping[str, tuple[str, Values]] | None = None,
    kept: Collection[set[str]] = (),
) -> list[str]:
    """Names columns of names, or of few numbers, each with a range of its own in another column.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        levels: the columns of few numbers.
        settled: columns that are fixed, with what at, or have bounds: their numbers are not named.
        said: earlier remarks: what one says of both is not told again.
        ways: how options are typed.
        common: names that are looked up by one of the columns, which is named, (N,): metals of
            catalysts.
        kept: columns that proposals keep together: no second solvent, and 100 % of the first one.
    """
    common = {name: pair for name, pair in (common or {}).items() if pair[1].dtype != np.float64}
    columns = {**columns, **{name: own for name, (_, own) in common.items()}}
    numbers = [n for n, v in columns.items() if v.dtype == np.float64 and n not in settled]
    keys = [n for n, v in columns.items() if v.dtype != np.float64 or n in levels]
    found: dict[tuple[str, str], dict[float | str, np.ndarray]] = {}
    least = -math.log(UNLIKELY) - math.log(max(1, len(keys) * len(numbers)))
    for key in keys:
        for name in numbers:
            size = len(np.unique(columns[name]))
            few = name in levels and key in levels  # of two that go together the fewer are the key
            if key == name or size < FEWEST or (few and size <= len(np.unique(columns[key]))):
                continue
            by = common[key][0] if key in common else key
            if told_together((key, name), said) or by == name or (by, name) in found:
                continue
            if columns[key].dtype != np.float64 and name in kept_with(key, kept):
                continue
            ranges = _own_ranges(columns[key], columns[name], least)
            if ranges:
                found[key, name] = ranges
    out: list[str] = [
        _told(key, name, ranges, columns, settled, common, ways)
        for (key, name), ranges in [*found.items()][:MOST]
    ]
    if len(found) > MOST:
        more_pairs = len(found) - MOST
        out.append(
            f"So {'has 1 more pair' if more_pairs == 1 else f'have {more_pairs} more pairs'} of "
            "columns."
        )
    return out


def _told(
    key: str, name: str, ranges: Mapping[float | str, np.ndarray], columns: Mapping[str, Values],
    settled: Mapping[str, object], common: Mapping[str, tuple[str, Values]], ways: Ways,
) -> Remark:  # fmt: skip
    """What to say of a column with ranges, and how one of its names is searched alone."""
    shown = {class_name(k): own for k, own in ranges.items()}
    ends = {k: (show_number(own.min()), show_number(own.max())) for k, own in shown.items()}
    where = ", ".join(
        f"{low} to {high} where it is {k}" if low != high else f"{low} where it is {k}"
        for k, (low, high) in [*ends.items()][:MOST_RANGES]
    )
    more = " and so on" if len(ends) > MOST_RANGES else ""
    by = common[key][0] if key in common else key  # what is looked up is not searched itself
    pairs = zip(columns[by].tolist(), columns[key].tolist(), strict=True)
    names = {class_name(v): class_name(k) for v, k in pairs}
    names = {v: k for v, k in names.items() if k in ends}
    # What is fixed already is not to be fixed at something else.
    wanted = str(settled.get(by))
    first = names.get(wanted, next(iter(ends)))
    value = wanted if wanted in names else next(v for v, k in names.items() if k == first)
    low, high = ends[first]
    pair = [f"{by}={value}", f"{name}={low}"]
    one = ways.several("fix", pair)
    if low != high:
        limits = ways("bounds", f"{name}={low}:{high}")
        one = f"{ways('fix', pair[0])}{' ' if ways.typed else ', '}{limits}"
    told = (
        f"Numbers of {name!r} have a range of their own for each {key!r} ({where}{more}), and "
        f"proposals do not keep to that. {_what_to_do(key, name, common, ways)} one of them "
        f"alone ({one})."
    )
    return Remark(told, (key, name), () if key in common else (key,))


def _what_to_do(key: str, name: str, common: Collection[str], ways: Ways) -> str:
    """Before what is searched alone: a name that is looked up cannot be the size of a number."""
    if key in common:
        return "If others cannot be made, search"
    left = ways("ignore", key)
    return f"If {key!r} only says how large {name!r} is, leave it out ({left}); else search"


def _own_ranges(
    key: Values, values: np.ndarray, least: float
) -> dict[float | str, np.ndarray] | None:
    """The numbers (N,) of each name (N,), by size, where chance would hardly part them so.

    Args:
        key: the names, or numbers that are names of something.
        values: the numbers.
        least: the logarithm of how seldom chance may do so.
    """
    own = {k: values[key == k] for k in sorted(set(key.tolist()))}
    own = {k: v for k, v in own.items() if len(v) >= FEWEST}
    if len(own) < 2 or sum(map(len, own.values())) < ROWS * len(values):
        return None
    number = key.dtype == np.float64
    inside, others, chances = 0, 0, []
    for k, v in own.items():
        within = (values >= v.min()) & (values <= v.max())
        window = int(within.sum())
        # Numbers may rise with others: of these each has its own range.
        alike = [n for n, v2 in own.items() if n == k or (not number and _in_one_range(v, v2))]
        apart = ~np.isin(key, alike)
        inside, others = inside + int((within & apart).sum()), others + int(apart.sum())
        # So many rows of this name among those within its range, and that anywhere.
        places = math.log(len(values) - window + 1)
        seldom = places + log_choose(window, len(v)) - log_choose(len(values), len(v))
        chances.append(min(0.0, seldom))
    # The last range is what the others leave.
    if (
        not others
        or inside > (0.0 if number else WITHIN) * others
        or sum(sorted(chances)[:-1]) > least
    ):
        return None
    return dict(sorted(own.items(), key=lambda pair: (pair[1].min(), pair[1].max())))


def _in_one_range(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether hardly any number of either of two names (n,) lies beyond those of the other one."""
    return all(
        ((a < b.min()) | (a > b.max())).mean() <= WITHIN for a, b in ((one, other), (other, one))
    )
