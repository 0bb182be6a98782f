"""What stands at the axes of a report's pictures can be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from proposer_quick import be_quick
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.report import drawing, pictures
from torchbdi.proposer.result import Proposals

LONG = "isolated yield of the purified product over three steps, corrected for solvent (%)"


def proposed(monkeypatch: pytest.MonkeyPatch, n: int, score: str = "y") -> Proposals:
    """Proposals for 30 rows, and pictures that stay figures."""
    be_quick(monkeypatch.setattr)
    monkeypatch.setattr(drawing, "png", lambda figure: figure)
    monkeypatch.setattr(drawing, "LAYOUT", "constrained")

    class Scores(np.ndarray):
        name = score

    x = np.random.default_rng(0).uniform(size=(30, 2))
    return torchbdi.propose(Frame(a=x[:, 0], b=x[:, 1]), x.sum(1).view(Scores), n=n, progress=False)


@pytest.mark.parametrize("n", [1, 2, 16])
def test_proposals_are_counted_in_whole_numbers(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    figure: Any = pictures.score_picture(proposed(monkeypatch, n))
    figure.draw_without_rendering()
    (twin,) = (axes for axes in figure.axes if axes.get_ylabel() == "proposal")
    low, high = sorted(twin.get_ylim())
    ticks = [tick for tick in twin.get_yticks() if low <= tick <= high]
    assert ticks and all(tick == round(tick) and 1 <= tick <= n for tick in ticks)


def test_no_axis_counts_proposals_that_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    p = proposed(monkeypatch, 2)
    p.unknown[:] = True
    figure: Any = pictures.score_picture(p)
    assert [axes.get_ylabel() for axes in figure.axes] == ["known designs"]


def test_one_known_design_is_a_bar_that_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    figure: Any = pictures.score_picture(proposed(monkeypatch, 2))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert axes.get_ylim()[0] < 0.7
    shown = [tick.get_text() for tick in axes.get_yticklabels(which="both")]
    assert all(float(text) >= 1 for text in shown if text)


def test_names_are_not_cut_at_the_edge_of_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    p = proposed(monkeypatch, 2, LONG)
    drawn = (pictures.leave_one_out_picture, pictures.error_picture, pictures.score_picture)
    for picture in drawn:
        figure: Any = picture(p)
        figure.draw_without_rendering()
        edge = figure.bbox
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                box = axis.label.get_window_extent()
                assert edge.x0 <= box.x0 and box.x1 <= edge.x1, axis.label.get_text()
                assert edge.y0 <= box.y0 and box.y1 <= edge.y1, axis.label.get_text()


def test_a_legend_hides_no_point(monkeypatch: pytest.MonkeyPatch) -> None:
    figure: Any = pictures.error_picture(proposed(monkeypatch, 2))
    figure.draw_without_rendering()
    (axes,), (legend,) = figure.axes, figure.legends
    assert legend.get_window_extent().y0 >= axes.get_window_extent().y1
    assert axes.get_legend() is None


def test_methods_are_not_told_apart_by_colour_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchbdi.proposer.search.backtest import Backtest

    monkeypatch.setattr(drawing, "png", lambda figure: figure)
    names = ("torchbdi", "random forest", "Gaussian process", "random order")
    shares = {name: np.linspace(1, 0.5, 8) for name in names}
    figure: Any = pictures.backtest_picture(Backtest(shares, 8, 40, 5, 8))
    styles = {(line.get_linestyle(), line.get_linewidth()) for line in figure.axes[0].lines}
    assert len(styles) == 4
