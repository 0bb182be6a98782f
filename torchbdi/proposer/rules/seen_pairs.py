"""Names that stand together in some pairs alone: materials that a process can work."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np

from ...space.constraints import Linear, follows
from ..columns.column import class_name, level_codes
from ..columns.remark import Remark, told_together
from ..columns.suspects import UNLIKELY
from ..reading.table import Values
from ..reading.ways import Ways
from .looked_up import FEWER_DESIGNS, shared
from .looked_up import follows as is_looked_up

# So many pairs of columns are told, the others counted; at most this share of their pairs is there.
MOST, SHARE = 3, 0.6
# Pairs of which fewer designs than these are expected are not counted.
EXPECTED = 2.0


def seen_pair_remarks(
    columns: Mapping[str, Values],
    levels: Collection[str],
    fixed: Mapping[str, object],
    said: Collection[str],
    ways: Ways,
    rules: Sequence[Linear] = (),
    common: Mapping[str, tuple[str, Values]] | None = None,
    together: Collection[set[str]] = (),
) -> list[str]:
    """Names columns of names, or of few numbers, of which most pairs are in no design.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        levels: the columns of few numbers.
        fixed: columns that are fixed, with what at: where both are, nothing is told.
        said: earlier remarks: what one says of both is not told again.
        ways: how options are typed.
        rules: what proposals keep; pairs that one of two columns leaves out are not counted.
        common: columns that follow from one of these, which is named, (N,): where they follow from
            another one as well, these two go together, and no chance is asked for.
        together: columns that proposals have nothing of together: what is there is looked at.
    """
    keys = [n for n, v in columns.items() if v.dtype != np.float64 or n in levels]
    sets = [*combinations(keys, 2)]
    equations = [rule.coefficients for rule in rules if rule.is_equation]
    codes = {name: level_codes(columns[name]) for name in keys}
    out = list[str]()
    for a, b in sets:
        if {a, b} <= {*fixed} or told_together((a, b), said) or follows(a, [b], equations):
            continue
        some = _something(a, b, columns, together, equations)
        if not some.any():
            continue
        one, other = codes[a], codes[b]
        if not some.all():
            one, other = (np.unique(v[some], return_inverse=True)[1] for v in (one, other))
        counts = np.zeros((one.max() + 1, other.max() + 1))
        np.add.at(counts, (one, other), 1)
        # So many designs would be of each pair, had both been drawn; of few none is by chance.
        expected = np.outer(counts.sum(1), counts.sum(0)) / len(one)
        there, kept = counts > 0, np.ones(counts.shape, bool)
        for rule in rules:
            if set(rule.coefficients) == {a, b}:
                kept &= _keep(rule, a, b, columns, some)
        absent = float(expected[~there & kept & (expected >= EXPECTED)].sum())
        seldom = absent >= math.log(UNLIKELY * len(sets)) or _share_one(a, b, codes, common or {})
        if not seldom or there.sum() > SHARE * kept.sum():
            continue
        shown = [
            {a: class_name(va), b: class_name(vb)}
            for va, vb in zip(columns[a][some].tolist(), columns[b][some].tolist(), strict=True)
        ]
        # What is fixed already is not to be fixed at something else.
        fits = (row for row in shown if all(row[n] == str(fixed[n]) for n in row if n in fixed))
        one_pair = [f"{n}={v}" for n, v in next(fits, shown[0]).items()]
        told = (
            f"Designs have {there.sum()} of the {kept.sum()} pairs of {a!r} and {b!r}, and "
            "proposals do not keep to these. If the others cannot be made, pass over them, or "
            f"search one pair alone ({ways.several('fix', one_pair)})."
        )
        out.append(Remark(told, (a, b)))
    more = len(out) - MOST
    told = f"Of {'1 more pair' if more == 1 else f'{more} more pairs'} of columns that is so, too."
    return [*out[:MOST], *([told] if more > 0 else [])]


def _share_one(
    a: str, b: str, codes: Mapping[str, np.ndarray], common: Mapping[str, tuple[str, Values]]
) -> bool:
    """Whether what follows from one of two columns, with codes (N,), follows from the other one."""
    pairs = [(own, codes[b if of == a else a]) for of, own in common.values() if of in (a, b)]
    return any(is_looked_up(own, key) and shared(key, FEWER_DESIGNS) for own, key in pairs)


def _something(
    a: str,
    b: str,
    columns: Mapping[str, Values],
    together: Collection[set[str]],
    equations: Sequence[Mapping[str, float]],
) -> np.ndarray:
    """Which designs (N,) have something in two columns that have nothing together: all in others.

    None in two columns of names, of which one amount tells both. A name has nothing where its
    amount is 0, and so has what an equation makes of that amount alone.
    """
    if {a, b} in together:
        amounts = [columns[n] != 0 for n in (a, b) if columns[n].dtype == np.float64]
        there: np.ndarray = np.all(amounts, axis=0) if amounts else np.zeros(len(columns[a]), bool)
        return there
    for pair in together:
        for amount in pair - {a, b}:
            made = {a, b} - pair
            own = columns.get(amount)
            if own is None or own.dtype != np.float64 or len(made) != 1:
                continue
            if follows(next(iter(made)), [amount], equations):
                there = own != 0
                return there
    return np.ones(len(columns[a]), bool)


def _keep(
    rule: Linear, a: str, b: str, columns: Mapping[str, Values], some: np.ndarray
) -> np.ndarray:
    """Which pairs of the numbers of two columns in some designs (N,) keep a rule between these."""
    one, other = np.unique(columns[a][some]), np.unique(columns[b][some])
    total = rule.coefficients[a] * one[:, None] + rule.coefficients[b] * other
    kept: np.ndarray = (rule.low - 1e-9 <= total) & (total <= rule.high + 1e-9)
    return kept
