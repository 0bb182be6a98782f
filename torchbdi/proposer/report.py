"""The report: one HTML file, pictures inside, that a person reads in a minute."""

from __future__ import annotations

import base64
import importlib.util
from html import escape

import numpy as np

from ..kernels.errors import MissingDependencyError
from .cells import columns_like_formulas
from .columns import Classes, Numbers
from .pictures import (
    error_picture,
    leave_one_out_picture,
    movement_picture,
    score_picture,
)
from .result import Proposals
from .table import show_number

# Changes named for each proposal.
SHOWN_CHANGES = 4
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; font-size: 13px; } img { max-width: 100%; }
td, th { padding: .2em .6em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
.verdict { font-size: 1.15em; font-weight: 600; } .far { background: #fde3e3; }
code, .sequence { font-family: ui-monospace, monospace; } .sequence b { color: #c44e52; }
"""


def require_matplotlib() -> None:
    """Raises MissingDependencyError, with the command that helps, where there is no matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingDependencyError(
            "the report needs matplotlib, which is not installed. Install it with: "
            "pip install 'torchbdi[propose]'"
        )


def html_report(p: Proposals) -> str:
    """The whole report. The same proposals give the same bytes."""
    direction = "low" if p.settings.minimize else "high"
    title = f"Proposals for {p.problem.table.source}: {p.problem.score}, {direction} is good"
    movement = movement_picture(p)
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(p),
        "<h2>Is the model any good on this table?</h2>",
        _quality(p),
        _image(leave_one_out_picture(p), 49) + _image(error_picture(p), 49),
        "<h2>What is proposed, and why</h2>",
        "<p>Every proposal is a new design that the model of the known ones thinks worth trying: "
        "it is predicted high, or may be high and is not known well. They were chosen one by one, "
        "each as if those before it had been measured, so that they differ. Changes are counted "
        "from the nearest of the best known designs.</p>",
        _image(score_picture(p), 100),
        _table(p),
        "<h2>How far it lies from what is known</h2>",
        _movement(p),
        "" if movement is None else _image(movement, 100),
        "<h2>What to be careful about</h2>",
        _cautions(p),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    body = "\n".join(part for part in parts if part)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def _summary(p: Proposals) -> str:
    known = p.problem
    far = int(p.far.sum())
    flagged = (
        f"{far} of {len(p)} proposals lie far outside the known designs and are marked."
        if far
        else "No proposal lies far outside the known designs."
    )
    return (
        f'<p class="verdict">{escape(p.quality.verdict())}</p>\n<p>{len(known.scores)} different '
        f"designs are known. {escape(p.outlook())} The best of them is predicted at "
        f"{p.predicted[0]:.6g}, give or take {p.error[0]:.3g}. {flagged}</p>"
    )


def _quality(p: Proposals) -> str:
    q, noise = p.quality, p.problem.noise
    who = (
        "Every known design was left out in turn and predicted from all the others"
        if q.exact
        else f"{len(q.rows)} known designs, drawn at random, were each left out in turn and "
        "predicted from all the others (an estimate: the table is too large to do it for all)"
    )
    text = (
        f"<p>{who}. Rank correlation of predicted and true: <b>{q.rank_correlation:.2f}</b> (1 is "
        f"perfect, 0 is guessing). Share of the variance explained: <b>{q.r2:.2f}</b>. Typical "
        f"error (root mean square): <b>{q.rmse:.4g}</b>, where the scores themselves scatter by "
        f"{q.true.std():.4g}."
    )
    if noise:
        text += (
            f" The same design, measured again, scatters by {noise:.4g}: no model does much better."
        )
    return text + "</p>"


def _table(p: Proposals) -> str:
    score = escape(p.problem.score)
    head = (
        f"<tr><th></th><th>predicted {score}</th><th>changes</th><th>told from</th>"
        "<th>nearest known design</th><th>distance</th><th>remarks</th></tr>"
    )
    rows = []
    for i in range(len(p)):
        far = "far outside the known designs" if p.far[i] else ""
        notes = escape("; ".join(text for text in (far, p.notes[i]) if text))
        cells = [
            str(i + 1),
            f"{p.predicted[i]:.6g} ± {p.error[i]:.3g}",
            _changes(p, i),
            f"row {p.start_row[i]} ({p.problem.scores[p.start[i]]:.6g})",
            f"row {p.nearest_row[i]} ({p.problem.scores[p.nearest[i]]:.6g})",
            f"{p.distance[i]:.3g}",
            notes,
        ]
        mark = ' class="far"' if p.far[i] else ""
        rows.append(f"<tr{mark}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table>{head}\n" + "\n".join(rows) + "\n</table>"


def _changes(p: Proposals, i: int) -> str:
    """What differs from the design it is told from: text first, then numbers by their size."""
    texts, numbers = [], []
    for column in p.problem.space.columns:
        known = p.problem.values[column.name]
        before, after = known[p.start[i]], p.columns[column.name][i]
        if isinstance(column, Numbers):
            size = abs(after - before) / float(known.std())
            numbers.append((-size, f"{escape(column.name)} {before:.4g} → {after:.4g}"))
        elif column.sequence:
            texts.append(_marked(before, after))
        elif before != after:
            texts.append(f"{escape(column.name)} {escape(before)} → {escape(after)}")
    moved = [text for size, text in sorted(numbers) if size]
    more = f" and {len(moved) - SHOWN_CHANGES} more" if len(moved) > SHOWN_CHANGES else ""
    return "; ".join([*texts, *moved[:SHOWN_CHANGES]]) + more


def _marked(before: str, after: str) -> str:
    """A sequence with its new letters in bold."""
    letters = [
        escape(b) if a == b else f"<b>{escape(b)}</b>" for a, b in zip(before, after, strict=True)
    ]
    return f'<span class="sequence">{"".join(letters)}</span>'


def _movement(p: Proposals) -> str:
    q = p.quality
    return (
        "<p>Distances are counted in standard deviations of the columns (of their logits for "
        f"text). Proposals lie {np.median(p.distance):.3g} from their nearest known design in the "
        f"median, {p.distance.max():.3g} at most. Known designs lie {np.median(q.gaps):.3g} from "
        f"their nearest in the median, and 99 % of them less than {q.far:.3g}. The error given for "
        "a proposal is the one that the model states there, times what the same statement has to "
        "be multiplied by to be true of known designs that are predicted about as high and were "
        f"left out.</p><p>The model: {escape(p.model.text())}, chosen by the error of leaving each "
        f"known design out{'' if p.model.exact else ' (of a random sample of the table)'}.</p>"
    )


def _cautions(p: Proposals) -> str:
    general = [
        "Predicted scores are chosen for being high, so they tend to be too good. The errors come "
        "from known designs, which were not chosen by the model.",
        "The model knows the numbers of the table and no rules behind them: parts that must add up "
        "to 100 %, settings that must be whole numbers, combinations that cannot be made. Look at "
        "every proposal before you spend money on it.",
    ]
    items = [*p.problem.remarks, *general]
    bounded = [
        f"{c.name} {show_number(c.low)} to {show_number(c.high)}"
        for c in p.problem.space.columns
        if isinstance(c, Numbers) and c.name in p.settings.bounds
    ]
    if bounded:
        items.append(f"Bounds that you gave: {', '.join(bounded)}.")
    if p.settings.fix:
        items.append(f"Columns that you fixed: {', '.join(p.settings.fix)}.")
    if any(isinstance(c, Classes) for c in p.problem.space.columns):
        items.append("Only letters and categories that occur in the table are proposed.")
    if formulas := columns_like_formulas(p.columns):
        what = "have an apostrophe before them" if p.settings.safe_csv else "are as in the table"
        items.append(
            f"Texts of {', '.join(formulas)} begin with = + - @ or a tab. A spreadsheet takes such "
            f"cells for formulas and runs them when proposals.csv is opened. There they {what}"
            + ("." if p.settings.safe_csv else "; --safe-csv puts an apostrophe before them.")
        )
    return "<ul>" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _image(png: bytes, percent: int) -> str:
    data = base64.b64encode(png).decode()
    return f'<img style="width:{percent}%" alt="" src="data:image/png;base64,{data}">'
