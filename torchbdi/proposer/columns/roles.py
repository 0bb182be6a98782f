"""What every column of a table is, and its values as that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from ...kernels.errors import InputError
from ..reading.monomers import ask_of_monomers
from ..reading.sequences import one_case
from ..reading.table import Table, Values, parse_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .bookkeeping import says_what_is_done
from .column import as_category, classes_of, numbers_of
from .counting import is_order
from .exports import recorded_by
from .failed import says_how_it_ended
from .kinds import Kind, guess_kind
from .naming import names_of_designs
from .places import places
from .proposed import added_by_propose
from .remark import Remark
from .rows import missing_cells
from .verdicts import are_remarks


def kinds_of(
    table: Table,
    settings: Settings,
    ways: Ways,
    complaints: list[str],
    remarks: list[str],
    candidate: np.ndarray,
) -> dict[str, Kind]:
    """What each column is; what cannot be told is complained of and left out of the answer.

    Args:
        table: the designs.
        settings: the person's choices.
        ways: how options are typed.
        complaints: what cannot be told is added.
        remarks: what was found is added.
        candidate: which rows have no score yet, (N,) bool.
    """
    gone = missing_cells(table, settings)
    added = added_by_propose(table.columns)
    program, recorded = recorded_by([name for name in table.columns if name not in added])
    kinds: dict[str, Kind] = {}
    unread: dict[str, str] = {}
    for name in table.columns:
        there = ~gone[name] if name in gone else np.ones(len(table), bool)
        kind = _asked_for(table, name, there, settings)
        if kind is None and name in (*added, *recorded):
            kind = Kind("none")
        try:
            kinds[name] = kind or _seen(table, name, there, candidate, settings, ways)
        except InputError as error:
            unread[name] = str(error)
    kinds.update(_names(table, gone, kinds, unread, settings, ways))
    complaints += [text for name, text in unread.items() if name not in kinds]
    kinds.update(_whole_settings(table, kinds, ways))
    if kinds and not complaints and all(kind.kind == "none" for kind in kinds.values()):
        kinds.update(_alone(table, kinds, (*added, *recorded)))
    kinds.update(_written(added, "propose wrote beside its proposals", kinds, ways))
    kinds.update(_written(recorded, f"{program} records of runs", kinds, ways))
    # What was taken for sequences is told of all that vary; it is no news where it was said.
    remarks += dict.fromkeys(kind.remark for kind in kinds.values() if kind.remark)
    return kinds


def _asked_for(table: Table, name: str, there: np.ndarray, settings: Settings) -> Kind | None:
    """What the person says that a column is; None where nothing is said."""
    if name in settings.sequences:
        return Kind("sequence")
    if name in settings.categories or name in table.categories:
        return Kind("category")
    bounded = name in settings.bounds and _all_numbers(table.columns[name][there])
    if name in settings.numbers or name in settings.steps or bounded:
        return Kind("number")
    return None


def _seen(
    table: Table,
    name: str,
    there: np.ndarray,
    candidate: np.ndarray,
    settings: Settings,
    ways: Ways,
) -> Kind:
    """What a column is by its cells; there (N,) bool says which of them are not missing."""
    cells = table.columns[name]
    if len(table) and not there.any():
        remark = f"Column {name!r} is empty in all rows that count: it was left out."
        if table.source.lower().endswith((".xlsx", ".xlsm")):
            remark += " Formulas that no spreadsheet has computed yet look so."
        return Kind("none", remark)
    if said := _said(name, cells, there, candidate):
        way = ways("number" if cells.dtype == np.float64 else "category", name)
        return Kind(
            "none",
            f"Column {name!r} {said}, and nothing that can be chosen: it was left out; {way} makes "
            "it part of the design.",
        )
    if 2 * there.sum() < len(table):
        # Its missing cells are complained of, and it can be left out; no need to know more.
        return Kind("category")
    return _guessed(table, name, there, settings, ways)


def _said(name: str, cells: Values, there: np.ndarray, candidate: np.ndarray) -> str:
    """What a column says of rows or their results, and not of designs; "" where it does not."""
    if says_what_is_done(name, cells, candidate):
        return "says which rows have a score"
    if says_how_it_ended(name, cells[there]):
        return "says how rows ended"
    return "holds remarks on the rows" if are_remarks(name, cells, there) else ""


def _whole_settings(table: Table, kinds: Mapping[str, Kind], ways: Ways) -> dict[str, Kind]:
    """Columns that have each of their numbers once, in different orders: no numbers of rows.

    They are a Latin hypercube over whole numbers.
    """
    once = [n for n, k in kinds.items() if k.once and not is_order(n)]
    if len(once) < 2 or not _different(table, once):
        return {}
    told = {name: listed([n for n in once if n != name], 3) for name in once}
    return {
        name: Kind(
            "number",
            Remark(
                f"Column {name!r} has each of its numbers once, as {others}: it was kept; "
                f"{ways('ignore', name)} leaves it out.",
                (name,),
                (name,),
            ),
        )
        for name, others in told.items()
    }


def _alone(table: Table, kinds: Mapping[str, Kind], added: Collection[str]) -> dict[str, Kind]:
    """A single column that counts is what there is to choose, where all are left out."""
    kept = {}
    for name, kind in kinds.items():
        if name not in added and _all_numbers(table.columns[name]):
            remark = kind.remark.replace(": it was left out; ", ". It was left out; ")
            remark = remark.replace("It was left out; ", "There is no other, so it is kept; ")
            kept[name] = replace(kind, kind="number", remark=remark)
    return kept


def _written(
    names: Collection[str], what: str, kinds: Mapping[str, Kind], ways: Ways
) -> dict[str, Kind]:
    """Those columns that a program wrote, told of all at once; ``what`` says which and when."""
    told = [name for name in names if kinds[name].kind == "none"]
    if not told:
        return {}
    which = "column is" if len(told) == 1 else f"{len(told)} columns are"
    name = told[0] if len(told) == 1 else "NAME"
    remark = (
        f"{listed(told)}: {which} what {what}, and nothing that can be chosen. Left out; "
        f"{ways('number', name)} makes one part of the design."
    )
    return dict.fromkeys(told, Kind("none", remark))


def _names(
    table: Table,
    gone: Mapping[str, np.ndarray],
    kinds: Mapping[str, Kind],
    unread: Collection[str],
    settings: Settings,
    ways: Ways,
) -> dict[str, Kind]:
    """The columns that name designs, or have a place for each row on a plate or in a field."""
    guessed = {name: kind.kind for name, kind in kinds.items() if kind.kind != "none"}
    guessed |= dict.fromkeys(unread, "")
    columns = {name: cells for name, cells in table.columns.items() if name in guessed}
    open_ = [n for n in columns if n not in settings.named and n not in table.categories]
    told = places(table.columns, open_, ways) if table.named else {}
    if told.keys() == columns.keys():
        told = {}  # there is nothing else to choose
    columns = {name: cells for name, cells in columns.items() if name not in told}
    if not table.named:  # whoever gives an array has chosen its numbers
        open_ = [n for n in open_ if guessed[n] != "number"]
    told |= names_of_designs(columns, gone, guessed, [n for n in open_ if n not in told], ways)
    return {name: Kind("none", remark) for name, remark in told.items()}


def _guessed(table: Table, name: str, there: np.ndarray, settings: Settings, ways: Ways) -> Kind:
    """What a column is, by the cells that are there, (N,) bool.

    What has a unit counts no rows, nor does what has gaps, unless their rows are left out, or are
    the last ones: to those of a later round a person hardly writes on what propose left out.
    """
    cells, rows = table.columns[name][there], table.rows[there]
    named = table.named and name not in table.form.units
    whole = not there[int(there.sum()) :].any()
    kind = guess_kind(name, cells, rows, ways, named, whole or settings.drop_missing)
    if whole or kind.kind != "none":
        return kind
    try:
        otherwise = guess_kind(name, cells, rows, ways, named, whole=False).kind
    except InputError:
        otherwise = ""
    return replace(kind, gaps=otherwise != "none")


def _different(table: Table, names: list[str]) -> bool:
    """Whether no two columns of numbers from 0 or 1 on are the same order, or the reverse."""
    own = np.array([[float(parse_number(str(v)) or 0) for v in table.columns[n]] for n in names])
    orders = own - own.min(1, keepdims=True)
    both = [*orders.tolist(), *(orders.max() - orders).tolist()]
    return len({tuple(order) for order in both}) == len(both)


def _all_numbers(cells: Values) -> bool:
    return cells.dtype == np.float64 or all(parse_number(v) is not None for v in cells.tolist())


def values_of(
    table: Table, kinds: Mapping[str, Kind], settings: Settings, ways: Ways, complaints: list[str]
) -> dict[str, Values]:
    """The columns as what they are, (N,) each; what is wrong with them is complained of."""
    own: dict[str, Values] = {}
    for name, cells in table.columns.items():
        if name not in kinds:
            continue
        try:
            if kinds[name].kind == "number":
                own[name] = numbers_of(name, cells, table.rows, ways)
            elif name in settings.bounds:
                raise InputError(f"bounds: column {name!r} holds no numbers.")
            elif kinds[name].kind == "sequence":
                ask_of_monomers(name, cells, table.rows, ways)
                own[name] = one_case(as_category(cells))
                if len(cells):
                    classes_of(name, own[name], table.rows, True, ways)
            else:
                own[name] = as_category(cells)
        except InputError as error:
            complaints.append(str(error))
    return own
