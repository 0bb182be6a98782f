"""The command line: what it loads, what it writes, and what it says meanwhile."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import proposer_processes as processes
import pytest
from forked import finished
from proposer_folders import contents, words
from proposer_quick import be_quick
from proposer_tables import plain, text

from torchbdi.__main__ import main
from torchbdi.proposer.digits import digits
from torchbdi.proposer.reading.file import read_table

ROWS = plain()
PLAIN = text(ROWS)


def test_what_is_written(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "out"
    assert main(words(data, out)) == 0
    printed = capsys.readouterr().out
    names = sorted(path.name for path in out.iterdir())
    assert names.pop(1).startswith("events.out.tfevents")
    assert names == ["config.json", "proposals.csv", "report.html", "run.json"]
    assert not list(out.parent.glob("*.part"))
    with (out / "proposals.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "temp", "metal", "seq", "predicted_tc", "error", "distance", "nearest_row", "nearest_tc",
        "start_row", "far_outside", "note",
    ]  # fmt: skip
    assert len(rows) == 5
    table = read_table(data)
    by_row = dict(zip(table.rows.tolist(), table.columns["tc"], strict=True))
    for row in rows:
        assert 20 <= float(row["temp"]) <= 80
        assert row["metal"] in ("Fe", "Ni")
        assert re.fullmatch("[ACGT]{4}", row["seq"])
        assert float(row["nearest_tc"]) == pytest.approx(float(by_row[int(row["nearest_row"])]))
        assert float(row["error"]) > 0
    predicted = [float(row["predicted_tc"]) for row in rows]
    assert predicted == sorted(predicted, reverse=True)
    assert digits(predicted[0], float(rows[0]["error"])) in printed
    assert str(out / "report.html") in printed
    config = json.loads((out / "config.json").read_text())
    assert config["settings"]["ignore"] == ["lot"]
    assert config["method"]["depths"] == [1, 2, 3, 4, 6, 8]
    assert config["settings"]["acquisition"] == "ucb"
    assert "seconds" in json.loads((out / "run.json").read_text())


def test_tensorboard_events_hold_the_rounds(data: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out = tmp_path / "out"
    assert finished(processes.command, words(data, out), str(tmp_path / "log")) == 0
    events = EventAccumulator(str(out))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {"search/best", "leave_one_out/r2"} <= tags
    best = [event.value for event in events.Scalars("search/best")]
    assert best == sorted(best)


def test_the_configuration_gives_the_same_bytes(data: Path, tmp_path: Path) -> None:
    first, second, log = tmp_path / "first", tmp_path / "second", str(tmp_path / "log")
    argv = words(data, first, "--bounds", "temp=30:70.5", "--fix", "metal=Ni", "--minimize")
    assert finished(processes.command, argv, log) == 0
    again = ["propose", str(data), "--config", str(first / "config.json"), "-o", str(second)]
    assert finished(processes.command, again, log) == 0, Path(log).read_text()
    assert contents(first) == contents(second)
    settings = json.loads((first / "config.json").read_text())["settings"]
    assert settings["bounds"] == {"temp": [30, 70.5]}
    assert settings["fix"] == {"metal": "Ni"}


def test_python_dash_m_and_the_console_script() -> None:
    script = Path(sys.executable).with_name("torchbdi")
    helps = [
        subprocess.run([*start, "propose", "--help"], capture_output=True, text=True, check=True)
        for start in ([sys.executable, "-m", "torchbdi"], [script])
    ]
    assert helps[0].stdout == helps[1].stdout
    assert "--minimize" in helps[0].stdout


def test_time_is_told_for_what_takes_long(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars with the time left appear after two seconds; here the clock is made to run faster."""
    from tqdm import tqdm

    plain = tqdm.__init__

    def at_once(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **{**kwargs, "delay": 0, "mininterval": 0})

    monkeypatch.setattr(tqdm, "__init__", at_once)
    be_quick(monkeypatch.setattr)
    assert main(words(data, tmp_path / "out")) == 0
    error = capsys.readouterr().err
    for name in ("Cholesky 80", "Leave-one-out 80", "Search"):
        assert re.search(rf"{name}:?\s+\d+%.*<", error), error


def test_help_and_refusals_are_quick(tmp_path: Path) -> None:
    """Neither torch nor Lightning is loaded, and a second of processor time is enough."""
    (tmp_path / "t.csv").write_text(PLAIN)
    code = f"""
import sys, time
import pandas
start = time.process_time()
from torchbdi.__main__ import main
for words in (["--help"], ["propose", {str(tmp_path / "t.csv")!r}, "--score", "x", "-o", "out"],
              ["propose", {str(tmp_path / "t.csv")!r}, "--score", "yield", "--ignore", "temp",
               "--ignore", "time", "--ignore", "conc", "-o", "out"]):
    try:
        main(words)
    except SystemExit:
        pass
seconds = time.process_time() - start
heavy = [m for m in ("torch", "lightning", "matplotlib", "scipy") if m in sys.modules]
print("loaded", heavy, seconds)
assert not heavy and seconds < 1
"""
    for _ in range(3):  # the machine may be busy
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert "loaded []" in done.stdout, done.stdout + done.stderr
        assert "no column is left that varies" in done.stderr
        if done.returncode == 0:
            return
    pytest.fail(done.stdout)
