"""Names for nothing, as of no ligand, and the amounts that are 0 with them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..reading.table import Values, show_number
from ..reading.ways import Ways
from .paired import log_choose
from .remark import Remark, told_together

_NOTHING = re.compile(
    r"[-\u2013\u2014]|(no(?!\. ?\d)|none|nothing|without|w/o|blank|absent|control|untreated|vehicle"
    r"|placebo|ohne|keine?|keiner|sans|aucun|sin|ninguno)\b.*",
    re.IGNORECASE | re.DOTALL,
)
# So many designs without something, whose amounts would all be 0 by chance once in so many tables.
FEWEST, CHANCE = 3, 1000.0
# Where the names do not say so: so many designs on both sides, and so many different amounts.
FEWEST_UNNAMED, FEWEST_AMOUNTS = 5, 3
MOST_NAMED = 6  # names are told, the others counted
# What is alone is a whole: all of it, or 100 %.
WHOLES = (1.0, 100.0)
ROUNDING = 1e-9


@dataclass(frozen=True)
class Absent:
    """An amount that is 0 in all designs that have none of something by its name.

    Attributes:
        name: the column of names.
        nothing: the names for nothing, as none, whose amounts are all 0; or others, as that of an
            optimizer without momentum, which have 0 and no others do.
        amount: the column of amounts.
        least: the least amount of designs with another name; 0 where some of these have 0, too.
        ruled: whether the amount is fixed or stands in a rule, so that the name follows from it.
    """

    name: str
    nothing: tuple[str, ...]
    amount: str
    least: float
    ruled: bool = False

    def keeps(self, values: Mapping[str, Values]) -> np.ndarray:
        """Which designs (n,) have 0 with these names, and other amounts with others, (n,) bool."""
        amount = values[self.amount]
        without, zero = np.isin(values[self.name], self.nothing), amount == 0
        kept: np.ndarray = (without == zero) if self.least else ~without | zero
        if self.ruled or not self.least:  # amounts can be below 0, too
            return kept
        return kept & (without | (amount >= self.least * (1 - ROUNDING)))

    def told(self, amount: str = "0") -> str:
        """What is true of all designs."""
        only = ", and nowhere else" if self.least else ""
        names = " or ".join(self.nothing[:MOST_NAMED])
        if more := len(self.nothing[MOST_NAMED:]):
            names += f" or {more} other{'s' if more > 1 else ''}"
        return f"In all designs {self.amount!r} is {amount} where {self.name!r} is {names}{only}"


def is_nothing(value: object) -> bool:
    """Whether a name says that there is none of something."""
    return bool(_NOTHING.fullmatch(str(value)))


def absences(columns: Mapping[str, Values]) -> list[Absent]:
    """Finds the amounts that are 0 with names for nothing, and are so by more than chance.

    Of other names it takes amounts that are 0 with some of them and never with the others.

    Args:
        columns: numbers or names of the distinct designs, (N,) each.
    """
    zeros = {name: v == 0 for name, v in columns.items() if v.dtype == np.float64}
    zeros = {name: at for name, at in zeros.items() if at.any() and not at.all()}
    nothing = {
        name: {
            value: (values == value, often)
            for value, often in sorted(Counter(values.tolist()).items())
            if is_nothing(value)
        }
        for name, values in columns.items()
        if values.dtype != np.float64
    }
    count = sum(len(own) for own in nothing.values())
    out = []
    for name, own in nothing.items():
        for amount, zero in zeros.items():
            tried = len(nothing) * len(zeros)
            if (parted := _parted(name, amount, columns, zero, tried)) is not None:
                out.append(parted)
                continue
            kept = {v: often for v, (at, often) in own.items() if not (at & ~zero).any()}
            n, z, m = len(zero), int(zero.sum()), sum(kept.values())
            if m < FEWEST:
                continue
            log = log_choose(z, m) - log_choose(n, m)
            if log > -math.log(CHANCE * count * len(zeros)):
                continue
            exact = m == z and columns[amount].min() == 0
            least = float(columns[amount][~zero].min()) if exact else 0.0
            often_first = sorted(kept, key=lambda value: -kept[value])
            out.append(Absent(name, tuple(often_first), amount, least))
    return out


def _parted(
    name: str, amount: str, columns: Mapping[str, Values], zero: np.ndarray, tried: int
) -> Absent | None:
    """An amount that is 0 (N,) with some names, and never with the others; None for any other.

    Args:
        name: of the column of names.
        amount: of the column of amounts.
        columns: both, (N,) each, and others.
        zero: where the amount is 0, (N,) bool.
        tried: how many pairs of columns are looked at.
    """
    names, amounts = columns[name], columns[amount]
    without = Counter(names[zero].tolist())
    if without.keys() & {*names[~zero].tolist()} or amounts.min() < 0:
        return None
    if min(zero.sum(), (~zero).sum()) < FEWEST_UNNAMED:
        return None
    if len(np.unique(amounts[~zero])) < FEWEST_AMOUNTS:
        return None
    # Of any names some may be those without.
    chance = len(set(names.tolist())) * math.log(2) - log_choose(len(zero), int(zero.sum()))
    if chance > -math.log(CHANCE * tried):
        return None
    often_first = sorted(without, key=lambda value: (-without[value], value))
    return Absent(name, tuple(often_first), amount, float(amounts[~zero].min()))


def kept_remarks(absent: Sequence[Absent], ways: Ways) -> list[Remark]:
    """Says which amounts are 0 with names for nothing in proposals, too, and the way out."""
    out = []
    for own in absent:
        rest = f", and {show_number(own.least)} or more elsewhere" if own.least else ""
        least = "" if own.ruled else rest
        way = ways("number", own.amount)
        told = f"{own.told()}: so it is in every proposal{least} ({way} gives that up)."
        out.append(Remark(told, (own.name, own.amount)))
    return out


def kept_together(absent: Sequence[Absent]) -> list[set[str]]:
    """Pairs of columns that proposals keep together: two names with one amount are one, too."""
    pairs = [{own.name, own.amount} for own in absent if own.least]
    shared = [one ^ other for one in pairs for other in pairs if len(one & other) == 1]
    return [{own.name, own.amount} for own in absent] + shared


def nothing_remarks(
    columns: Mapping[str, Values],
    kept: Collection[set[str]],
    said: Collection[str],
    ways: Ways,
) -> list[Remark]:
    """Names amounts that are 0, or all, with names for nothing, which proposals need not keep.

    Args:
        columns: numbers or names of the distinct designs, (N,) each.
        kept: pairs, or more, of columns that proposals keep together.
        said: remarks so far; what one says of both columns is not told again.
        ways: how options are typed.
    """
    numbers = {name: v for name, v in columns.items() if v.dtype == np.float64}
    wholes = {name: float(v.max()) for name, v in numbers.items() if v.max() in WHOLES}
    left = {name: wholes[name] - v if name in wholes else v for name, v in columns.items()}
    found = [(own, 0.0) for own in absences(columns)]
    found += [
        (own, wholes[own.amount])
        for own in absences(left)
        if own.amount in wholes and own.least and own.amount not in kept_with(own.name, kept)
    ]
    out = []
    for own, value in found:
        if told_together((own.name, own.amount), said):
            continue
        amount = show_number(value)
        side = ways.several("fix", [f"{own.name}={own.nothing[0]}", f"{own.amount}={amount}"])
        told = (
            f"{own.told(amount)}. Proposals need not keep that: pass over those that make no "
            f"sense, or search that side alone ({side})."
        )
        out.append(Remark(told, (own.name, own.amount)))
    return out


def kept_with(name: str, kept: Collection[set[str]]) -> set[str]:
    """The columns that proposals keep together with one, through others, too."""
    found = {name}
    for _ in kept:
        found |= {other for own in kept if own & found for other in own}
    return found
