"""The pictures of a report, as PNG files in memory."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np

from ..result import Proposals
from ..search.backtest import Backtest
from . import drawing
from .drawing import KNOWN, PROPOSED
from .lettering import shortened

# Letters of the score's name that fit beside an axis.
SCORE_LETTERS = 32
# The share of designs at either end that may lie beyond the edge of a picture.
EDGE = 0.002


def leave_one_out_picture(p: Proposals) -> bytes:
    """Predicted against true score of known designs, each left out in turn."""
    figure, axes = drawing.canvas(4.2)
    q = p.quality
    low = np.quantile(q.predicted, EDGE, method="higher")
    high = np.quantile(q.predicted, 1 - EDGE, method="lower")
    shown, more = drawing.within(q.predicted, min(low, q.true.min()), max(high, q.true.max()))
    axes.scatter(q.true, shown, s=12, alpha=drawing.opacity(len(shown)), color=KNOWN, linewidths=0)
    ends = [q.true.min(), q.true.max()]
    axes.plot(ends, ends, color="black", linewidth=1)
    if p.problem.log:
        drawing.logarithmic(axes, "x")
        drawing.logarithmic(axes, "y")
    drawing.label(axes, f"{_score(p)}, true", f"predicted without that design{more}")
    return drawing.png(figure)


def backtest_picture(test: Backtest) -> bytes:
    """The share of the first picks that lie in the hidden best fifth, a line a method."""
    figure, axes = drawing.canvas(4.2)
    dashes = cycle(("--", "-."))  # no line is told from the others by its colour alone
    for name, share in test.shares.items():
        own: dict[str, Any] = {"linestyle": next(dashes)}
        if name == "torchbdi":
            own = {"color": PROPOSED, "linewidth": 2.5}
        elif name == "random order":
            own = {"color": "gray", "linestyle": ":"}
        axes.plot(np.arange(1, len(share) + 1), share, label=name, **own)
    axes.set_ylim(0, 1.02)
    drawing.label(axes, "first picks", "share of them in the hidden best fifth")
    drawing.whole_ticks(axes.xaxis)
    axes.legend(fontsize=8)
    return drawing.png(figure)


def error_picture(p: Proposals) -> bytes:
    """Leave-one-out error against the distance to the nearest other design."""
    figure, axes = drawing.canvas(4.2)
    q = p.quality
    # Distances of zero cannot stand on a logarithmic axis, and those of equal grids need no room.
    positive = q.gaps[q.gaps > 0]
    ends = positive.min(), max(positive.max(), p.distance.max(), q.far)
    places = np.geomspace(ends[0], ends[1] * 1.001, 200)
    errors = np.abs(q.true - q.predicted)
    high = np.quantile(errors, 1 - EDGE, method="lower")
    told = ~p.unknown
    shown, more = drawing.within(errors, 0, max([high, *p.error[told]]))
    axes.scatter(
        q.gaps, shown, s=12, alpha=drawing.opacity(len(shown)), color=KNOWN, linewidths=0,
        label="known design",
    )  # fmt: skip
    axes.plot(places, q.error_at(places), color="black", linewidth=1.2, label="root mean square")
    axes.scatter(p.distance[told], p.error[told], s=22, color=PROPOSED, label="proposal", zorder=3)
    axes.axvline(q.far, color="gray", linestyle=":", label="99 % of known designs")
    drawing.logarithmic(axes, "x")
    if p.problem.log:
        drawing.logarithmic(axes, "y")
    drawing.label(axes, "distance to the nearest known design", f"error of {_score(p)}{more}")
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)  # inside it may hide points
    return drawing.png(figure)


def score_picture(p: Proposals) -> bytes:
    """Scores of known designs, and predicted scores of the proposals with their errors."""
    figure, axes = drawing.canvas(3.2)
    scores = p.problem.scores
    edges = np.geomspace(scores.min(), scores.max(), 51) if p.problem.log else 50
    axes.hist(scores, bins=edges, color=KNOWN, alpha=0.6, label="known designs")
    drawing.logarithmic(axes, "y", least=1)
    axes.set_ylim(bottom=0.6)  # one design alone can be seen
    if p.problem.log:
        drawing.logarithmic(axes, "x")
    drawing.label(axes, _score(p), "known designs")
    told = ~p.unknown  # they come first
    if told.any():
        twin = axes.twinx()
        rank = np.arange(1, len(p) + 1)[told]
        ends = np.stack([p.predicted - p.low, p.high - p.predicted])[:, told].clip(0)
        twin.errorbar(
            p.predicted[told], rank, xerr=ends, fmt="o", ms=3, lw=0.8, color=PROPOSED,
            label="proposals",
        )  # fmt: skip
        twin.set_ylim(rank[-1] + 0.5, 0.5)
        twin.set_ylabel("proposal")
        drawing.whole_ticks(twin.yaxis)
    figure.legend(loc="outside upper right", ncols=2, fontsize=8)
    return drawing.png(figure)


def _score(p: Proposals) -> str:
    return shortened(p.problem.score, SCORE_LETTERS)
