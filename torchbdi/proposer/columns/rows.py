"""Which rows of a table are used: those that are complete, and each design once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from ..digits import figures, places_of, short
from ..reading.table import MISSING, Table, Values, is_no_name, is_no_number, missing, parse_number
from ..reading.ways import Ways
from ..settings import Settings
from .column import Classes, Numbers

# Parts of a whole that are written with few digits add up to it within this share.
_WHOLE = 0.015


def missing_cells(table: Table, settings: Settings) -> dict[str, np.ndarray]:
    """Which cells of each column are missing, (N,) bool, for the columns where some are.

    In a column that the person calls a category only an empty cell is: NA may be a name. Among
    numbers a dash, a question mark and the like are, too; among names the errors of spreadsheets.
    """
    gone = {
        name: missing(values, frozenset({""}) if name in settings.categories else MISSING)
        for name, values in table.columns.items()
    }
    for name, values in table.columns.items():
        if values.dtype == object and name not in (*settings.categories, *settings.sequences):
            words = {cell for cell in set(values.tolist()) if is_no_number(cell)}
            if not _are_numbers(values):
                words = {cell for cell in words if cell in MISSING or is_no_name(cell)}
            if not words <= MISSING:
                gone[name] = missing(values, frozenset(words))
    return {name: mask for name, mask in gone.items() if mask.any()}


def _are_numbers(values: Values) -> bool:
    """Whether cells are numbers: most of them, or all that say anything, hardly one of them twice.

    Amounts of which there is mostly none are some; a word beside a few levels is one of these.
    """
    numbers = [cell for cell in values.tolist() if parse_number(cell) is not None]
    if 2 * len(numbers) > len(values):
        return True
    others = set(values.tolist()) - set(numbers)
    return 2 * len(set(numbers)) > len(numbers) and all(map(is_no_number, others))


def missing_message(table: Table, gone: Mapping[str, np.ndarray], score: str, ways: Ways) -> str:
    """What to say of missing cells, the way out that leaves out least coming first.

    Args:
        table: the columns.
        gone: which cells are missing, by column; the score may be among them.
        score: its name.
        ways: how options are typed.
    """
    rows = np.logical_or.reduce(list(gone.values()))
    where = ", ".join(
        f"{name!r} ({mask.sum()}, first in row {table.rows[mask.argmax()]})"
        for name, mask in list(gone.items())[:10]
    )
    sparse = [name for name, mask in gone.items() if 2 * mask.sum() > len(rows) and name != score]
    others = [name for name in gone if name not in sparse and name != score]
    steps = []
    if (whole := _whole_without(table, gone)) is not None:
        steps.append(f"write 0 into these cells, with which all rows add up to {short(whole)}")
    elif block := _block({name: mask for name, mask in gone.items() if name != score}):
        steps.append(
            f"repeat the cell above where each {block} rows are one design, as of merged cells"
        )
    elif any(_are_amounts(table.columns[name][~gone[name]]) for name in sparse):
        steps.append("write 0 where such a cell means that there is none of it")
    marks = [set(table.columns[name][~gone[name]].tolist()) for name in (*sparse, *others)]
    if mark := next((m for m in marks if len(m) == 1 and isinstance(min(m), str)), None):
        steps.append(f"write no where such a cell stands beside {min(mark)!r} alone and means that")
    if sparse:
        told = ways.several("ignore", sparse[:5])
        told += " and so on" if len(sparse) > 5 else ""
        steps.append(f"leave out what is mostly empty ({told})")
    for name in others:
        words = sorted({str(v) for v in table.columns[name][gone[name]]} - {"", "nan"})
        if words and table.columns[name].dtype == object:
            steps.append(f"keep {words[0]!r} as a name ({ways('category', name)})")
    if others:
        told = ", ".join(ways("ignore", name) for name in others[:5])
        steps.append(f"leave a column out ({told})")
    if score in gone:
        for what, how in (("leave its row out", "out"), ("choose among such rows", "candidate")):
            steps.append(f"where the score is missing, {what} ({ways('take', '=' + how)})")
    keeps = len(rows) - int(rows.sum())
    steps.append(f"leave these rows out ({ways('drop-missing')}, which keeps {keeps} rows)")
    return (
        f"{table.source}: {rows.sum()} of {len(rows)} rows have missing cells, in columns {where}. "
        f"Fill them in, or {'; or '.join(steps)}."
    )


def _whole_without(table: Table, gone: Mapping[str, np.ndarray]) -> float | None:
    """What the amounts in columns with gaps add up to in all rows, where they add up to the same.

    Args:
        table: the columns.
        gone: which cells are missing, (N,) bool, by column.
    """
    total, parts = np.zeros(len(table)), 0
    for name, mask in gone.items():
        cells = table.columns.get(name)
        if cells is not None and _are_amounts(cells[~mask]):
            own = cells[~mask]
            if own.dtype != np.float64:
                own = np.array([float(parse_number(cell) or 0) for cell in own.tolist()])
            total[~mask] += own
            parts += 1
    alike = np.ptp(total) <= _WHOLE * total.mean()
    return float(np.median(total)) if parts > 1 and alike and total.any() else None


def _block(gone: Mapping[str, np.ndarray]) -> int:
    """Of how many rows each the first alone has cells in columns with gaps; 0 where that varies.

    Args:
        gone: which cells are missing, (N,) bool, by column.
    """
    masks = list(gone.values())
    if len(masks) < 2 or any((mask != masks[0]).any() for mask in masks):
        return 0
    filled = np.flatnonzero(~masks[0])
    sizes = np.diff([*filled, len(masks[0])])
    alike = len(filled) > 1 and filled[0] == 0 and sizes[0] > 1 and (sizes == sizes[0]).all()
    return int(sizes[0]) if alike else 0


def _are_amounts(cells: Values) -> bool:
    """Whether cells are amounts: numbers of which none is below 0."""
    if cells.dtype == np.float64:
        return bool(len(cells)) and bool((cells >= 0).all())
    numbers = [parse_number(cell) for cell in cells.tolist()]
    return bool(numbers) and all(v is not None and v >= 0 for v in numbers)


def distinct(
    columns: Sequence[Numbers | Classes], values: Mapping[str, Values]
) -> tuple[np.ndarray, np.ndarray]:
    """Finds equal designs.

    Args:
        columns: those that vary.
        values: of each column, (N,).

    Returns:
        Position of the first row of each distinct design, in the order of the table, (M,); and
        which of the M designs each row is, (N,).
    """
    groups = first_met(zip(*(values[c.name].tolist() for c in columns), strict=True))
    return np.unique(groups, return_index=True)[1], groups


def first_met(things: Iterable[Hashable]) -> np.ndarray:
    """Which of the different things each one is, (n,), numbered as they are first met."""
    number: dict[Hashable, int] = {}
    return np.array([number.setdefault(thing, len(number)) for thing in things], dtype=np.int64)


def merge_remark(
    table: Table,
    scores: np.ndarray,
    means: np.ndarray,
    groups: np.ndarray,
    remarks: list[str],
) -> None:
    """Says what was merged.

    Leaving out one of two equal rows would tell nothing: the other one predicts it. So each design
    counts once, and the scatter of its scores is told apart.
    """
    noise = scatter(scores, groups)
    if noise is None:
        return
    lowest, highest = np.full(len(means), np.inf), np.full(len(means), -np.inf)
    np.minimum.at(lowest, groups, scores)
    np.maximum.at(highest, groups, scores)
    worst = np.flatnonzero(groups == (highest - lowest).argmax())
    low, high = worst[scores[worst].argmin()], worst[scores[worst].argmax()]
    most, repeated = places_of(scores), len(scores) - len(means)
    rows = len(np.unique(table.rows))
    if rows < len(scores):  # a row can have several scores, and is no repetition of itself
        text = f"The {rows} rows have {len(scores)} scores. "
    else:
        text = (
            f"{repeated} of {rows} rows {'repeats' if repeated == 1 else 'repeat'} the design of "
            "another row. "
        )
    text += f"Each of the {len(means)} different designs counts once, with its mean score"
    if noise > 0:
        both = f"{figures(scores[low], most)} and {figures(scores[high], most)}"
        where = f"rows {table.rows[low]} and {table.rows[high]} with {both}"
        if table.rows[low] == table.rows[high]:
            where = f"{both} in row {table.rows[low]}"
        text += (
            f". The same design scatters by {short(noise)} (standard deviation); the widest apart "
            f"are {where}"
        )
    remarks.append(text + ".")


def scatter(scores: np.ndarray, groups: np.ndarray) -> float | None:
    """Standard deviation of scores (N,) within designs, whose numbers are groups (N,).

    None where all designs are different.
    """
    counts = np.bincount(groups)
    if len(counts) == len(scores):
        return None
    deviation = scores - (np.bincount(groups, scores) / counts)[groups]
    return float(np.sqrt((deviation**2).sum() / (len(scores) - len(counts))))
