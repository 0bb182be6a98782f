"""Which columns are computed from others in proposals, and what is told of those that are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ..columns.grids import Grid
from ..columns.precision import MAX_DECIMALS, digits_of, half_units, unit_of
from ..columns.remark import Remark
from ..columns.varying import fixed_number
from ..settings import Settings
from .asked import Asked
from .bounded import bounded_rules
from .derived import Derived, Formula, derived_of
from .equations import equations
from .interactions import exact_within
from .looked_up import LookedUp
from .powers import PowerLaw
from .relations import constant_sums

# Both ends of more columns than these are too many combinations.
_MOST_ENDS = 12


def find_derived(
    asked: Asked, up: Mapping[str, LookedUp], remarks: list[str]
) -> tuple[dict[str, Derived], list[Linear]]:
    """Columns of numbers that follow from others, and of which nobody has said more than bounds.

    Args:
        asked: the columns, and what a person said of them.
        up: columns that are looked up: others may follow from these, and they themselves from one
            that is computed.
        remarks: what follows is added, and what does and is not kept to.

    Returns:
        What is computed, and the rules between other columns that keep it within its bounds.

    Raises:
        InputError: no such rules do.
    """
    cells, grids, settings = asked.table.columns, asked.grids, asked.settings
    columns = {name: asked.values[name] for name in grids}
    half = {name: half_units(cells[name], v) for name, v in columns.items()}
    formulas = derived_of(
        columns,
        half,
        {name: unit_of(cells[name]) for name in columns},
        {name: digits_of(cells[name]) or MAX_DECIMALS + 1 for name in columns},
        lambda own: [next(iter(rule.coefficients)) for rule in equations(asked, own)[1]],
        [name for name in columns if name in up and up[name].of not in columns],
    )
    if not formulas:
        return {}, []
    ways = asked.ways
    kept, ranges = _computable(formulas, asked.spoken - asked.bounded, grids, settings)
    kept = _beside_looked_up(kept, up)
    sums = constant_sums({n: v for n, v in asked.not_free.items() if n not in up})
    while torn := kept.keys() & {
        name for r in sums if r.coefficients.keys() - kept.keys() for name in r.coefficients
    }:
        kept = {name: formula for name, formula in kept.items() if name not in torn}
        kept = _beside_looked_up(kept, up)
    bounds = {name: settings.bounds[name] for name in kept.keys() & asked.bounded}
    searched = [name for name in grids if name not in {*kept, *up}]
    limits = bounded_rules(kept, bounds, ranges, searched, ways)
    for name, formula in formulas.items():
        if name in up and name not in kept:
            continue
        what = f"Column {name!r} is {formula} in every row"
        if name in kept:
            free = f"{ways('number', name)} makes it part of the design."
            rules = " and ".join(map(str, limits.get(name, [])))
            within = f", and within its bounds ({rules})" if rules else ""
            remarks.append(f"{what}: so it is in every proposal{within}. {free}")
        elif name not in settings.numbers:
            told = (
                f"{what}, and proposals do not keep to that. If {name!r} follows from the others, "
                f"leave it out ({ways('ignore', name)})."
            )
            remarks.append(Remark(told, (name, *formula.names), (name,), "equal"))
    exact = {name: _exact(formula, name, columns, half) for name, formula in kept.items()}
    found = {name: Derived(own, grids[name], exact[name]) for name, own in kept.items()}
    return found, [rule for rules in limits.values() for rule in rules]


def _exact(
    formula: Formula, name: str, columns: Mapping[str, np.ndarray], half: Mapping[str, np.ndarray]
) -> bool:
    """Whether sums and products, which may be, are in the table without a rounding."""
    own = columns[name]
    missed = np.abs(formula(columns) - own).max()
    return formula.signed and bool(missed <= exact_within(own, half[name]))


def _beside_looked_up(
    kept: Mapping[str, Formula], up: Mapping[str, LookedUp]
) -> dict[str, Formula]:
    """Without what others are looked up by, unless these are computed, too.

    A computed number may be one that the table does not have. What is looked up by a number that is
    not computed stays as it is.
    """
    out = dict(kept)
    while gone := {n for n in out if n in up and up[n].of not in out} | {
        own.of for name, own in up.items() if own.of in out and name not in out
    }:
        out = {name: formula for name, formula in out.items() if name not in gone}
    return out


def require_choice(asked: Asked, up: Collection[str], found: Mapping[str, Derived]) -> None:
    """Refuses fixed columns that leave nothing but what is computed from them.

    Args:
        asked: the columns, and what a person said of them.
        up: columns that are looked up.
        found: columns that are computed.

    Raises:
        InputError: it names the columns that are computed.
    """
    ways, rest = asked.ways, [c.name for c in asked.columns if c.name not in {*up, *found}]
    if found and all(name in asked.settings.fix for name in rest):
        told = "; ".join(f"{name!r} is {own.formula}" for name, own in found.items())
        raise InputError(
            f"no column is left that varies: {told}. Fix fewer columns ({ways.name('fix')}), or "
            f"make one part of the design ({ways('number', next(iter(found)))})."
        )


def _computable(
    formulas: Mapping[str, Formula], spoken: Collection[str], grids: Mapping[str, Grid],
    settings: Settings,
) -> tuple[dict[str, Formula], dict[str, tuple[float, float]]]:  # fmt: skip
    """Those that have a number for all that the others may be: there is no share of nothing.

    And what all columns can be.

    Args:
        formulas: what columns are, each behind those that it is made of.
        spoken: columns that are part of the design.
        grids: of all columns.
        settings: the columns that are fixed.
    """
    out: dict[str, Formula] = {}
    ranges: dict[str, tuple[float, float]] = {}
    for name, grid in grids.items():
        fixed = fixed_number(settings, name)
        ranges[name] = (grid.number.low, grid.number.high) if fixed is None else (fixed, fixed)
    for name, formula in formulas.items():
        own: list[tuple[float, ...]] = [ranges[n] for n in formula.names]
        signed = min(low for low, *_ in own) < 0
        if signed and isinstance(formula, PowerLaw):  # a square is least in the middle
            own = [(low, min(max(low, 0.0), high), high) for low, high in own]
        many = len(own) > _MOST_ENDS
        ends = np.array(list(zip(*own, strict=True) if many else product(*own)))
        with np.errstate(all="ignore"):
            made = formula(dict(zip(formula.names, ends.T, strict=True)))
        if name in spoken or (signed and not formula.signed) or not np.isfinite(made).all():
            continue
        out[name] = formula
        # What is made of it takes it as it is written: 0.004 can be 0.00.
        low, high = (float(grids[name].write(v)) for v in (made.min(), made.max()))
        ranges[name] = (-np.inf, np.inf) if many else (low, high)
    return out, ranges
