"""The pictures of a report, as PNG files in memory."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from .columns import Numbers
from .result import Proposals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KNOWN, PROPOSED = "#4c72b0", "#c44e52"
# More columns than this do not fit beside each other.
SHOWN_COLUMNS = 24
# The share of designs at either end that may lie beyond the edge of a picture.
EDGE = 0.002


def leave_one_out_picture(p: Proposals) -> bytes:
    """Predicted against true score of known designs, each left out in turn."""
    figure, axes = _canvas(5, 4.4)
    q = p.quality
    low = np.quantile(q.predicted, EDGE, method="higher")
    high = np.quantile(q.predicted, 1 - EDGE, method="lower")
    shown, more = _within(q.predicted, min(low, q.true.min()), max(high, q.true.max()))
    axes.scatter(q.true, shown, s=8, alpha=0.4, color=KNOWN, linewidths=0, rasterized=True)
    ends = [q.true.min(), q.true.max()]
    axes.plot(ends, ends, color="black", linewidth=1)
    _label(axes, f"{p.problem.score}, true", f"predicted without that design{more}")
    return _png(figure)


def error_picture(p: Proposals) -> bytes:
    """Leave-one-out error against the distance to the nearest other design."""
    figure, axes = _canvas(5, 4.4)
    q = p.quality
    # Distances of zero cannot stand on a logarithmic axis, and those of equal grids need no room.
    positive = q.gaps[q.gaps > 0]
    ends = positive.min(), max(positive.max(), p.distance.max(), q.far)
    places = np.geomspace(ends[0], ends[1] * 1.001, 200)
    errors = np.abs(q.true - q.predicted)
    high = np.quantile(errors, 1 - EDGE, method="lower")
    shown, more = _within(errors, 0, max(high, p.error.max()))
    axes.scatter(q.gaps, shown, s=8, alpha=0.3, color=KNOWN, linewidths=0, label="known design")
    axes.plot(places, q.error_at(places), color="black", linewidth=1.2, label="root mean square")
    axes.scatter(p.distance, p.error, s=22, color=PROPOSED, label="proposal", zorder=3)
    axes.axvline(q.far, color="gray", linestyle=":", label="99 % of known designs")
    axes.set_xscale("log")
    _label(axes, "distance to the nearest known design", f"error of {p.problem.score}{more}")
    axes.legend(fontsize=8)
    return _png(figure)


def score_picture(p: Proposals) -> bytes:
    """Scores of known designs, and predicted scores of the proposals with their errors."""
    figure, axes = _canvas(10, 3.2)
    axes.hist(p.problem.scores, bins=50, color=KNOWN, alpha=0.6, label="known designs")
    axes.set_yscale("log")
    twin = axes.twinx()
    rank = np.arange(1, len(p) + 1)
    twin.errorbar(
        p.predicted, rank, xerr=p.error, fmt="o", ms=3, lw=0.8, color=PROPOSED, label="proposals"
    )
    twin.invert_yaxis()
    _label(axes, p.problem.score, "known designs")
    twin.set_ylabel("proposal")
    figure.legend(loc="outside upper right", ncols=2, fontsize=8)
    return _png(figure)


def movement_picture(p: Proposals) -> bytes | None:
    """How far every proposal moved in the columns of numbers; None where there are none."""
    names = [c.name for c in p.problem.space.columns if isinstance(c, Numbers)]
    if not names:
        return None
    moved = movements(p, names)
    order = np.argsort(-np.abs(moved).mean(0), kind="stable")[:SHOWN_COLUMNS]
    figure, axes = _canvas(10, 1.2 + 0.16 * len(p))
    limit = max(float(np.abs(moved).max()), 1e-12)
    image = axes.imshow(
        moved[:, order], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    axes.set_xticks(range(len(order)))
    axes.set_xticklabels([names[i][:16] for i in order], rotation=60, ha="right", parse_math=False)
    axes.set_ylabel("proposal")
    axes.set_yticks([0, len(p) - 1], ["1", str(len(p))])
    figure.colorbar(image, label="moved, in standard deviations")
    return _png(figure)


def movements(p: Proposals, names: list[str]) -> np.ndarray:
    """How far proposals moved from their starts in standard deviations of number columns.

    Args:
        p: the proposals.
        names: the columns.

    Returns:
        (n, len(names)).
    """
    known = [p.problem.values[name] for name in names]
    return np.stack(
        [
            (p.columns[name] - values[p.start]) / values.std()
            for name, values in zip(names, known, strict=True)
        ],
        axis=1,
    )


def _within(values: np.ndarray, low: float, high: float) -> tuple[np.ndarray, str]:
    """Values with those far beyond the edges put on them, so that a few leave room for the others.

    Returns:
        The values (N,), and what to add to the label of their axis.
    """
    room = (high - low) / 2
    low = low if values.min() < low - room else -np.inf
    high = high if values.max() > high + room else np.inf
    beyond = int(((values < low) | (values > high)).sum())
    return np.clip(values, low, high), f" ({beyond} beyond the edge)" if beyond else ""


def _canvas(width: float, height: float) -> tuple[Any, Axes]:
    # The object-oriented interface needs no display and touches no global state.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _label(axes: Axes, x: str, y: str) -> None:
    # A column's name may hold a dollar sign, which is not mathematics here.
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.grid(alpha=0.3)


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    # Without the name and version of the program the bytes depend on the picture alone.
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return file.getvalue()
