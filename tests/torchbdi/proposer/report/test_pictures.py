"""What stands at the axes of a report's pictures can be read."""

from __future__ import annotations

import pytest

from torchbdi.proposer.report.pictures import LONGEST_TICK, TICK_LETTERS, short_names


def test_names_at_ticks_fit_beside_each_other_and_differ() -> None:
    assert short_names(["DMF", "THF"]) == ["DMF", "THF"]
    alike = [
        "CC1=CC=C(N=C3)C3=C1B(O)O",
        "CC1=CC=C(N=C3)C3=C1B4OC(C)(C)C",
        "CC1=CC=C(N=C3)C3=C1[B-]",
    ]
    ends = [f"{i} of a long name" for i in range(4)]
    middles = ["a long name, at first", "a long name, at last", "another name, and so on"]
    for names in (alike, ends, middles, [f"catalyst number {i}" for i in range(8)]):
        shown = short_names(names)
        assert len(set(shown)) == len(names)
        assert max(map(len, shown)) <= LONGEST_TICK
        assert sum(map(len, shown)) + len(shown) <= TICK_LETTERS
    assert short_names(alike)[0] == "…B(O)O"


def test_ticks_of_a_logarithmic_axis_are_plain_numbers() -> None:
    figure = pytest.importorskip("matplotlib.figure").Figure()
    from torchbdi.proposer.report.pictures import _logarithmic

    axes = figure.subplots()
    axes.plot([0.18, 1.4], [3, 70])
    _logarithmic(axes, "x")
    _logarithmic(axes, "y")
    figure.canvas.draw()
    for axis, some in ((axes.xaxis, {"0.2", "1"}), (axes.yaxis, {"10"})):
        shown = {tick.get_text() for tick in axis.get_ticklabels(which="both")} - {""}
        assert some <= shown and all(f"{float(text):g}" == text for text in shown)
