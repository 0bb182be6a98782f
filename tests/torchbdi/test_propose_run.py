"""The command line: what it writes, and that nothing is lost or half there whatever happens."""

from __future__ import annotations

import csv
import fcntl
import html
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import propose_children as children
import pytest
import torch
from forked import PATIENCE, child, finished

import torchbdi
from torchbdi.__main__ import main
from torchbdi.kernels.files import last_good_state, write_state
from torchbdi.proposer.digits import digits
from torchbdi.proposer.folder import RunFolder
from torchbdi.proposer.model.kept import model_of, solve_of
from torchbdi.proposer.reading.file import read_table
from torchbdi.proposer.settings import Settings

SAME = ("proposals.csv", "report.html", "config.json")


def write_table(path: Path, n: int = 80) -> Path:
    rng = np.random.default_rng(0)
    lines = ["temp,metal,seq,lot,tc"]
    for i in range(n):
        temp, metal = rng.uniform(20, 80), rng.choice(["Fe", "Ni"])
        seq = "".join(rng.choice(list("ACGT"), 4))
        score = -abs(temp - 60) + 3 * (metal == "Ni") + seq.count("G")
        lines.append(f"{temp:.3f},{metal},{seq},lot-{i},{score:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_table(tmp_path / "data.csv")


def words(data: Path, out: Path, *more: str) -> list[str]:
    score = [] if "--score" in more else ["--score", "tc"]
    chosen = [*score, "--ignore", "lot", "--sequence", "seq", "-n", "5"]
    return ["propose", str(data), *chosen, "-o", str(out), *more]


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in SAME}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the command leaves when nobody disturbs it."""
    folder = tmp_path_factory.mktemp("whole")
    log = folder / "log"
    argv = words(write_table(folder / "data.csv"), folder / "out")
    assert finished(children.command, argv, str(log)) == 0, log.read_text()
    return contents(folder / "out")


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
    assert finished(children.command, words(data, out), str(tmp_path / "log")) == 0
    events = EventAccumulator(str(out))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {"search/best", "leave_one_out/r2"} <= tags
    best = [event.value for event in events.Scalars("search/best")]
    assert best == sorted(best)


def test_the_report_stands_alone(whole: dict[str, bytes]) -> None:
    text = whole["report.html"].decode()
    assert text.count("data:image/png;base64,") == 4
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "<script" not in text
    plain = html.unescape(re.sub(r"<[^>]+>", " ", text))
    for words in (
        "Proposals for data.csv: tc, high is good", "Is the model any good", "Rank correlation",
        "What is proposed, and why", "How far it lies from what is known", "told from",
        "What to be careful about", "proposals are predicted above it", "of depth",
    ):  # fmt: skip
        assert words in plain, words


def test_names_are_not_markup(tmp_path: Path) -> None:
    """Neither HTML nor matplotlib's mathematics, wherever a name or a value can stand."""
    x = np.random.default_rng(0).uniform(size=(30, 2))
    evil = "<script>$\\frac{"
    frame = {evil: x[:, 0], "$": x[:, 1], "kind": np.array([evil, "b"] * 15)}

    class Frame(dict):
        columns = property(list)

    class Scores(np.ndarray):
        name = evil + "y"

    torchbdi.propose(Frame(frame), x.sum(1).view(Scores), n=2, out=tmp_path / "out", progress=False)
    text = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_configuration_gives_the_same_bytes(data: Path, tmp_path: Path) -> None:
    first, second, log = tmp_path / "first", tmp_path / "second", str(tmp_path / "log")
    argv = words(data, first, "--bounds", "temp=30:70.5", "--fix", "metal=Ni", "--minimize")
    assert finished(children.command, argv, log) == 0
    again = ["propose", str(data), "--config", str(first / "config.json"), "-o", str(second)]
    assert finished(children.command, again, log) == 0, Path(log).read_text()
    assert contents(first) == contents(second)
    settings = json.loads((first / "config.json").read_text())["settings"]
    assert settings["bounds"] == {"temp": [30, 70.5]}
    assert settings["fix"] == {"metal": "Ni"}


def said(capsys: pytest.CaptureFixture[str], argv: list[str]) -> str:
    assert main(argv) == 1
    bars, error = re.fullmatch(r"((?:\r[^\n]*\n)*)(.*)", capsys.readouterr().err, re.S).groups()
    assert error.startswith("error: "), bars + error  # bars are there where a step takes its time
    assert "Traceback" not in error
    return str(error)


def test_a_configuration_of_something_else(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.json"
    argv = ["propose", str(data), "--config", str(config), "-o", str(tmp_path / "out")]
    assert "cannot be read" in said(capsys, argv)
    for text in ("{", "[]", "{}", '{"data": 1, "score": 2, "settings": 3}', "\x00"):
        config.write_text(text)
        assert "not the config.json" in said(capsys, argv)
    good = Settings(n=5).to_json()
    config.write_text(json.dumps({"data": {"sha256": "0", "name": "b"}, "scores": ["tc"],
                                  "settings": good}))  # fmt: skip
    assert "not the file that" in said(capsys, argv)
    assert "drop score" in said(capsys, [*argv, "--score", "tc"])
    assert "drop fix" in said(capsys, [*argv, "--fix", "temp"])
    config.write_text(json.dumps({"data": {"sha256": "0"}, "scores": ["tc"], "settings": {"n": 5}}))
    assert "another version" in said(capsys, argv)
    for name, value in (
        ("minimize", "no"), ("n", "5"), ("steps", {"temp": "5"}), ("bounds", {"temp": ["low", 20]}),
        ("bounds", {"temp": 20}), ("ignore", "temp"), ("decimal", 3), ("takes", ["failed=0"]),
    ):  # fmt: skip
        wrong = {"data": {"sha256": "0"}, "scores": ["tc"], "settings": {**good, name: value}}
        config.write_text(json.dumps(wrong))
        assert f"these settings cannot have {name} = " in said(capsys, argv)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--bounds", "temp"], "write NAME=LOW:HIGH"),
        (["--bounds", "temp=1:high"], "write NAME=LOW:HIGH"),
        (["--bounds", "temp=5:1"], "not an interval"),
        (["--fix", "humidity"], "there is no column 'humidity'"),
        (["--fix", "metal=Zn"], "cannot be 'Zn'. It is one of Fe, Ni"),
        (["--category", "tc"], "'tc' is the score"),
        (["-n", "0"], "n must be a whole number"),
        (["--fix", "temp=60", "--fix", "temp=70"], "--fix: column 'temp' is given twice"),
        (["--bounds", "temp=1:2", "--bounds", "temp=1:3"], "'temp' is given twice"),
        (["--step", "temp=5", "--step", "temp=6"], "'temp' is given twice"),
        (["--ignore", "temp", "--ignore", "temp"], "--ignore temp is given twice"),
        (["--score", "tc", "--score", "tc"], "--score tc is given twice"),
        (["--score", "tx"], "there is no column 'tx'. Columns: temp, metal, seq, lot, tc"),
        (["--score", "metal"], "holds words and no number"),
    ],
)
def test_wrong_choices_are_answered_before_anything_is_made(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert message in said(capsys, words(data, tmp_path / "out", *more))
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_the_score_has_to_be_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["propose", str(data), "-o", str(tmp_path / "out")]
    assert "--score NAME is missing. Columns: temp, metal" in said(capsys, argv)
    assert "there is no column 'tx'" in said(capsys, [*argv, "--score", "tx"])


def test_a_fixed_column_may_have_a_sign_in_its_name(data: Path, tmp_path: Path) -> None:
    from torchbdi.proposer.arguments import PLAIN
    from torchbdi.proposer.choices import _fix, _settings

    assert _fix(["a=b=3", "c"], ["a=b", "c", "d"]) == {"a=b": "3", "c": None}
    assert _fix(["a=b", "c"], ["a=b", "c", "d"]) == {"a=b": None, "c": None}
    args = {**PLAIN, "bounds": ["a=b=-1:", "d=:2e3"]}
    made = _settings(type("Args", (), args))  # type: ignore[arg-type]
    assert made.bounds == {"a=b": (-1.0, None), "d": (None, 2000.0)}


def test_the_report_needs_matplotlib_and_says_so_first(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib_find_spec()
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *a: None if name == "matplotlib" else found(name)
    )
    monkeypatch.setattr("torchbdi.proposer.outputs.run", None)
    assert "pip install 'torchbdi[propose]'" in said(capsys, words(data, tmp_path / "out"))


def importlib_find_spec() -> Any:
    import importlib.util

    return importlib.util.find_spec


def test_python_dash_m_and_the_console_script() -> None:
    script = Path(sys.executable).with_name("torchbdi")
    helps = [
        subprocess.run([*start, "propose", "--help"], capture_output=True, text=True, check=True)
        for start in ([sys.executable, "-m", "torchbdi"], [script])
    ]
    assert helps[0].stdout == helps[1].stdout
    assert "--minimize" in helps[0].stdout


# From here on: interruptions.


def test_killed_before_every_write_it_goes_on(
    data: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    """kill -9 just before the first, second, third, first, ... file of a process is in place."""
    out, log = tmp_path / "out", str(tmp_path / "log")
    for attempt in range(40):
        code = finished(
            children.killed_before_write, words(data, out), log, 1 + attempt % 3 + attempt // 3
        )
        if code == 0:
            break
        assert code == -signal.SIGKILL, Path(log).read_text()
        assert not out.exists()
    assert code == 0, Path(log).read_text()
    assert attempt >= 5
    assert contents(out) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "log", "out"]


def test_killed_at_random_moments_it_goes_on(
    data: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    out, log = tmp_path / "out", str(tmp_path / "log")
    moments = random.Random(0)
    for _ in range(6):
        process = child(children.command, words(data, out), log)
        process.join(moments.uniform(0, 1.5))
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL), Path(log).read_text()
        if process.exitcode == 0:
            break
        assert not out.exists()
    if not out.exists():
        assert finished(children.command, words(data, out), log) == 0, Path(log).read_text()
    assert contents(out) == whole


def test_steps_done_are_not_done_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchbdi.proposer.pipeline as pipeline

    class StopError(Exception):
        pass

    def stop(*_: Any) -> None:
        raise StopError

    children.be_quick(monkeypatch.setattr)
    with monkeypatch.context() as patch:
        patch.setattr("torchbdi.proposer.outputs.proposals_csv", stop)
        with pytest.raises(StopError):
            main(words(data, tmp_path / "out"))
    monkeypatch.setattr(pipeline, "solve", stop)
    monkeypatch.setattr(pipeline, "choose", stop)
    assert main(words(data, tmp_path / "out")) == 0


def test_ctrl_c_says_how_to_go_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("torchbdi.proposer.pipeline.search", interrupt)
    assert main(words(data, tmp_path / "out")) == 130
    assert "The same command goes on" in capsys.readouterr().err
    assert (tmp_path / "out.part").is_dir()


def test_a_run_that_failed_is_not_in_the_way(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    children.be_quick(monkeypatch.setattr)
    data.write_text("x,y\n" + "".join(f"{i},{(i - 9) ** 2}\n" for i in range(20)))
    argv = ["propose", str(data), "--score", "y", "-n", "2", "-o", str(tmp_path / "out")]
    assert "the table is complete" in said(capsys, [*argv, "--bounds", "x=3:3"])
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]
    assert main([*argv, "--bounds", "x=0:25"]) == 0


def test_a_full_disk_loses_nothing(data: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    for room in (0, 100, 2500, 4000, 6000, 20_000):
        log = tmp_path / f"log{room}"
        assert finished(children.with_full_disk, words(data, out), str(log), room) == 1
        assert not out.exists()
        said = log.read_text()
        assert "cannot be written" in said, said
    log = tmp_path / "log"
    assert finished(children.command, words(data, out), str(log)) == 0, log.read_text()
    assert contents(out) == whole


def test_a_folder_that_cannot_be_written(data: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    log = tmp_path / "log"
    assert finished(children.without_rights, words(data, closed / "out"), str(log)) == 1
    assert "cannot be written (Permission denied)" in log.read_text()
    assert not list(closed.iterdir())
    assert finished(children.command, words(data, data / "out"), str(log)) == 1
    assert "Not a directory" in log.read_text()


def test_two_runs_into_one_folder(data: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    logs = [tmp_path / "log0", tmp_path / "log1"]
    both = [child(children.command, words(data, out), str(log)) for log in logs]
    for process in both:
        process.join(PATIENCE)
    assert sorted(process.exitcode for process in both) == [0, 1], [p.read_text() for p in logs]
    loser = logs[[process.exitcode for process in both].index(1)].read_text()
    assert "another run is writing" in loser or "is there already" in loser
    assert contents(out) == whole


def test_a_folder_that_is_in_use_or_taken(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, work = tmp_path / "out", tmp_path / "out.part"
    work.mkdir()
    holder = os.open(work, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    assert "another run is writing" in said(capsys, words(data, out))
    os.close(holder)
    (work / "config.json").write_text("{}")
    assert "other data or settings" in said(capsys, words(data, out))
    out.mkdir()
    (out / "mine.txt").touch()
    assert "is there already" in said(capsys, words(data, out))
    assert (out / "mine.txt").exists()
    out = data
    assert "is there already" in said(capsys, words(data, out))


def test_somebody_else_makes_the_folder_meanwhile(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        pytest.raises(torchbdi.InputError, match="made by somebody else meanwhile"),
        RunFolder(out, {}) as folder,
    ):
        out.mkdir()
        (out / "theirs").touch()
        folder.finish([])
    assert (tmp_path / "out.part" / "config.json").exists()


def test_a_run_that_finds_the_folder_moved_away(tmp_path: Path) -> None:
    """The other run finished between our look at the folder and our lock."""
    work = tmp_path / "out.part"
    with pytest.MonkeyPatch.context() as patch:

        def flock(lock: int, how: int) -> None:
            work.rename(tmp_path / "out")

        patch.setattr("torchbdi.kernels.atomic.fcntl.flock", flock)
        with pytest.raises(torchbdi.InputError, match="another run is writing"):
            RunFolder(tmp_path / "out", {}).__enter__()


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_saved_state_is_never_unpickled(tmp_path: Path) -> None:
    """A state file that somebody else has put into the folder is data, not a program."""
    proof, kept = tmp_path / "proof", io.BytesIO()
    torch.save({"step": Evil(proof)}, kept)
    for name in ("model.state", "solve.state"):
        write_state(tmp_path / name, kept.getvalue())
    with pytest.warns(UserWarning, match=r"model\.state is of no use"):
        assert last_good_state(tmp_path / "model.state", model_of) is None
    with pytest.warns(UserWarning, match=r"solve\.state is of no use"):
        assert last_good_state(tmp_path / "solve.state", lambda c: solve_of(c, 1)) is None
    assert not proof.exists()


def test_time_is_told_for_what_takes_long(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars with the time left appear after two seconds; here the clock is made to run faster."""
    from tqdm import tqdm

    plain = tqdm.__init__

    def at_once(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **{**kwargs, "delay": 0, "mininterval": 0})

    monkeypatch.setattr(tqdm, "__init__", at_once)
    children.be_quick(monkeypatch.setattr)
    assert main(words(data, tmp_path / "out")) == 0
    error = capsys.readouterr().err
    for name in ("Cholesky 80", "Leave-one-out 80", "Search"):
        assert re.search(rf"{name}:?\s+\d+%.*<", error), error
