"""Numbers of which each name has a range of its own: the loading of a catalyst, a low dose."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from ..columns.column import class_name
from ..columns.paired import log_choose
from ..columns.remark import Remark, told_together
from ..columns.suspects import UNLIKELY
from ..reading.table import Values, show_number
from ..reading.ways import Ways

# A name of fewer rows shows no range; a column of fewer numbers has none.
FEWEST = 3
# The share of the rows that names with ranges have, and of rows of other names within a range.
ROWS, WITHIN = 0.9, 0.2
# So many pairs of columns are told, the others counted; and so many of the ranges.
MOST, MOST_RANGES = 3, 4


def own_range_remarks(
    columns: Mapping[str, Values],
    levels: Collection[str],
    settled: Mapping[str, object],
    said: Collection[str],
    ways: Ways,
) -> list[str]:
    """Names columns of names, or of few numbers, each with a range of its own in another column.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        levels: the columns of few numbers.
        settled: columns that are fixed, with what at, or have bounds: their numbers are not named.
        said: earlier remarks: what one says of both is not told again.
        ways: how options are typed.
    """
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
            if told_together((key, name), said):
                continue
            ranges = _own_ranges(columns[key], columns[name], least)
            if ranges:
                found[key, name] = ranges
    out = list[str]()
    for (key, name), ranges in [*found.items()][:MOST]:
        shown = {class_name(k): own for k, own in ranges.items()}
        ends = {k: (show_number(own.min()), show_number(own.max())) for k, own in shown.items()}
        where = ", ".join(
            f"{low} to {high} where it is {k}" if low != high else f"{low} where it is {k}"
            for k, (low, high) in [*ends.items()][:MOST_RANGES]
        )
        more = " and so on" if len(ends) > MOST_RANGES else ""
        # What is fixed already is not to be fixed at something else.
        first = next((k for k in ends if k == str(settled.get(key))), next(iter(ends)))
        low, high = ends[first]
        pair = [f"{key}={first}", f"{name}={low}"]
        one = ways.several("fix", pair)
        if low != high:
            limits = ways("bounds", f"{name}={low}:{high}")
            one = f"{ways('fix', pair[0])}{' ' if ways.typed else ', '}{limits}"
        told = (
            f"Numbers of {name!r} have a range of their own for each {key!r} ({where}{more}), and "
            f"proposals do not keep to that. If {key!r} only says how large {name!r} is, leave it "
            f"out ({ways('ignore', key)}); else search one of them alone ({one})."
        )
        out.append(Remark(told, (key, name), (key,)))
    if len(found) > MOST:
        more_pairs = len(found) - MOST
        out.append(
            f"So {'has 1 more pair' if more_pairs == 1 else f'have {more_pairs} more pairs'} of "
            "columns."
        )
    return out


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
    inside, others, chances = 0, 0, []
    for v in own.values():
        window = int(((values >= v.min()) & (values <= v.max())).sum())
        inside, others = inside + window - len(v), others + len(values) - len(v)
        # So many rows of this name among those within its range, and that anywhere.
        places = math.log(len(values) - window + 1)
        seldom = places + log_choose(window, len(v)) - log_choose(len(values), len(v))
        chances.append(min(0.0, seldom))
    # The last range is what the others leave.
    within = 0.0 if key.dtype == np.float64 else WITHIN  # numbers may rise with others
    if inside > within * others or sum(sorted(chances)[:-1]) > least:
        return None
    return dict(sorted(own.items(), key=lambda pair: (pair[1].min(), pair[1].max())))
