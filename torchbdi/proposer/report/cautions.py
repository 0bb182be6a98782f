"""What a reader of a report has to be careful about."""

from __future__ import annotations

from html import escape

from ..columns.column import Classes, Numbers
from ..reading.table import show_number
from ..reading.ways import Ways
from ..result import Proposals
from .cells import columns_like_formulas


def cautions(p: Proposals) -> str:
    """A list of what was done to the table and of what no model knows, as HTML."""
    general = [
        "Predicted scores are chosen for being good, so they tend to be too good. The errors come "
        "from known designs, which were not chosen by the model.",
        "The model knows the numbers of the table and no rules behind them but those named here: "
        "not which combinations cannot be made. Look at every proposal before you spend money on "
        "it.",
    ]
    items = [*p.problem.remarks, *general]
    bounded = [
        f"{c.name} {show_number(c.low)} to {show_number(c.high)}"
        for c in p.problem.columns
        if isinstance(c, Numbers) and c.name in p.settings.bounds
    ]
    if bounded:
        items.append(f"Bounds that you gave: {', '.join(bounded)}.")
    if p.settings.fix:
        items.append(f"Columns that you fixed: {', '.join(p.settings.fix)}.")
    if any(isinstance(c, Classes) for c in p.problem.columns):
        items.append("Only letters and categories that occur in the table are proposed.")
    if formulas := columns_like_formulas(p.columns):
        what = "have an apostrophe before them" if p.settings.safe_csv else "are as in the table"
        way = Ways(p.problem.table.typed)("safe-csv")
        items.append(
            f"Texts of {', '.join(formulas)} begin with = + - @ or a tab. A spreadsheet takes such "
            f"cells for formulas and runs them when proposals.csv is opened. There they {what}"
            + ("." if p.settings.safe_csv else f"; {way} puts an apostrophe before them.")
        )
    return "<ul>" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
