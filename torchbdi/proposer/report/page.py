"""The report: one HTML file, pictures inside, that a person reads in a minute."""

from __future__ import annotations

import base64
import importlib.util
import re
from html import escape

import numpy as np

from ...kernels.errors import MissingDependencyError
from ..digits import short
from ..reading.table import show_number
from ..reading.ways import Ways
from ..result import Proposals
from .alike import alike_told, close_told
from .beyond import beyond_told
from .captions import BACKTEST, BY_DISTANCE, LEFT_OUT, scores_told, where_told
from .cautions import cautions
from .listing import table_of_proposals
from .pictures import backtest_picture, error_picture, leave_one_out_picture, score_picture
from .style import STYLE
from .where import where_picture

ERRORS = (
    "The error of a proposal begins with what the model states there. Known designs that are "
    "predicted about as high were each left out in turn, and the error grows or shrinks by as much "
    "as they were missed by more or less than was stated. They say nothing of a proposal that is "
    "predicted to be better than every known design. For such a one the best two fifths of the "
    "known designs were hidden, and what the model then missed is added: its error can be many "
    "times that of a proposal that is predicted a little worse."
)
# Options as they are typed, not in a tag: browsers break a line at a hyphen.
_OPTION = re.compile(r"(?<![\w-])--[a-z]{1,12}(?:-[a-z]{1,12})*\b(?![^<]*>)")


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
    where = where_picture(p)
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(p),
        "<h2>Is the model any good on this table?</h2>",
        _quality(p),
        _pictures(
            ("Predicted and true scores of known designs", leave_one_out_picture(p), LEFT_OUT),
            (
                "Errors by the distance to the nearest known design",
                error_picture(p),
                BY_DISTANCE,
            ),
        ),
        _backtest(p),
        "<h2>What is proposed, and why</h2>",
        "<p>Every proposal is a new design that the model of the known ones thinks worth trying: "
        f"it is predicted {direction}, or may be {direction} and is not known well. They were "
        "chosen one by one, each as if those before it had been measured, so that they differ. "
        "Each is compared with the nearest of the best known designs: what is different is bold, "
        f"with what it was there. {_order_told(p)}</p>",
        f"<p>{escape(told)}</p>" if (told := alike_told(p)) else "",
        _pictures(
            (
                "Scores of known designs and predictions of proposals",
                score_picture(p),
                scores_told(p),
            )
        ),
        table_of_proposals(p),
        constants(p),
        "<h2>How far it lies from what is known</h2>",
        _movement(p),
        ""
        if where is None
        else _pictures(("Where proposals lie in each column", where, where_told(p))),
        "<h2>What to be careful about</h2>",
        cautions(p),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, '
        f'initial-scale=1"><title>{escape(title)}</title><style>{STYLE}</style>'
    )
    body = "\n".join(part for part in parts if part)
    body = _OPTION.sub(r'<span class="option">\g<0></span>', body)
    whole = f'<html lang="en"><head>{head}</head>\n<body><main>\n{body}\n</main></body></html>\n'
    return f"<!DOCTYPE html>\n{whole}"


def _summary(p: Proposals) -> str:
    """What to hope for, whether the model can be trusted, and only then what it promises."""
    known = p.problem
    flagged = p.far_told() or "No proposal lies far outside the known designs."
    first = "" if p.unknown[0] else f"The best of the proposals is predicted at {p.told(0)}."
    told = (first, beyond_told(p), flagged, close_told(p), p.sites_told(),
            f"{len(known.scores)} different designs are known.")  # fmt: skip
    return (
        f"<p>{escape(p.outlook())}</p>"
        f'\n<p class="verdict">{escape(p.quality.verdict())}</p>'
        f"\n<p>{escape(' '.join(filter(None, told)))}</p>"
        + (f"\n<p>{escape(more)}</p>" if (more := p.without_told()) else "")
    )


def _order_told(p: Proposals) -> str:
    """By what the list is ordered, and how to get a shorter one; "" for one proposal alone."""
    if len(p) < 2:
        return ""
    way = Ways(p.problem.table.typed)("n", "NUMBER")
    return (
        "The list goes by the prediction, not by the order of choosing: if you can make fewer, ask "
        f"for fewer ({way}), and do not take the first ones."
    )


def _quality(p: Proposals) -> str:
    q, noise = p.quality, p.problem.noise
    explained = "Share of the variance explained"
    if q.factor is not None:
        explained += ", of the logarithm"
    who = (
        "Every known design was left out in turn and predicted from all the others"
        if q.exact
        else f"{len(q.rows)} known designs, drawn at random, were each left out in turn and "
        "predicted from all the others (an estimate: the table is too large to do it for all)"
    )
    error, spread = short(q.rmse), short(q.true.std())
    text = (
        f"<p>{who}. Rank correlation of predicted and true: <b>{q.rank_correlation:.2f}</b> (1 is "
        f"perfect, 0 is guessing). {explained}: <b>{q.r2:.2f}</b>. Typical error (root mean "
        f"square): <b>{error}</b>, where the scores themselves scatter by {spread}."
    )
    if q.factor is not None:
        text += f" True and predicted typically differ by a factor of <b>{q.factor:.2g}</b>."
    if noise:
        text += (
            f" The same design, measured again, scatters by {short(noise)}: no model does much "
            "better."
        )
    if told := p.scale_told():
        text += f"</p>\n<p>{escape(told)}"
    return text + "</p>"


def _backtest(p: Proposals) -> str:
    """Three lines and a picture; nothing where it was not asked for."""
    if not p.settings.backtest:
        return ""
    head = "<h2>Would this have found my best designs?</h2>"
    if p.backtest is None:
        return f"{head}\n<p>The table has fewer than 40 designs: too few to hide some of them.</p>"
    lines = "<br>".join(escape(line) for line in p.backtest.lines())
    picture = backtest_picture(p.backtest)
    pictures = _pictures(("How many first picks are of the best", picture, BACKTEST))
    return f"{head}\n<p>{lines}</p>\n{pictures}"


def _movement(p: Proposals) -> str:
    q = p.quality
    sample = "" if p.model.exact else f" ({p.model.rows} of them, drawn at random)"
    return (
        "<p>Distances are counted in standard deviations of the columns (of text: of the numbers "
        f"that stand for its letters or names). Proposals lie {np.median(p.distance):.3g} from "
        f"their nearest known design in the median, {p.distance.max():.3g} at most. Known designs "
        f"lie {np.median(q.gaps):.3g} from their nearest in the median, and 99 % of them less than "
        f"{q.far:.3g}.</p><p>{ERRORS}</p><p>The model: {escape(p.model.text())}, chosen by how "
        f"well it predicts each known design from the others{sample}.</p>"
    )


def _pictures(*pictures: tuple[str, bytes, str]) -> str:
    """Pictures beside each other, where there is room.

    Args:
        pictures: of each what is read out in its place, the picture, and what stands below it.
    """
    images = [
        f'<figure><img alt="{what}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
        f"<figcaption>{escape(told)}</figcaption></figure>"
        for what, png, told in pictures
    ]
    return f'<div class="pictures">{"".join(images)}</div>'


def constants(p: Proposals) -> str:
    """The columns that are the same in every row, and so in every proposal."""
    own = p.problem.constants
    if not own:
        return ""
    told = "; ".join(
        f"{name} {show_number(v) if isinstance(v, float) else v}" for name, v in own.items()
    )
    return f"<p>In every proposal, as in every row: {escape(told)}.</p>"
