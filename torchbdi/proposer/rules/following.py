"""Which columns are looked up where a person has said nothing of them, and what is told of that."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...kernels.errors import InputError
from ..columns.column import class_name
from ..columns.naming import called_like_designs
from ..columns.nothing import absences
from ..columns.remark import Remark
from ..columns.rows import distinct
from ..columns.varying import fixed_number
from ..reading.table import parse_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .asked import Asked
from .equations import equations
from .looked_up import LookedUp, implied, looked_up

# More columns than these that follow from one of their own each, as coded levels, are told at once.
MOST_PAIRS = 3


def find_looked_up(asked: Asked, remarks: list[str]) -> dict[str, LookedUp]:
    """Columns that follow from another column, of which nobody has said anything.

    Args:
        asked: the columns, and what a person said of them.
        remarks: what follows is added, and what may follow.

    Raises:
        InputError: all other columns are fixed.
    """
    settings, ways, spoken = asked.settings, asked.ways, asked.spoken
    # What follows where some columns, those that are spoken of, stay parts of the design.
    of = partial(looked_up, asked.columns, asked.values, asked.grids, loose=_loose(asked))
    found, maybe = of(spoken)
    if settings.fix:
        remarks += fixed_remarks(of(spoken - settings.fix.keys())[0], settings.fix, ways)
    # Looked up as well, if it had no bounds, steps or rules.
    chosen = {*settings.fix, *settings.free, *settings.numbers, *settings.categories}
    others = of(chosen)[0] if spoken - chosen else {}
    if maybe or others:
        kept = [rule for some in equations(asked, asked.not_free) for rule in some]
        found, maybe = implied(found, kept), implied(maybe, kept)
        others = implied(others, [*kept, *(r for r in asked.given if r.is_equation)])
    found = _without_absent(asked, found)
    remarks += moving_remarks({n: others[n] for n in others if n in spoken}, settings, ways)
    if found and all(c.name in settings.fix for c in asked.columns if c.name not in found):
        told = "; ".join(f"{name!r} follows from {up.of!r}" for name, up in found.items())
        raise InputError(
            f"{asked.table.source}: no column is left that varies: {told}. Fix fewer columns "
            f"({ways.name('fix')}), or make one part of the design "
            f"({way_to_keep(dict([*found.items()][:1]), ways)})."
        )
    remarks += looked_up_remarks(found, ways)
    keys = {*asked.grids, *found}
    names = {n: up for n, up in maybe.items() if n not in found and up.of not in keys}
    remarks += doubtful_remarks(names, ways)
    return found


def _without_absent(asked: Asked, found: Mapping[str, LookedUp]) -> dict[str, LookedUp]:
    """Without amounts that are 0 with a name for nothing and that an equation makes of their key.

    Of a second solvent with its share, which is 100 less the first one's, both are searched: the
    equation keeps the share, which keeps the name.
    """
    pairs = {name: {name, up.of} for name, up in found.items() if up.of in asked.grids}
    if not pairs:
        return {**found}
    index, _ = distinct(asked.columns, asked.values)
    amounts = {own.amount for own in absences({n: v[index] for n, v in asked.values.items()})}
    if not amounts & pairs.keys():
        return {**found}
    kept = [{*rule.coefficients} for some in equations(asked, asked.not_free) for rule in some]
    apart = {name for name, pair in pairs.items() if name in amounts and pair in kept}
    return {name: up for name, up in found.items() if name not in apart}


def _loose(asked: Asked) -> set[str]:
    """Columns that may have other values than those of the table, whatever their grids say."""
    loose = {name for rule in asked.at_most for name in rule.names}
    loose |= {n for rule in asked.given if rule.is_equation for n in rule.coefficients}
    for name, wanted in asked.settings.fix.items():
        if name in asked.grids and wanted is not None:
            number = fixed_number(asked.settings, name)
            loose |= set() if number in asked.values[name].tolist() else {name}
    return loose


def _by_key(found: Mapping[str, LookedUp]) -> dict[str, list[str]]:
    """The columns that follow from each column that others are looked up by."""
    by: dict[str, list[str]] = {}
    for name, up in found.items():
        by.setdefault(up.of, []).append(name)
    return by


def looked_up_remarks(found: Mapping[str, LookedUp], ways: Ways) -> list[str]:
    """Says which columns are looked up, and how they are made part of the design."""
    by = _by_key(found)
    single = {key: names[0] for key, names in by.items() if len(names) == 1}
    pairs = {key: name for key, name in single.items() if found[name].grid is not None}
    out = []
    if len(pairs) > MOST_PAIRS:
        (key, name), *_ = pairs.items()
        kept = way_to_keep({"NAME": found[name]}, ways)
        out.append(
            f"Columns {listed([*pairs.values()])} follow each from one of {listed([*pairs])}: rows "
            f"with the same {key!r} have the same {name!r}, and so have proposals, and so on. "
            f"{kept} makes one part of the design."
        )
        by = {key: names for key, names in by.items() if key not in pairs}
    for key, names in by.items():
        own, one = {name: found[name] for name in names}, len(names) == 1
        way = ""
        if called_like_designs(key):
            way = f" If {key!r} only names what others make, leave it out ({ways('ignore', key)})."
        out.append(
            f"{'Column' if one else 'Columns'} {listed(names)} {'follows' if one else 'follow'} "
            f"from {key!r}: rows with the same {key!r} have the same "
            f"{repr(names[0]) if one else 'values there'}, and so have proposals. "
            f"{way_to_keep(own, ways)} makes "
            f"{'it' if one else 'them'} part of the design.{way}"
        )
    return out


def doubtful_remarks(found: Mapping[str, LookedUp], ways: Ways) -> list[Remark]:
    """Says which columns may follow from names of which there are few designs each."""
    out = []
    for key, names in _by_key(found).items():
        told = (
            f"All rows with the same {key!r} have the same {listed(names)}, but they are too few "
            "to be sure, and proposals do not keep to that. Leave out what cannot be chosen: "
            f"properties of {key!r} ({ways.several('ignore', names)}), or {key!r} itself, if it "
            f"only names what the others make ({ways('ignore', key)})."
        )
        out.append(Remark(told, (key, *names), (key, *names), "follows"))
    return out


def fixed_remarks(
    found: Mapping[str, LookedUp], fixed: Mapping[str, float | str | None], ways: Ways
) -> list[Remark]:
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
        known = [class_name(k) for k in keys]
        told = (
            f"Column {name!r}, which is fixed at {value}, follows from {up.of!r}, and {value} goes "
            f"with {listed(known, 4)} alone. Proposals need not keep that: fix {up.of!r}, too "
            f"({ways('fix', f'{up.of}={known[0]}')})."
        )
        out.append(Remark(told, (name, up.of)))
    return out


def moving_remarks(found: Mapping[str, LookedUp], settings: Settings, ways: Ways) -> list[Remark]:
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
        known = [class_name(k) for k in inside or up.keys.tolist()]
        one = f"{ways('fix', f'{up.of}={known[0]}')} chooses one {up.of!r}, and "
        told = (
            f"Column {name!r}, of which bounds, steps or a rule were given, follows from "
            f"{up.of!r}: rows with the same {up.of!r} have the same {name!r}. Proposals need not "
            f"keep that. Without what was given they do; {'' if up.of in settings.fix else one}"
            f"{ways('number', name)} says that {name!r} is free."
        )
        out.append(Remark(told, (name, up.of)))
    return out


def way_to_keep(found: Mapping[str, LookedUp], ways: Ways) -> str:
    """How columns that are looked up are made part of the design."""
    kinds = {
        "number": [name for name, up in found.items() if up.grid is not None],
        "category": [name for name, up in found.items() if up.grid is None],
    }
    own = [ways.several(option, names) for option, names in kinds.items() if names]
    return (" " if ways.typed else ", ").join(own)
