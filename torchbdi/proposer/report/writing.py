"""Proposals as a file, written as the table is: its separator, decimals and units."""

from __future__ import annotations

import io

import numpy as np

from ...kernels.files import write_rows
from ..columns.grids import MAX_DIGITS, Grid
from ..digits import figures, places_of, short
from ..reading.encodings import BOM
from ..reading.table import free_name, show_number
from ..result import Proposals
from ..search.on_steps import between
from .cells import harmless


def proposals_csv(proposals: Proposals) -> str:
    """The proposals as a table in the person's columns, and what is known of each beside them.

    It is written as the person's file is: its separator, its decimals, its units, and what makes a
    spreadsheet read letters that are not ASCII. Numbers have the table's own decimals where the
    search keeps to them. A column that is called like one of ours keeps its name; ours gets an
    underscore. Texts are as they are in the person's table, those that a spreadsheet would take for
    formulas too, unless ``safe_csv`` was chosen.
    """
    p = proposals
    form = p.problem.table.form
    most = places_of(p.problem.scores)
    known: dict[str, list[str]] = {
        f"predicted_{p.problem.score}": [figures(v, most) for v in p.predicted],
        **{
            name: ["" if u else write(v, places) for v, u in zip(own, p.unknown, strict=True)]
            for name, own, write, places in (
                ("error", p.error, short, 4),
                ("low", p.low, figures, most),
                ("high", p.high, figures, most),
            )
            if name == "error" or p.problem.log
        },
        "distance": [f"{v:.4g}" for v in p.distance],
        "nearest_row": [str(v) for v in p.nearest_row],
        f"nearest_{p.problem.score}": [figures(v, most) for v in p.problem.scores[p.nearest]],
        "start_row": [str(v) for v in p.start_row],
        "far_outside": ["yes" if far else "no" for far in p.far],
        "note": list(p.notes),
    }
    if p.candidate_row is not None:
        known = {"row": [str(row) for row in p.candidate_row], **known}
    numbers = {*known} - {"note", "far_outside"}
    scores = {f"predicted_{p.problem.score}", f"nearest_{p.problem.score}"}
    columns: dict[str, list[str]] = {}
    for name, values in p.columns.items():
        unit = form.units.get(name, "")
        columns[name] = (
            [_decimal(text, form.decimal) + unit for text in written(p, name)]
            if (values.dtype == np.float64)
            else list(values)
        )
    for name, cells in known.items():
        unit = form.units.get(p.problem.score, "") if name in scores else ""
        own = [_decimal(c, form.decimal) + unit for c in cells] if name in numbers else cells
        columns[free_name(name, columns)] = own
    cell = harmless if p.settings.safe_csv else str
    file = io.StringIO()
    rows = ([*columns], *zip(*columns.values(), strict=True))
    write_rows(file, ([cell(text) for text in row] for row in rows), form.separator)
    text = file.getvalue()
    return BOM + text if form.marked and not text.isascii() else text


def written(p: Proposals, name: str) -> list[str]:
    """The numbers of a column as the table would have them, n texts; with all digits if fixed."""
    how = p.problem.following.get(name) or p.problem.grids.get(name)
    texts = [show_number(v) if how is None else how.write(v) for v in p.columns[name]]
    if isinstance(how, Grid) and p.candidate is None:  # rounded they would not keep the rules
        own = zip(texts, p.columns[name].tolist(), strict=True)
        texts = [
            show_number(float(f"{v:.{MAX_DIGITS}g}")) if between(how, v) else t for t, v in own
        ]
    if name not in p.problem.fixed:
        return texts
    fixed = zip(texts, p.columns[name], strict=True)
    return [text if float(text) == v else show_number(v) for text, v in fixed]


def _decimal(text: str, mark: str) -> str:
    return text if mark == "." else text.replace(".", mark)
