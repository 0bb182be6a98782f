"""What a method tells its run: numbers of steps, and designs along the way."""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from experiments.runs.history import History
from experiments.runs.losses import write_losses
from experiments.runs.recorder import Recorder
from torchbdi import InputError


def recorder(folder: Path) -> Recorder:
    return Recorder(path=folder, bars=False, trajectory_every=2, designs=3, width=2)


def test_what_is_logged_of_one_step_stands_together(tmp_path: Path) -> None:
    run = recorder(tmp_path)
    for step in (1, 2, 3):
        run.log(step, loss=step / 2)
        run.log(step, **{"more/a": torch.tensor(step), "more/b": np.float32(0.5)})
    run.close()
    assert History(tmp_path / "log.jsonl").rows == run.history.rows
    write_losses(tmp_path, run.history)
    lines = list(csv.reader((tmp_path / "losses.csv").open()))
    assert lines == [["step", "loss", "more/a", "more/b"]] + [
        [str(step), str(step / 2), str(step), "0.5"] for step in (1, 2, 3)
    ]
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    for name in ("loss", "more/a", "seconds/step"):
        assert [point.step for point in events.Scalars(name)] == [1, 2, 3]


def test_the_first_step_is_timed_from_the_bar_of_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("experiments.runs.recorder.time.perf_counter", lambda: float(next(clock)))
    run = recorder(tmp_path)
    for _ in range(20):
        assert run.seconds > 0  # a solve, during which the clock goes on
    with run.progress(3, "steps"):
        for step in (1, 2, 3):
            run.log(step, loss=1.0)
    run.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    first, *rest = [point.value for point in events.Scalars("seconds/step")]
    assert first == pytest.approx(rest[0])


def test_a_resumed_step_takes_the_place_of_the_old_one_and_of_later_ones(tmp_path: Path) -> None:
    for names in (("a", "b"), ("c", "d")):
        run = recorder(tmp_path)
        for step in (2,) if run.history.rows else (1, 2, 3):
            for name in names:
                run.log(step, **{name: 1.0})
        run.close()
    assert run.history.rows == {1: {"a": 1.0, "b": 1.0}, 2: {"c": 1.0, "d": 1.0}}


def test_numbers_that_are_not_finite_are_numbers(tmp_path: Path) -> None:
    run = recorder(tmp_path)
    run.log(np.int64(1), loss=math.nan, size=math.inf)  # type: ignore[arg-type]
    run.close()
    (row,) = History(tmp_path / "log.jsonl").rows.values()
    assert math.isnan(row["loss"])
    assert row["size"] == math.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_losses(tmp_path, run.history)
    assert (tmp_path / "losses.csv").read_text() == "step,loss,size\n1,nan,inf\n"


@pytest.mark.parametrize(
    ("tell", "words"),
    [
        (lambda run: run.log(0, loss=1.0), "step must be an integer >= 1, got 0"),
        (lambda run: run.log(1.5, loss=1.0), "step must be an integer >= 1, got 1.5"),
        (lambda run: run.log(1, loss="a"), "loss must be a number, got the text 'a'"),
        (lambda run: run.log(1, loss=None), "loss must be a number, got None"),
        (lambda run: run.log(1, loss=True), "loss must be a number, got True"),
        (lambda run: run.log(1, loss=torch.ones(2)), r"got Tensor of shape \(2,\)"),
        (lambda run: run.keep(-1, torch.ones(3, 2)), "step must be an integer >= 0, got -1"),
        (lambda run: run.keep(1, torch.ones(2, 2)), r"n = 3, .* got \(2, 2\)"),
        (lambda run: run.keep(1, torch.ones(3, 1, 2)), r"must be \(n, D\).* got \(3, 1, 2\)"),
        (lambda run: run.keep(1, torch.ones(3, 4)), r"D = 2, got \(3, 4\)"),
        (lambda run: run.keep(1, None), "x must hold numbers, got None"),
        (lambda run: run.keep(2, torch.full((3, 2), torch.nan)), "step 2: x contains NaN or inf"),
    ],
)
def test_what_is_something_else_is_refused(
    tell: Callable[[Any], None], words: str, tmp_path: Path
) -> None:
    run = recorder(tmp_path)
    with pytest.raises(InputError, match=f"Run.*{words}"):
        tell(run)
    run.close()
    assert not run.history.rows
    assert not (tmp_path / "trajectory").exists()


def test_arrays_are_kept_as_tensors_are(tmp_path: Path) -> None:
    run, x = recorder(tmp_path), np.arange(6.0).reshape(3, 2)
    run.keep(2, x)
    run.keep(4, torch.from_numpy(x))
    run.close()
    one, other = ((tmp_path / "trajectory" / f"step-{s:06d}.npy").read_bytes() for s in (2, 4))
    assert one == other
