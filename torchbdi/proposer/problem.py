"""From a table as it came to what the solve needs: distinct designs, standardised, and remarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..kernels.errors import InputError
from .columns import (
    Classes,
    Numbers,
    as_category,
    classes_of,
    guess_kind,
    numbers_of,
    parse_bounds,
)
from .rows import distinct, drop_missing, merge_remark
from .settings import Settings
from .space import DesignSpace
from .table import Table, Values, parse_number, show_number

FEWEST_ROWS = 10


@dataclass(frozen=True)
class Problem:
    """A table made ready.

    Attributes:
        table: the rows that are used, as they came.
        score: name of the score.
        space: between columns and features.
        constants: columns that are the same in every row, with that value.
        order: all columns of a design, in the order of the table.
        values: the columns that vary, at the distinct designs, (N,) each.
        scores: mean score of each distinct design, in the person's units, (N,).
        rows: number of the first row of each distinct design, (N,).
        counts: rows of each distinct design, (N,).
        noise: standard deviation of scores of the same design; None without repetitions.
        x_l: encoded distinct designs, (N, D).
        y_l: standardised mean scores, (N,), large is good.
        y_mean: mean of the scores.
        y_scale: units of score for one unit of y_l; negative where low scores are good.
        fixed: columns that are fixed at a value, with that value.
        remarks: what a person should know about the table, one sentence or two each.
    """

    table: Table
    score: str
    space: DesignSpace
    constants: Mapping[str, float | str]
    order: tuple[str, ...]
    values: Mapping[str, Values]
    scores: np.ndarray
    rows: np.ndarray
    counts: np.ndarray
    noise: float | None
    x_l: Tensor
    y_l: Tensor
    y_mean: float
    y_scale: float
    fixed: Mapping[str, float | str]
    remarks: tuple[str, ...]

    def best(self) -> np.ndarray:
        """The distinct designs from best to worst, ties in the order of the table, (N,)."""
        return torch.argsort(self.y_l, descending=True, stable=True).numpy()

    def in_units(self, y: Tensor) -> np.ndarray:
        """Standardised scores in the person's units."""
        return y.numpy() * self.y_scale + self.y_mean


def make_problem(table: Table, score: str, y: Values, settings: Settings) -> Problem:
    """Checks a table and makes it ready.

    Args:
        table: the designs, without the score.
        score: name of the score.
        y: the scores, (N,).
        settings: the person's choices.

    Raises:
        InputError: what is wrong with the table, where, and what to do.
    """
    remarks: list[str] = []
    settings.check([*table.columns, score], score)
    table, y = drop_missing(table, score, y, settings, remarks)
    scores = numbers_of(score, y, table.rows)
    if len(table) < FEWEST_ROWS:
        raise InputError(
            f"{table.source}: {len(table)} rows with a score; at least {FEWEST_ROWS} are needed, "
            "and a model of fewer than about 50 should not be trusted."
        )
    if np.ptp(scores) <= 1e-12 * np.abs(scores).max():
        raise InputError(
            f"column {score!r}: every score is {show_number(scores[0])}. There is nothing to learn."
        )
    columns, values, constants = _columns(table, settings, remarks)
    index, groups = distinct(columns, values)
    counts = np.bincount(groups)
    means = np.bincount(groups, scores) / counts
    noise = merge_remark(table, scores, means, groups, counts, remarks)
    if len(index) < FEWEST_ROWS:
        raise InputError(
            f"{table.source}: only {len(index)} of {len(table)} rows are different designs; at "
            f"least {FEWEST_ROWS} are needed."
        )
    values = {name: column[index] for name, column in values.items()}
    space = DesignSpace.fit(columns, values)
    sign = -1.0 if settings.minimize else 1.0
    mean, std = float(means.mean()), float(means.std())
    if not std > 1e-12 * np.abs(means).max():
        raise InputError(
            f"column {score!r}: the mean score of every different design is the same. There is "
            "nothing to learn."
        )
    order = tuple(name for name in table.columns if name in values or name in constants)
    return Problem(
        table=table,
        score=score,
        space=space,
        constants=constants,
        order=order,
        values=values,
        scores=means,
        rows=table.rows[index],
        counts=counts,
        noise=noise,
        x_l=space.encode(values),
        y_l=torch.from_numpy((means - mean) / (sign * std)),
        y_mean=mean,
        y_scale=sign * std,
        fixed=_fixed(columns, values, settings),
        remarks=(*remarks, _kinds(columns)),
    )


def _columns(
    table: Table, settings: Settings, remarks: list[str]
) -> tuple[list[Numbers | Classes], dict[str, Values], dict[str, float | str]]:
    """Decides what each column is; the constant ones are set apart."""
    columns: list[Numbers | Classes] = []
    values: dict[str, Values] = {}
    constants: dict[str, float | str] = {}
    for name, cells in table.columns.items():
        if name == settings.sequence:
            kind = "sequence"
        elif name in settings.categories:
            kind = "category"
        else:
            kind = guess_kind(name, cells, table.rows)
        number = kind == "number"
        own = numbers_of(name, cells, table.rows) if number else as_category(cells)
        if len(set(own.tolist())) == 1:
            constants[name] = own[0]
            continue
        if kind == "number":
            column: Numbers | Classes = parse_bounds(
                name, settings.bounds.get(name, (None, None)), own
            )
        elif name in settings.bounds:
            raise InputError(f"bounds: column {name!r} holds no numbers.")
        else:
            column = classes_of(name, own, table.rows, kind == "sequence")
        if kind == "sequence" and settings.sequence is None:
            remarks.append(f"Column {name!r} was taken for sequences over {_letters(column)}.")
        columns.append(column)
        values[name] = own
    if len([c for c in columns if isinstance(c, Classes) and c.sequence]) > 1:
        raise InputError("there can be one column of sequences; leave the others out (ignore).")
    if constants:
        remarks.append(
            f"{len(constants)} of {len(table.columns)} columns are the same in every row, so "
            f"nothing is known about changing them, and they stay: {_listed(list(constants))}."
        )
        for name in constants:
            if settings.fix.get(name) is not None or name in settings.bounds:
                raise InputError(f"column {name!r} is the same in every row; it can only stay.")
    if all(column.name in settings.fix for column in columns):
        raise InputError(
            f"{table.source}: no column is left that varies. There is nothing to propose."
        )
    return columns, values, constants


def _fixed(
    columns: list[Numbers | Classes], values: Mapping[str, Values], settings: Settings
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


def _kinds(columns: Sequence[Numbers | Classes]) -> str:
    """What every column that varies was taken for: a result among them would spoil all."""
    kinds: dict[str, list[str]] = {}
    for column in columns:
        kind = "numbers"
        if isinstance(column, Classes):
            kind = "a sequence" if column.sequence else "categories"
        kinds.setdefault(kind, []).append(column.name)
    told = "; ".join(f"{kind} ({_listed(names)})" for kind, names in kinds.items())
    return (
        f"A design is: {told}. If one of these is a result or a name, and nothing that can be "
        "chosen, leave it out (ignore)."
    )


def _listed(names: Sequence[str]) -> str:
    """Names for a message, the first twelve of them."""
    return ", ".join(repr(name) for name in names[:12]) + (", ..." if len(names) > 12 else "")


def _letters(column: Numbers | Classes) -> str:
    assert isinstance(column, Classes)
    return "".join(column.classes)
