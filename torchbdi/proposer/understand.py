"""From a table as it came to what a design is; all that is wrong is said at once.

Nothing here needs torch: a table is refused in a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..kernels.errors import InputError
from ..space.constraints import Linear
from ..space.present import AtMost
from .columns import Classes, Numbers, as_category, classes_of, numbers_of, parse_bounds
from .grids import Grid
from .kinds import Kind, guess_kind, one_case
from .restrict import Restricted, restrict
from .room import room_of
from .rows import distinct, merge_remark, missing_cells, missing_message
from .scores import Scores, read_scores
from .settings import Settings
from .suspects import result_remarks, score_remarks, spelling_remark
from .table import Table, Values, parse_number, show_number
from .ways import Ways, listed

FEWEST_ROWS = 10
# How many designs are proposed where nobody says.
USUAL = 32


@dataclass(frozen=True)
class Understood:
    """A table whose columns are known.

    Attributes:
        table: the rows with a score that are used, as they came.
        score: its name.
        score_columns: the columns that it is read from.
        columns: those that vary.
        values: of those columns, at the distinct designs, (N,) each.
        constants: columns that are the same in every row, with that value.
        order: all columns of a design, in the order of the table.
        scores: mean score of each distinct design, (N,).
        rows: number of the first row of each distinct design, (N,).
        counts: rows of each, (N,).
        noise: standard deviation of scores of the same design; None without repetitions.
        fixed: columns that are fixed at a value, with that value.
        grids: what the columns of numbers can have, by name.
        rules: linear rules between columns of numbers.
        at_most: rules on how many parts are present.
        candidates: designs to choose from, the columns that vary, (M,) each; None for any design.
        candidate_rows: their rows, (M,).
        n: how many designs to propose.
        limits: the two values of a score that has no others, which predictions stay within; else
            None.
        remarks: what a person should know about the table, one sentence or two each.
    """

    table: Table
    score: str
    score_columns: tuple[str, ...]
    columns: tuple[Numbers | Classes, ...]
    values: Mapping[str, Values]
    constants: Mapping[str, float | str]
    order: tuple[str, ...]
    scores: np.ndarray
    rows: np.ndarray
    counts: np.ndarray
    noise: float | None
    fixed: Mapping[str, float | str]
    grids: Mapping[str, Grid]
    rules: tuple[Linear, ...]
    at_most: tuple[AtMost, ...]
    candidates: Mapping[str, Values] | None
    candidate_rows: np.ndarray
    n: int
    limits: tuple[float, float] | None
    remarks: tuple[str, ...]

    @property
    def restricted(self) -> bool:
        """Whether there is more than bounds: levels, steps or rules."""
        stepped = any(grid.number.discrete for grid in self.grids.values())
        return stepped or bool(self.rules or self.at_most)


def understand(
    table: Table, score: str, y: Values | Mapping[str, Values], settings: Settings
) -> Understood:
    """Checks a table and finds out what its columns are.

    Args:
        table: the designs, without the score.
        score: name of the score.
        y: the scores, (N,); or several columns of them by name, which are repetitions.
        settings: the person's choices.

    Raises:
        InputError: all that is wrong with the table, where, and what to do.
    """
    ways, remarks = Ways(table.typed), list(table.notes)
    scores = dict(y) if isinstance(y, Mapping) else {score: y}
    for name in scores:
        settings.check([*table.columns, *scores], name)
    complaints = [text for name, text in table.complaints.items() if name not in settings.ignore]
    table = table.only(
        name for name in table.columns
        if name not in settings.ignore and name not in table.complaints
    )  # fmt: skip
    read: Scores | None = None
    if not set(scores) & set(table.complaints):
        try:
            read = read_scores(table, scores, settings.takes, ways)
        except InputError as error:
            complaints.append(str(error))
    if read is not None:
        remarks += read.remarks
        used = ~np.isnan(read.numbers).all(1) | read.candidate | read.blank
        table = table.take(used)
        read = replace(
            read, numbers=read.numbers[used], candidate=read.candidate[used],
            blank=read.blank[used],
        )  # fmt: skip
    kinds = _kinds(table, settings, ways, complaints, remarks)
    table = table.only(name for name, kind in kinds.items() if kind.kind != "none")
    keep = _complete(table, score, read, settings, ways, complaints, remarks)
    table = table.take(keep)
    own = _columns(table, kinds, settings, ways, complaints)
    if complaints or read is None:
        raise InputError(_together(table.source, complaints))
    numbers, candidate = read.numbers[keep], read.candidate[keep]
    return _made(
        table, score, tuple(scores), numbers, candidate, own, kinds, settings, ways, remarks
    )


def _together(source: str, complaints: Sequence[str]) -> str:
    """One complaint as it is, several as a list."""
    if len(complaints) == 1:
        return complaints[0]
    return f"{source}: {len(complaints)} things are to be settled:\n" + "\n".join(
        f"  {i}. {text}" for i, text in enumerate(complaints, start=1)
    )


def _kinds(
    table: Table, settings: Settings, ways: Ways, complaints: list[str], remarks: list[str]
) -> dict[str, Kind]:
    """What each column is; what cannot be told is complained of and left out of the answer."""
    gone = missing_cells(table, settings)
    kinds: dict[str, Kind] = {}
    for name, cells in table.columns.items():
        there = ~gone[name] if name in gone else np.ones(len(table), bool)
        if name in settings.sequences:
            kinds[name] = Kind("sequence")
        elif name in settings.categories or name in table.categories:
            kinds[name] = Kind("category")
        elif (
            name in settings.numbers
            or name in settings.steps
            or (name in settings.bounds and _all_numbers(cells[there]))
        ):
            kinds[name] = Kind("number")
        elif len(table) and not there.any():
            kinds[name] = Kind("none", f"Column {name!r} has not a single cell: it was left out.")
        elif 2 * there.sum() < len(table):
            # Its missing cells are complained of, and it can be left out; no need to know more.
            kinds[name] = Kind("category")
        else:
            try:
                named = table.named and bool(there.all())
                kinds[name] = guess_kind(name, cells[there], table.rows[there], ways, named)
            except InputError as error:
                complaints.append(str(error))
    if kinds and not complaints and all(kind.kind == "none" for kind in kinds.values()):
        # A single column that counts is what there is to choose.
        for name, kind in kinds.items():
            if _all_numbers(table.columns[name]):
                kinds[name] = replace(kind, kind="number", remark=kind.remark.replace(
                    "It was left out; ", "There is no other, so it is kept; "))  # fmt: skip
    # What was taken for sequences is told of all that vary; it is no news where it was said.
    remarks += [kind.remark for kind in kinds.values() if kind.remark]
    return kinds


def _all_numbers(cells: Values) -> bool:
    return cells.dtype == np.float64 or all(parse_number(v) is not None for v in cells.tolist())


def _complete(
    table: Table,
    score: str,
    read: Scores | None,
    settings: Settings,
    ways: Ways,
    complaints: list[str],
    remarks: list[str],
) -> np.ndarray:
    """Which rows have all their cells, (N,) bool; others are complained of, or left out."""
    gone = missing_cells(table, settings)
    if read is not None and read.blank.any():
        gone[score] = read.blank
    if not gone:
        return np.ones(len(table), bool)
    rows = np.logical_or.reduce(list(gone.values()))
    if not settings.drop_missing:
        complaints.append(missing_message(table, gone, score, ways))
    else:
        told = ", ".join(f"{name!r} ({mask.sum()})" for name, mask in list(gone.items())[:10])
        remarks.append(
            f"{rows.sum()} of {len(rows)} rows were left out because cells are missing, in {told}."
        )
    return ~rows


def _columns(
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
                own[name] = one_case(as_category(cells))
                if len(cells):
                    classes_of(name, own[name], table.rows, True, ways)
            else:
                own[name] = as_category(cells)
        except InputError as error:
            complaints.append(str(error))
    return own


def _made(
    table: Table,
    score: str,
    score_columns: tuple[str, ...],
    numbers: np.ndarray,
    candidate: np.ndarray,
    own: Mapping[str, Values],
    kinds: Mapping[str, Kind],
    settings: Settings,
    ways: Ways,
    remarks: list[str],
) -> Understood:
    """The rest, where nothing is wrong with any column by itself."""
    if (~candidate).sum() < FEWEST_ROWS:
        raise InputError(
            f"{table.source}: {(~candidate).sum()} rows with a score; at least {FEWEST_ROWS} are "
            "needed, and a model of fewer than about 50 should not be trusted."
        )
    # Repeated scores of a row are as many rows.
    row, at = np.nonzero(~np.isnan(numbers))
    y = numbers[row, at]
    if np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise InputError(
            f"column {score!r}: every score is {show_number(y[0])}. There is nothing to learn."
        )
    columns, constants = _varying(table, own, kinds, settings, ways, remarks)
    varying = {column.name: own[column.name] for column in columns}
    restricted = restrict(table, columns, varying, ~candidate, settings, remarks)
    columns = restricted.columns
    known = {name: values[row] for name, values in varying.items()}
    scored = table.take(row)
    index, groups = distinct(columns, known)
    counts = np.bincount(groups)
    means = np.bincount(groups, y) / counts
    noise = merge_remark(scored, y, means, groups, counts, remarks)
    if len(index) < FEWEST_ROWS:
        raise InputError(
            f"{table.source}: only {len(index)} of {len(y)} rows are different designs; at least "
            f"{FEWEST_ROWS} are needed."
        )
    if not means.std() > 1e-12 * np.abs(means).max():
        raise InputError(
            f"column {score!r}: the mean score of every different design is the same. There is "
            "nothing to learn."
        )
    values = {name: column[index] for name, column in known.items()}
    inner = {c.name: known[c.name] for c in columns if isinstance(c, Numbers)}
    first = result_remarks(score, y, inner, ways) if len(columns) > 1 else []
    first += score_remarks(score, y, scored.rows, ways)
    candidates, candidate_rows = _candidates(varying, candidate, columns, values, table.rows)
    fixed = _fixed(columns, varying, settings)
    n, told = _count(
        restricted, values, candidates, means, scored.rows[index], score, settings, ways
    )
    return Understood(
        table=scored,
        score=score,
        score_columns=score_columns,
        columns=columns,
        values=values,
        constants=constants,
        order=tuple(name for name in own if name in values or name in constants),
        scores=means,
        rows=scored.rows[index],
        counts=counts,
        noise=noise,
        fixed=fixed,
        grids=restricted.grids,
        rules=restricted.rules,
        at_most=restricted.at_most,
        candidates=candidates,
        candidate_rows=candidate_rows,
        n=n,
        limits=(float(y.min()), float(y.max())) if len(np.unique(y)) == 2 else None,
        remarks=(*first, *remarks, *told, _told(columns, ways)),
    )


def _varying(
    table: Table,
    own: Mapping[str, Values],
    kinds: Mapping[str, Kind],
    settings: Settings,
    ways: Ways,
    remarks: list[str],
) -> tuple[tuple[Numbers | Classes, ...], dict[str, float | str]]:
    """The columns that vary, and the others with their value."""
    columns: list[Numbers | Classes] = []
    constants: dict[str, float | str] = {}
    for name, values in own.items():
        kind = kinds[name].kind
        if len(set(values.tolist())) == 1:
            constants[name] = values[0]
        elif kind == "number":
            columns.append(parse_bounds(name, settings.bounds.get(name, (None, None)), values))
        else:
            column = classes_of(name, values, table.rows, kind == "sequence", ways)
            columns.append(column)
            if kind == "category" and (told := spelling_remark(name, column.classes)):
                remarks.append(told)
            if kind == "sequence" and (values != table.columns[name]).any():
                remarks.append(
                    f"Column {name!r} has letters in upper and in lower case: all were taken, and "
                    "are written, in upper case."
                )
    if constants:
        remarks.append(
            f"{len(constants)} of {len(own)} columns are the same in every row, so nothing is "
            f"known about changing them, and they stay: {listed(list(constants))}."
        )
        for name in constants:
            if settings.fix.get(name) is not None or name in settings.bounds:
                raise InputError(f"column {name!r} is the same in every row; it can only stay.")
    if all(column.name in settings.fix for column in columns):
        left = [name for name, kind in kinds.items() if kind.kind == "none"]
        also = f" Left out: {' '.join(kinds[name].remark for name in left)}" if left else ""
        raise InputError(
            f"{table.source}: no column is left that varies. There is nothing to propose.{also}"
        )
    return tuple(columns), constants


def _candidates(
    values: Mapping[str, Values],
    candidate: np.ndarray,
    columns: Sequence[Numbers | Classes],
    known: Mapping[str, Values],
    rows: np.ndarray,
) -> tuple[dict[str, Values] | None, np.ndarray]:
    """The different designs without a score that are no known ones, and their rows."""
    if not candidate.any():
        return None, np.empty(0, np.int64)
    names = [column.name for column in columns]
    seen = set(zip(*(known[name].tolist() for name in names), strict=True))
    kept = []
    for i in np.flatnonzero(candidate).tolist():
        design = tuple(values[name][i] for name in names)
        if design not in seen:
            seen.add(design)
            kept.append(i)
    return {name: values[name][kept] for name in names}, rows[kept]


def _count(
    restricted: Restricted,
    values: Mapping[str, Values],
    candidates: Mapping[str, Values] | None,
    means: np.ndarray,
    rows: np.ndarray,
    score: str,
    settings: Settings,
    ways: Ways,
) -> tuple[int, list[str]]:
    """How many designs to propose, and what to tell of it.

    Raises:
        InputError: there is none that is not known.
    """
    best = int(means.argmin() if settings.minimize else means.argmax())
    if candidates is not None:
        left = len(next(iter(candidates.values())))
        everything = "the rows without a score"
    else:
        room = room_of(restricted, values, settings)
        if room is None:
            return (USUAL if settings.n is None else settings.n), []
        left, everything = room.left, f"all {room.possible} combinations that there are"
    if not left:
        free = [name for name, grid in restricted.grids.items() if grid.kind]
        way = f", or give up levels ({ways('free', free[0])})" if free else ""
        raise InputError(
            f"every design is known: {everything} have a score. The best is row {rows[best]} with "
            f"{score} {show_number(means[best])}. New ones need new levels: widen the bounds{way}, "
            "or add rows with levels that were not tried."
        )
    n = min(USUAL, left) if settings.n is None else settings.n
    if n <= left and left > USUAL:
        return n, []
    which = "is 1 design" if left == 1 else f"are {left} designs"
    return min(n, left), [f"There {which} left that nobody has tried: no more can be proposed."]


def _fixed(
    columns: Sequence[Numbers | Classes], values: Mapping[str, Values], settings: Settings
) -> dict[str, float | str]:
    """Checks that the columns can hold what they are to be fixed at."""
    fixed: dict[str, float | str] = {}
    for column in columns:
        wanted = settings.fix.get(column.name)
        if wanted is None:
            continue
        if isinstance(column, Classes):
            text = show_number(wanted) if isinstance(wanted, float | int) else wanted
            if column.sequence:
                fits = len(text) == column.length and set(text) <= set(column.classes)
            else:
                fits = text in set(values[column.name])
            if not fits:
                raise InputError(
                    f"fix: column {column.name!r} cannot be {text!r}. It is one of or made of: "
                    f"{', '.join(column.classes)}."
                )
            fixed[column.name] = text
            continue
        number = parse_number(str(wanted))
        if number is None or not np.isfinite(number):
            raise InputError(f"fix: column {column.name!r} holds numbers, not {wanted!r}.")
        fixed[column.name] = number
    return fixed


def _told(columns: Sequence[Numbers | Classes], ways: Ways) -> str:
    """What every column that varies was taken for: a result among them would spoil all."""
    kinds: dict[str, list[str]] = {}
    for column in columns:
        kind = "numbers"
        if isinstance(column, Classes):
            kind = "a sequence" if column.sequence else "categories"
        kinds.setdefault(kind, []).append(column.name)
    told = "; ".join(f"{kind} ({listed(names)})" for kind, names in kinds.items())
    return (
        f"A design is: {told}. If one of these is a result or a name, and nothing that can be "
        f"chosen, leave it out ({ways('ignore', 'NAME')})."
    )
