"""The pictures of a report, as PNG files in memory."""

from __future__ import annotations

import io
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..columns.column import Classes, Numbers
from ..result import Proposals
from ..search.backtest import Backtest
from .lettering import MOST_TICKS, lettered, short_names, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

KNOWN, PROPOSED = "#4c72b0", "#c44e52"
# More columns than this do not fit below each other.
SHOWN_COLUMNS = 24
# Inches: so that letters can be read on a screen of 390 pixels.
WIDTH = 4.8
# Letters of a name that fit beside an axis: of the score, of a column.
SCORE_LETTERS, COLUMN_LETTERS = 32, 14
# The layout engine takes half of the time of a picture.
LAYOUT: Literal["constrained"] | None = "constrained"
# Twice what a screen of usual density shows: phones and printers have it.
DPI = 220
# The share of designs at either end that may lie beyond the edge of a picture.
EDGE = 0.002


def leave_one_out_picture(p: Proposals) -> bytes:
    """Predicted against true score of known designs, each left out in turn."""
    figure, axes = _canvas(WIDTH, 4.2)
    q = p.quality
    low = np.quantile(q.predicted, EDGE, method="higher")
    high = np.quantile(q.predicted, 1 - EDGE, method="lower")
    shown, more = _within(q.predicted, min(low, q.true.min()), max(high, q.true.max()))
    axes.scatter(q.true, shown, s=12, alpha=_alpha(len(shown)), color=KNOWN, linewidths=0)
    ends = [q.true.min(), q.true.max()]
    axes.plot(ends, ends, color="black", linewidth=1)
    if p.problem.log:
        _logarithmic(axes, "x")
        _logarithmic(axes, "y")
    _label(axes, f"{_score(p)}, true", f"predicted without that design{more}")
    return _png(figure)


def backtest_picture(test: Backtest) -> bytes:
    """The share of the first picks that lie in the hidden best fifth, a line a method."""
    figure, axes = _canvas(WIDTH, 4.2)
    dashes = cycle(("--", "-."))  # no line is told from the others by its colour alone
    for name, share in test.shares.items():
        own: dict[str, Any] = {"linestyle": next(dashes)}
        if name == "torchbdi":
            own = {"color": PROPOSED, "linewidth": 2.5}
        elif name == "random order":
            own = {"color": "gray", "linestyle": ":"}
        axes.plot(np.arange(1, len(share) + 1), share, label=name, **own)
    axes.set_ylim(0, 1.02)
    _label(axes, "first picks", "share of them in the hidden best fifth")
    _whole(axes.xaxis)
    axes.legend(fontsize=8)
    return _png(figure)


def error_picture(p: Proposals) -> bytes:
    """Leave-one-out error against the distance to the nearest other design."""
    figure, axes = _canvas(WIDTH, 4.2)
    q = p.quality
    # Distances of zero cannot stand on a logarithmic axis, and those of equal grids need no room.
    positive = q.gaps[q.gaps > 0]
    ends = positive.min(), max(positive.max(), p.distance.max(), q.far)
    places = np.geomspace(ends[0], ends[1] * 1.001, 200)
    errors = np.abs(q.true - q.predicted)
    high = np.quantile(errors, 1 - EDGE, method="lower")
    told = ~p.unknown
    shown, more = _within(errors, 0, max([high, *p.error[told]]))
    axes.scatter(
        q.gaps, shown, s=12, alpha=_alpha(len(shown)), color=KNOWN, linewidths=0,
        label="known design",
    )  # fmt: skip
    axes.plot(places, q.error_at(places), color="black", linewidth=1.2, label="root mean square")
    axes.scatter(p.distance[told], p.error[told], s=22, color=PROPOSED, label="proposal", zorder=3)
    axes.axvline(q.far, color="gray", linestyle=":", label="99 % of known designs")
    _logarithmic(axes, "x")
    if p.problem.log:
        _logarithmic(axes, "y")
    _label(axes, "distance to the nearest known design", f"error of {_score(p)}{more}")
    figure.legend(loc="outside upper center", ncols=2, fontsize=8)  # inside it may hide points
    return _png(figure)


def score_picture(p: Proposals) -> bytes:
    """Scores of known designs, and predicted scores of the proposals with their errors."""
    figure, axes = _canvas(WIDTH, 3.2)
    scores = p.problem.scores
    edges = np.geomspace(scores.min(), scores.max(), 51) if p.problem.log else 50
    axes.hist(scores, bins=edges, color=KNOWN, alpha=0.6, label="known designs")
    _logarithmic(axes, "y", least=1)
    axes.set_ylim(bottom=0.6)  # one design alone can be seen
    if p.problem.log:
        _logarithmic(axes, "x")
    _label(axes, _score(p), "known designs")
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
        _whole(twin.yaxis)
    figure.legend(loc="outside upper right", ncols=2, fontsize=8)
    return _png(figure)


def where_picture(p: Proposals) -> bytes | None:
    """Where every proposal lies in each column among the known designs; None for sequences alone.

    The known designs are a cloud, darker where they are many. The proposals are points, the first
    one at the top; what lies outside the known range is seen as such.
    """
    columns = shown_columns(p)
    if not columns:
        return None
    figure, all_axes = _canvas(WIDTH, 0.3 + 0.62 * len(columns), rows=len(columns))
    # A seed that no table is made with: heights of the numbers themselves would be a slope.
    jitter = np.random.default_rng(20220911).uniform(-0.3, 0.3, len(p.problem.scores))
    order = np.linspace(0.3, -0.3, len(p)) if len(p) > 1 else np.zeros(1)
    for axes, column in zip(np.atleast_1d(all_axes), columns, strict=True):
        known, own = places(p, column)
        axes.scatter(known, jitter, s=6, alpha=_alpha(len(known), 0.05), color=KNOWN, linewidths=0)
        axes.scatter(own, order, s=22, color=PROPOSED, edgecolors="white", linewidths=0.5, zorder=3)
        if isinstance(column, Numbers):
            if p.problem.grids[column.name].number.log:
                _logarithmic(axes, "x")
        else:
            step = -(-len(column.classes) // MOST_TICKS)
            ticks = range(0, len(column.classes), step)
            names = short_names([column.classes[i] for i in ticks])
            axes.set_xticks(list(ticks))
            axes.set_xticklabels(
                [lettered(name)[0] for name in names], fontsize=7, **lettered("".join(names))[1]
            )
        axes.set_yticks([])
        axes.set_ylim(-0.5, 0.5)
        axes.tick_params(labelsize=7)
        axes.xaxis.get_offset_text().set_fontsize(7)
        name, fonts = lettered(shortened(column.name, COLUMN_LETTERS))
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8, **fonts)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    return _png(figure)


def shown_columns(p: Proposals) -> list[Numbers | Classes]:
    """The columns of the picture of where proposals lie, in the order of the table."""
    columns = [c for c in p.problem.space.columns if isinstance(c, Numbers) or not c.sequence]
    first = sorted(columns, key=lambda c: -_spread(p, c))[:SHOWN_COLUMNS]
    return [c for c in columns if c in first]


def places(p: Proposals, column: Numbers | Classes) -> tuple[np.ndarray, np.ndarray]:
    """Where designs lie in a column: numbers, or near the place of their class.

    Returns:
        The known designs (N,), and the proposals (n,).
    """
    known, own = p.problem.values[column.name], p.columns[column.name]
    if isinstance(column, Numbers):
        return known.astype(np.float64), own.astype(np.float64)
    place = {name: float(i) for i, name in enumerate(column.classes)}
    beside = np.random.default_rng(1).uniform(-0.15, 0.15, len(known) + len(own))
    at = np.array([place[v] for v in [*known, *own]]) + beside
    return at[: len(known)], at[len(known) :]


def _spread(p: Proposals, column: Numbers | Classes) -> float:
    """How far proposals lie from the designs they are told from: such columns are shown first."""
    known, own = places(p, column)
    return float(np.abs(own - known[p.start]).mean() / max(float(known.std()), 1e-300))


def _alpha(n: int, least: float = 0.3) -> float:
    """How dark one of n points is: a few can be seen each, many as a cloud."""
    return float(np.clip(100 / n, least, 0.8))


def _score(p: Proposals) -> str:
    return shortened(p.problem.score, SCORE_LETTERS)


def _within(values: np.ndarray, low: float, high: float) -> tuple[np.ndarray, str]:
    """Values with those far beyond the edges put on them, so that a few leave room for the others.

    Returns:
        The values (N,), and what to add to the label of their axis.
    """
    room = (high - low) / 2
    low = low if values.min() < low - room else -np.inf
    high = high if values.max() > high + room else np.inf
    beyond = int(((values < low) | (values > high)).sum())
    return np.clip(values, low, high), f"\n({beyond} beyond the edge)" if beyond else ""


def _canvas(width: float, height: float, rows: int = 1) -> tuple[Any, Any]:
    # The object-oriented interface needs no display and touches no global state.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=LAYOUT)
    return figure, figure.subplots(rows)


def _logarithmic(axes: Axes, which: Literal["x", "y"], least: float = 0) -> None:
    """Plain numbers at the ticks: a power of ten with a factor is so wide that it meets others.

    No tick below ``least`` is named: there is no half of a design.
    """
    from matplotlib.ticker import LogFormatter

    class Plain(LogFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return f"{x:g}" if x >= least and super().__call__(x, pos) else ""

    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(Plain())
    axis.set_minor_formatter(Plain())


def _whole(axis: Axis) -> None:
    """Ticks for what is counted: no halves of a proposal."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(9, integer=True, min_n_ticks=1))


def _label(axes: Axes, x: str, y: str) -> None:
    for text, place in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        shown, fonts = lettered(text)
        place(shown, **fonts)
    axes.grid(alpha=0.3)


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    # Without the name and version of the program the bytes depend on the picture alone.
    figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    return file.getvalue()
