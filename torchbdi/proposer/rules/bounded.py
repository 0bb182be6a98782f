"""Bounds of columns that are computed: rules between what they are computed from."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ..reading.table import show_number
from ..reading.ways import Ways
from .derived import Formula
from .lines import Line
from .logarithms import Logarithm
from .powers import PowerLaw
from .shares import Share
from .shifted import Shifted

Ends = tuple[float, float]


def bounded_rules(
    formulas: Mapping[str, Formula],
    bounds: Mapping[str, tuple[float | None, float | None]],
    ranges: Mapping[str, Ends],
    searched: Collection[str],
    ways: Ways,
) -> dict[str, list[Linear]]:
    """Rules that keep columns that are computed within bounds that a person gave, by name.

    Args:
        formulas: what the columns are, those with bounds among them.
        bounds: of them, None for no end.
        ranges: what all columns can be, within the bounds of those that they are computed from.
        searched: the columns that are neither computed nor looked up.
        ways: how options are typed.

    Raises:
        InputError: what a column can be lies outside of its bounds, or no linear rule says them.
    """
    out = {}
    for name in formulas.keys() & bounds.keys():
        formula, own = formulas[name], ranges[name]
        least, most = bounds[name]
        low, high = -math.inf if least is None else least, math.inf if most is None else most
        free = ways("number", name)
        if own[1] < low or own[0] > high:
            raise InputError(
                f"bounds: column {name!r} is {formula} in every row, which is "
                f"{show_number(own[0])} to {show_number(own[1])} within the bounds of what it is "
                f"made of. Change the bounds of one of these; {free} gives the formula up."
            )
        # What the others leave anyway needs no rule.
        ends = (low if own[0] < low else -math.inf, high if own[1] > high else math.inf)
        if ends == (-math.inf, math.inf):
            continue
        rules = _rules(formula, *ends, {n: ranges[n] for n in formula.names})
        if rules is None or not {*formula.names} <= {*searched}:
            parts = formula.names
            wide = ways("bounds", f"{parts[0]}=LOW:HIGH")
            raise InputError(
                f"bounds: column {name!r} is {formula} in every row, and no linear rule between "
                "columns that are searched keeps it within its bounds. Give bounds to what it is "
                f"made of instead ({wide}); or {free} beside them makes it part of the design, "
                "and proposals do not keep to the formula then."
            )
        out[name] = rules
    return {name: out[name] for name in formulas if name in out}


def _rules(
    formula: Formula, low: float, high: float, ranges: Mapping[str, Ends]
) -> list[Linear] | None:
    """What says low <= formula <= high; None where that is not linear."""
    if isinstance(formula, Line):
        return _between(dict(formula.coefficients), formula.constant, {}, 1.0, low, high)
    if isinstance(formula, Share):
        above = {} if formula.over is None else {formula.over: formula.factor}
        constant = formula.factor if formula.over is None else 0.0
        return _between(above, constant, dict.fromkeys(formula.parts, 1.0), 0.0, low, high)
    if isinstance(formula, PowerLaw) and sorted(formula.powers.values()) == [-1.0, 1.0]:
        over, under = sorted(formula.names, key=lambda n: -formula.powers[n])
        return _between({over: formula.factor}, 0.0, {under: 1.0}, 0.0, low, high)
    if isinstance(formula, Shifted) and formula.other is not None:
        total, shift, f = {formula.of: 1.0}, formula.constant, formula.factor
        if (formula.power, formula.other_power) == (1.0, -1.0):
            return _between({formula.of: f}, f * shift, {formula.other: 1.0}, 0.0, low, high)
        if (formula.power, formula.other_power) == (-1.0, 1.0):
            return _between({formula.other: f}, 0.0, total, shift, low, high)
        return None
    if len(formula.names) > 1:
        return None
    return _of_one(formula, low, high, ranges[formula.names[0]])


def _between(
    above: Mapping[str, float], constant: float, below: Mapping[str, float], shift: float,
    low: float, high: float,
) -> list[Linear]:  # fmt: skip
    """The rules low <= (above + constant) / (below + shift) <= high, where below + shift > 0."""
    out = []
    for end, ends in ((low, (0.0, math.inf)), (high, (-math.inf, 0.0))):
        if math.isinf(end):
            continue
        terms = {n: above.get(n, 0.0) - end * below.get(n, 0.0) for n in (*above, *below)}
        terms = {n: v for n, v in terms.items() if v}
        rest = constant - end * shift
        if terms:
            out.append(Linear(terms, ends[0] - rest, ends[1] - rest))
    return out


def _of_one(formula: Formula, low: float, high: float, ends: Ends) -> list[Linear] | None:
    """The bounds of the one column that a formula is made of, which rises or falls with it."""
    (name,) = formula.names
    if isinstance(formula, PowerLaw) and ends[0] < 0:
        return None  # a square is least in the middle
    first, last = (float(v) for v in formula({name: np.array(ends)}))
    own = [_inverse(formula, end) for end in (low, high)]
    least, most = own if first <= last else own[::-1]
    infinite = (-math.inf, math.inf)
    least, most = (b if math.isnan(a) else a for a, b in zip((least, most), infinite, strict=True))
    return [Linear({name: 1.0}, least, most)]


def _inverse(formula: Formula, value: float) -> float:
    """The number of the one column that makes a formula a value; NaN for an infinite one."""
    if math.isinf(value):
        return math.nan
    if isinstance(formula, Logarithm):
        one, ten = (float(formula({formula.of: np.array([v])})[0]) for v in (1.0, 10.0))
        return float(10.0 ** ((value - one) / (ten - one)))
    assert isinstance(formula, PowerLaw | Shifted)
    power = formula.power if isinstance(formula, Shifted) else next(iter(formula.powers.values()))
    shift = formula.constant if isinstance(formula, Shifted) else 0.0
    return float((value / formula.factor) ** (1 / power)) - shift
