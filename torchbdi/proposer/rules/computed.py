"""Which columns are computed from others in proposals, and what is told of those that are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product

import numpy as np

from ...kernels.errors import InputError
from ..columns.grids import Grid
from ..columns.precision import MAX_DECIMALS, digits_of, half_units, unit_of
from ..columns.remark import Remark
from ..columns.varying import fixed_number
from ..settings import Settings
from .asked import Asked
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
) -> dict[str, Derived]:
    """Columns of numbers that follow from others, and of which nobody has said anything.

    Args:
        asked: the columns, and what a person said of them.
        up: columns that are looked up: others may follow from these, and they themselves from one
            that is computed.
        remarks: what follows is added, and what does and is not kept to.
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
        return {}
    ways = asked.ways
    kept = _computable(formulas, asked.spoken, grids, settings)
    kept = _beside_looked_up(kept, up)
    sums = constant_sums({n: v for n, v in asked.not_free.items() if n not in up})
    while torn := kept.keys() & {
        name for r in sums if r.coefficients.keys() - kept.keys() for name in r.coefficients
    }:
        kept = {name: formula for name, formula in kept.items() if name not in torn}
        kept = _beside_looked_up(kept, up)
    for name, formula in formulas.items():
        if name in up and name not in kept:
            continue
        what = f"Column {name!r} is {formula} in every row"
        if name in kept:
            free = f"{ways('number', name)} makes it part of the design."
            remarks.append(f"{what}: so it is in every proposal. {free}")
        elif name not in settings.numbers:
            told = (
                f"{what}, and proposals do not keep to that. If {name!r} follows from the others, "
                f"leave it out ({ways('ignore', name)})."
            )
            remarks.append(Remark(told, (name, *formula.names), (name,), "equal"))
    exact = {name: _exact(formula, name, columns, half) for name, formula in kept.items()}
    return {name: Derived(own, grids[name], exact[name]) for name, own in kept.items()}


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
) -> dict[str, Formula]:  # fmt: skip
    """Those that have a number for all that the others may be: there is no share of nothing.

    Args:
        formulas: what columns are, each behind those that it is made of.
        spoken: columns that are part of the design.
        grids: of all columns.
        settings: the columns that are fixed.
    """
    out: dict[str, Formula] = {}
    ranges: dict[str, tuple[float, ...]] = {}
    for name, grid in grids.items():
        fixed = fixed_number(settings, name)
        ranges[name] = (grid.number.low, grid.number.high) if fixed is None else (fixed, fixed)
    for name, formula in formulas.items():
        own = [ranges[n] for n in formula.names]
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
    return out
