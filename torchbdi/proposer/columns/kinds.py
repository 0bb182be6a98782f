"""What a column is, where nobody has said so: numbers, names, sequences, or no part of a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...kernels.errors import InputError
from ..reading.monomers import ask_of_monomers, monomer_of, what_to_do
from ..reading.orders import ask_of_orders
from ..reading.sequences import (
    DNA,
    ask_of_lengths,
    ask_of_odd_ones,
    ask_of_open_letters,
    odd_ones,
    sequence_letters,
    surely_sequences,
    without_caps,
)
from ..reading.table import Values, parse_number, show_number
from ..reading.ways import IN_PYTHON, Ways, listed
from .bookkeeping import kept_of_runs, may_be_batches
from .codes import ask_of_codes, ask_of_powers, is_code, short_codes, versions
from .column import numbers_of
from .counting import ONCE, names_samples, row_number
from .dates import are_dates, are_times, is_date_number
from .remedies import remedy_of
from .units import ask_of_units
from .verdicts import may_be_turns, said_of_rows

# A text column with more different values is not taken for a category unasked.
MAX_CATEGORIES = 50


@dataclass(frozen=True)
class Kind:
    """What a column is.

    Attributes:
        kind: "number", "category", "sequence", or "none" for what is no part of a design.
        remark: what to tell of it, "" for nothing.
        once: whether it is left out because it has each number once, in some order.
        gaps: whether rows in which it is empty are left out, although it is no part of a design.
    """

    kind: str
    remark: str = ""
    once: bool = False
    gaps: bool = False


def left_out_told(kinds: Mapping[str, Kind]) -> str:
    """Which columns are no part of a design, to end a message; "" where all are."""
    left = dict.fromkeys(kind.remark for kind in kinds.values() if kind.kind == "none")
    return f" Left out: {' '.join(left)}" if left else ""


def guess_kind(
    name: str,
    values: Values,
    rows: np.ndarray,
    ways: Ways = IN_PYTHON,
    named: bool = True,
    whole: bool = True,
) -> Kind:
    """What a column is.

    Args:
        name: of the column.
        values: its cells, none missing.
        rows: their numbers, for messages.
        ways: how options are typed.
        named: whether a person named the columns; only then can one be a row number.
        whole: whether no cell is missing, or their rows are left out: what has gaps counts no rows.

    Raises:
        InputError: it cannot be told; the message says how to say what it is.
    """
    numbers = (
        list(values)
        if values.dtype == np.float64
        else [parse_number(text) for text in values.tolist()]
    )
    readable = sum(number is not None for number in numbers)
    if named and (what := kept_of_runs(name, values) or said_of_rows(name, values)):
        way = ways("number" if readable == len(values) else "category", name)
        return Kind(
            "none",
            f"Column {name!r} says {what}, and nothing that can be chosen: it was left out; {way} "
            "makes it part of the design.",
        )
    few = readable == len(values) or len(set(values.tolist())) <= MAX_CATEGORIES
    if named and few and may_be_turns(name, values):
        what = "number" if readable == len(values) else "category"
        return Kind(
            what,
            f"Column {name!r} goes up one by one in the order of the rows. If it says when a row "
            f"was made, and nothing that can be chosen, leave it out ({ways('ignore', name)}); "
            f"{ways(what, name)} says that it is part of the design.",
        )
    if named and readable == len(values) and may_be_batches(name, values):
        return Kind(
            "number",
            f"Column {name!r} was taken for how large batches are. If it says in which one a row "
            f"was made, and nothing that can be chosen, leave it out ({ways('ignore', name)}); "
            f"{ways('number', name)} says that it is part of the design.",
        )
    named = named and whole
    if readable == len(values):
        own = np.array(numbers, dtype=np.float64)
        kind = _of_numbers(name, own, rows, ways, named)
        if kind.kind == "number":
            ask_of_orders(name, set(map(show_number, own.tolist())), ways)
            ask_of_codes(name, values, ways)
            ask_of_powers(name, values, ways)
            told = short_codes(name, values, ways) or versions(name, values, ways)
            if told and not kind.remark:
                return Kind("number", told)
        return kind
    if 2 * readable > len(values):
        numbers_of(name, values, rows, ways)  # raises, and names the cell
    return _of_texts(name, values, rows, ways, named)


def _of_texts(name: str, values: Values, rows: np.ndarray, ways: Ways, named: bool) -> Kind:
    different = set(values.tolist())
    if named:
        ask_of_units(name, values, rows, ways)
    if are_dates(different):
        return Kind(
            "none",
            f"Column {name!r} holds dates, which nobody can choose again: it was left out; "
            f"{ways('category', name)} keeps it.",
        )
    if are_times(different):
        return Kind(
            "none",
            f"Column {name!r} holds times such as {values[0]!r}: it was left out. If they can be "
            f"chosen, write them as numbers, such as hours; {ways('category', name)} keeps them "
            "as names.",
        )
    if named and len(different) < len(values) and names_samples(name, different):
        return Kind(
            "none",
            f"Column {name!r} holds names of samples, such as {values[0][:40]!r}, and nothing that "
            f"can be chosen: it was left out; {ways('category', name)} keeps it.",
        )
    unit = monomer_of(different)
    core = without_caps(different)
    sure = not unit and surely_sequences(core)
    if not sure and len(different) <= min(MAX_CATEGORIES, len(values) // 2):
        return Kind("category")
    ask_of_orders(name, different, ways)
    if sure:
        return _sequence(name, values, rows, ways)
    if unit and len(different) == len(values):
        return Kind(
            "none",
            f"Column {name!r} has a text of its own in every row, such as {values[0][:40]!r}: it "
            f"was left out. If it can be chosen: {what_to_do(unit)}.",
        )
    ask_of_monomers(name, values, rows, ways)
    if sequence_letters(core):
        return _sequence(name, values, rows, ways)
    ask_of_lengths(name, different, ways)
    ask_of_odd_ones(name, values, rows, ways)
    remedy = remedy_of(different)
    equal = len({len(text) for text in different}) == 1
    if len(different) == len(values):
        way = f"{ways('category', name)} keeps it."
        if equal:
            way = f"{ways('category', name)} or {ways('sequence', name)} keeps it."
        if remedy:
            way = f"{ways('category', name)} keeps it. Its texts are {remedy.what}: if no other "
            way += f"column says what was made, {remedy.instead}."
        return Kind(
            "none",
            f"Column {name!r} has a text of its own in every row, such as {values[0][:40]!r}: it "
            f"was left out as a name; {way}",
        )
    if remedy:
        raise InputError(
            f"column {name!r} has {remedy.what}, such as {remedy.example[:40]!r}, {len(different)} "
            f"different ones in {len(values)} rows, and no {remedy.each} tells what another one "
            f"does. To search over {remedy.over}, {remedy.instead}. Or leave the column out "
            f"({ways('ignore', name)}), or say that each {remedy.each} is a name "
            f"({ways('category', name)})."
        )
    raise InputError(
        f"column {name!r} holds text with {len(different)} different values in {len(values)} rows "
        f"(row {rows[0]}: {values[0][:40]!r}): too many for a category, and no sequences over "
        f"letters of DNA or protein. Leave it out ({ways('ignore', name)}), or say that it is a "
        f"category ({ways('category', name)})"
        + (f" or a sequence ({ways('sequence', name)})." if equal else ".")
    )


def _of_numbers(name: str, numbers: np.ndarray, rows: np.ndarray, ways: Ways, named: bool) -> Kind:
    if named and (why := row_number(name, numbers, rows)):
        return Kind(
            "none",
            f"Column {name!r} is probably a row number: {why}. It was left out; "
            f"{ways('number', name)} makes it part of the design.",
            why.startswith(ONCE),
        )
    if named and is_date_number(name, numbers):
        return Kind(
            "none",
            f"Column {name!r} holds dates (such as {show_number(numbers[0])}), which nobody can "
            f"choose again: it was left out; {ways('number', name)} makes numbers of them.",
        )
    # Of two codes none is between.
    if named and is_code(name) and (numbers % 1 == 0).all() and len(np.unique(numbers)) > 2:
        return Kind(
            "number",
            f"Column {name!r} holds whole numbers and is called like codes: they are taken for "
            f"amounts, of which near ones are alike. If they are names, say "
            f"{ways('category', name)}; if they only number samples or designs, leave it out "
            f"({ways('ignore', name)}); {ways('number', name)} says that they are numbers.",
        )
    return Kind("number")


def _sequence(name: str, values: Values, rows: np.ndarray, ways: Ways) -> Kind:
    core = without_caps(values.tolist())
    ask_of_open_letters(name, np.array(core, dtype=object), rows, ways)
    texts = set(core)
    letters = sequence_letters(texts)
    told = f"Column {name!r} was taken for sequences over {letters}."
    if set(letters) <= DNA and {"T", "U"} <= set(letters):
        told += " T and U both occur, so proposals mix DNA and RNA: write them alike."
    if not set(letters) <= DNA and (odd := odd_ones(texts, dna=True)):
        told += f" All but {listed(odd, 4)} are DNA or RNA: mend these if they are slips."
    return Kind("sequence", told)
