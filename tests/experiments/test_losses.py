"""The picture of what a run logged: every line can be seen, and told from the others."""

from __future__ import annotations

from pathlib import Path

from experiments.runs.history import History
from experiments.runs.losses import losses_figure


def logged(folder: Path) -> History:
    history = History(folder / "log.jsonl")
    for step in range(1, 21):
        row = {"loss/total": 10.0 / step**2, "loss/part": 5.0 / step**2, "distance/x_h": step - 1.0}
        row["prediction/mean"] = 2.0 + step / 10
        if step % 10 == 0:
            row["loss/seldom"] = 1.0 / step
        history.add(step, 0.0, row, False)
    history.close()
    return history


def test_what_is_logged_now_and_then_is_a_line(tmp_path: Path) -> None:
    loss, *_ = losses_figure(logged(tmp_path)).axes
    (seldom,) = (line for line in loss.lines if line.get_label() == "seldom")
    assert seldom.get_xydata().tolist() == [[10, 0.1], [20, 0.05]]


def test_lines_are_not_told_apart_by_colour_alone(tmp_path: Path) -> None:
    loss, *_ = losses_figure(logged(tmp_path)).axes
    assert len({line.get_linestyle() for line in loss.lines}) == len(loss.lines) == 3


def test_axes_are_logarithmic_where_that_hides_nothing(tmp_path: Path) -> None:
    """A distance begins at 0, which such an axis has not, and a factor of two needs none."""
    loss, distance, prediction = losses_figure(logged(tmp_path)).axes
    assert loss.get_yscale() == "log"
    assert distance.get_yscale() == prediction.get_yscale() == "linear"
    assert (loss.get_ylabel(), distance.get_ylabel()) == ("loss", "distance/x_h")
