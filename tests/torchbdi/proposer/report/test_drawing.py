"""Axes and edges of a report's pictures."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi.proposer.report import drawing


def test_ticks_of_a_logarithmic_axis_are_plain_numbers() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.subplots()
    axes.plot([0.18, 1.4], [3, 70])
    drawing.logarithmic(axes, "x")
    drawing.logarithmic(axes, "y")
    figure.canvas.draw()
    for axis, some in ((axes.xaxis, {"0.2", "1"}), (axes.yaxis, {"10"})):
        shown = {tick.get_text() for tick in axis.get_ticklabels(which="both")} - {""}
        assert some <= shown and all(f"{float(text):g}" == text for text in shown)


def test_a_few_far_points_leave_room_for_the_others_in_a_picture() -> None:
    values = np.array([0.0, 1, 2, 3, 100])
    shown, more = drawing.within(values, 0, 3)
    assert shown.tolist() == [0, 1, 2, 3, 3]
    assert more == "\n(1 beyond the edge)"
    shown, more = drawing.within(-values, -3, 0)
    assert shown.tolist() == [0, -1, -2, -3, -3]
    shown, more = drawing.within(values[:4], 0.5, 2.5)  # not far: nothing is moved
    assert shown.tolist() == [0, 1, 2, 3]
    assert more == ""


def test_0_has_a_place_on_an_axis_of_logarithms() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = figure.subplots()
    axes.plot([0, 0.01, 0.1, 1], [0, 1, 2, 3])
    drawing.logarithmic(axes, "x", even=0.01)
    figure.canvas.draw()
    places = axes.transData.transform([[v, 0.0] for v in (0, 0.01, 0.1, 1)])[:, 0]
    assert np.isfinite(places).all()
    gaps = np.diff(places)
    assert np.isclose(gaps[1], gaps[2]) and 0.5 < gaps[0] / gaps[1] < 2
    shown = {tick.get_text() for tick in axes.xaxis.get_ticklabels(which="both")}
    assert {"0", "1"} <= shown
