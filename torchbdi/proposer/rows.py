"""Which rows of a table are used: those that are complete, and each design once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..kernels.errors import InputError
from .columns import Classes, Numbers
from .settings import Settings
from .table import Table, Values, missing


def drop_missing(
    table: Table, score: str, y: Values, settings: Settings, remarks: list[str]
) -> tuple[Table, Values]:
    """Leaves out the columns to be ignored, and the rows with missing cells where asked to.

    Args:
        table: the designs.
        score: name of the score.
        y: the scores, (N,).
        settings: the person's choices.
        remarks: what was done is added.

    Raises:
        InputError: cells are missing, and nobody said to leave their rows out.
    """
    used = {name: v for name, v in table.columns.items() if name not in settings.ignore}
    table = Table(table.source, used, table.rows, table.sha256)
    gone = {name: missing(values) for name, values in {**used, score: y}.items()}
    gone = {name: mask for name, mask in gone.items() if mask.any()}
    if not gone:
        return table, y
    rows = np.logical_or.reduce(list(gone.values()))
    where = ", ".join(
        f"{name!r} ({mask.sum()}, first in row {table.rows[mask.argmax()]})"
        for name, mask in list(gone.items())[:10]
    )
    if not settings.drop_missing:
        raise InputError(
            f"{table.source}: {rows.sum()} of {len(rows)} rows have missing cells, in columns "
            f"{where}. Fill them in, leave a column out (ignore), or leave those rows out "
            "(drop_missing)."
        )
    remarks.append(
        f"{rows.sum()} of {len(rows)} rows were left out because cells are missing, in {where}."
    )
    return table.take(~rows), y[~rows]


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
    seen: dict[tuple[object, ...], int] = {}
    first: list[int] = []
    groups = []
    for i, design in enumerate(zip(*(values[c.name].tolist() for c in columns), strict=True)):
        group = seen.setdefault(design, len(first))
        if group == len(first):
            first.append(i)
        groups.append(group)
    return np.array(first), np.array(groups)


def merge_remark(
    table: Table,
    scores: np.ndarray,
    means: np.ndarray,
    groups: np.ndarray,
    counts: np.ndarray,
    remarks: list[str],
) -> float | None:
    """Says what was merged.

    Leaving out one of two equal rows would tell nothing: the other one predicts it. So each design
    counts once, and the scatter of its scores is told apart.

    Returns:
        The standard deviation of scores within designs; None where all designs are different.
    """
    if len(means) == len(scores):
        return None
    deviation = scores - means[groups]
    noise = float(np.sqrt((deviation**2).sum() / (len(scores) - len(means))))
    lowest, highest = np.full(len(means), np.inf), np.full(len(means), -np.inf)
    np.minimum.at(lowest, groups, scores)
    np.maximum.at(highest, groups, scores)
    worst = np.flatnonzero(groups == (highest - lowest).argmax())
    low, high = worst[scores[worst].argmin()], worst[scores[worst].argmax()]
    text = (
        f"{len(scores) - len(means)} of {len(scores)} rows repeat the design of another row. Each "
        f"of the {len(means)} different designs counts once, with its mean score"
    )
    if noise > 0:
        text += (
            f". The same design scatters by {noise:.4g} (standard deviation); the widest apart are "
            f"rows {table.rows[low]} and {table.rows[high]} with {scores[low]:.6g} and "
            f"{scores[high]:.6g}"
        )
    remarks.append(text + ".")
    return noise
