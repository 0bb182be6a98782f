"""What the pictures of a report are drawn with: sizes, colours, axes, and the file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .lettering import lettered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

KNOWN, PROPOSED = "#4c72b0", "#c44e52"
# Inches: so that letters can be read on a screen of 390 pixels.
WIDTH = 4.8
# The layout engine takes half of the time of a picture.
LAYOUT: Literal["constrained"] | None = "constrained"
# Twice what a screen of usual density shows: phones and printers have it.
DPI = 220


def opacity(n: int, least: float = 0.3) -> float:
    """How dark one of n points is: a few can be seen each, many as a cloud."""
    return float(np.clip(100 / n, least, 0.8))


def within(values: np.ndarray, low: float, high: float) -> tuple[np.ndarray, str]:
    """Values with those far beyond the edges put on them, so that a few leave room for the others.

    Returns:
        The values (N,), and what to add to the label of their axis.
    """
    room = (high - low) / 2
    low = low if values.min() < low - room else -np.inf
    high = high if values.max() > high + room else np.inf
    beyond = int(((values < low) | (values > high)).sum())
    return np.clip(values, low, high), f"\n({beyond} beyond the edge)" if beyond else ""


def canvas(height: float, rows: int = 1) -> tuple[Any, Any]:
    """A figure of so many inches, as wide as all are, and its axes, below each other."""
    # The object-oriented interface needs no display and touches no global state.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout=LAYOUT)
    return figure, figure.subplots(rows)


def logarithmic(axes: Axes, which: Literal["x", "y"], least: float = 0, even: float = 0) -> None:
    """Plain numbers at the ticks: a power of ten with a factor is so wide that it meets others.

    No tick below ``least`` is named: there is no half of a design. Up to ``even`` the axis is
    even, so that 0 has a place.
    """
    from matplotlib.ticker import LogFormatter

    class Plain(LogFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return f"{x:g}" if x >= least and super().__call__(x, pos) else ""

    scale = axes.set_xscale if which == "x" else axes.set_yscale
    if even:
        scale("symlog", linthresh=even)
    else:
        scale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(Plain())
    axis.set_minor_formatter(Plain())


def whole_ticks(axis: Axis) -> None:
    """Ticks for what is counted: no halves of a proposal."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(9, integer=True, min_n_ticks=1))


def label(axes: Axes, x: str, y: str) -> None:
    """What stands at both axes, and a grid."""
    for text, place in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        shown, fonts = lettered(text)
        place(shown, **fonts)
    axes.grid(alpha=0.3)


def png(figure: Any) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    # Without the name and version of the program the bytes depend on the picture alone.
    figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})
    return file.getvalue()
