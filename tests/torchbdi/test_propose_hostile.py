"""Propose with damaged states, a folder that fails under it, and texts that are programs."""

from __future__ import annotations

import csv
import dataclasses
import html
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import propose_children as children
import pytest
import torch
from forked import finished
from test_propose_run import contents, words, write_table

import torchbdi
from torchbdi.events import EventFile
from torchbdi.kernels.files import last_good_state, read_state, state_before
from torchbdi.proposer.folder import CONFIG, IDENTITY, RunFolder
from torchbdi.proposer.model.kept import solve_of
from torchbdi.proposer.model.problem import make_problem
from torchbdi.proposer.reading.file import read_table
from torchbdi.proposer.report.cells import columns_like_formulas, harmless, like_a_formula
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.settings import Settings


class Place:
    """Where one table is proposed for, and what an undisturbed run left."""

    def __init__(self, path: Path):
        self.path, self.log = path, path / "log"
        self.data, self.out = write_table(path / "data.csv"), path / "out"
        self.work = path / "out.part"

    def run(self, how: Any = children.command, *more: Any) -> int:
        self.log.write_text("")
        return finished(how, words(self.data, self.out), str(self.log), *more)

    def said(self) -> str:
        return self.log.read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    place = Place(tmp_path_factory.mktemp("whole"))
    assert place.run() == 0, place.said()
    return contents(place.out)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run that was killed after its search, so that it has every kind of state."""
    place = Place(tmp_path_factory.mktemp("stopped"))
    assert place.run(children.killed_at_the_report) == -9, place.said()
    return place


STATES = ("model.state", "solve.state", "search.pt", IDENTITY)


def copied(stopped: Place, tmp_path: Path) -> Place:
    place = Place(tmp_path)
    shutil.copytree(stopped.work, place.work)
    return place


def flip(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("model.state", "flipped"), ("solve.state", "flipped"), ("solve.state", "other"),
        ("search.pt", "flipped"), ("search.pt", "both flipped"), ("search.pt", "cut"),
        ("search.pt", "other"),
        (IDENTITY, "flipped"), (IDENTITY, "other"),
        ("solve.state", "folder"), ("search.pt", "folder"), (IDENTITY, "folder"),
    ],
)  # fmt: skip
def test_a_damaged_state_is_named_and_not_in_the_way(
    name: str, how: str, stopped: Place, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """The same command ends with the bytes of an undisturbed run, at the first try."""
    place, draw = copied(stopped, tmp_path), random.Random(name + how)
    state = place.work / name
    before = state_before(state)
    anew = how == "both flipped" or not before.exists()
    if how == "flipped":
        flip(state, draw)
    elif how == "both flipped":
        flip(state, draw)
        if before.exists():
            flip(before, draw)
    elif how == "folder":
        state.unlink()
        state.mkdir()
    elif how == "cut":
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    else:
        shutil.copyfile(place.work / ("solve.state" if name != "solve.state" else IDENTITY), state)
    assert place.run() == 0, place.said()
    assert "Traceback" not in place.said()
    assert "warning: " in place.said()
    assert str(state) in place.said()
    assert ("begins anew" in place.said()) == anew
    assert ("Going on from" in place.said()) == (not anew)
    assert contents(place.out) == whole
    left = {path.name for path in place.out.iterdir() if ".tfevents." not in path.name}
    assert left == {"config.json", "proposals.csv", "report.html", "run.json"}


def test_what_the_states_hold_before_and_after(stopped: Place) -> None:
    """So that the test above is about what it says: searches have a state before the newest."""
    assert state_before(stopped.work / "search.pt").exists()
    assert not state_before(stopped.work / "solve.state").exists()


@pytest.mark.parametrize("name", STATES)
def test_a_hundred_flips_are_found(name: str, stopped: Place, tmp_path: Path) -> None:
    path, draw = tmp_path / name, random.Random(name)
    for _ in range(100):
        shutil.copyfile(stopped.work / name, path)
        flip(path, draw)
        with pytest.raises(torchbdi.kernels.errors.DamagedStateError):
            read_state(path)


def test_a_solve_of_another_table_is_not_taken(stopped: Place) -> None:
    content = read_state(stopped.work / "solve.state")
    with pytest.raises(ValueError, match="the solve of 80 rows, not of 81"):
        solve_of(content, 81)
    assert len(solve_of(content, 80).coefficients) == 80


def test_a_damaged_configuration_is_mended(
    stopped: Place, whole: dict[str, bytes], tmp_path: Path
) -> None:
    place = copied(stopped, tmp_path)
    (place.work / CONFIG).write_bytes(b"\xff\xfe")
    assert place.run() == 0, place.said()
    assert contents(place.out) == whole


def test_work_of_0_1_0_is_gone_on_with(tmp_path: Path) -> None:
    """It had the configuration alone, and states without checksums."""
    work = tmp_path / "out.part"
    work.mkdir()
    (work / CONFIG).write_text('{\n  "a": 1\n}\n')
    (work / "solve.state").write_bytes(b"PK without a checksum")
    with RunFolder(tmp_path / "out", {"a": 1}) as folder:
        assert folder.resumed
        with pytest.warns(UserWarning, match=r"solve\.state is damaged: .* torchbdi 0\.1\.0"):
            assert last_good_state(folder.work / "solve.state", lambda c: solve_of(c, 1)) is None


@pytest.mark.parametrize(
    ("moment", "how"),
    [
        ("solving", "vanishes"), ("searching", "vanishes"), ("reporting", "vanishes"),
        ("searching", "is a file"), ("searching", "turns read-only"),
        ("reporting", "turns read-only"),
    ],
)  # fmt: skip
def test_a_folder_that_goes_away_under_a_run(
    moment: str, how: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    place = Place(tmp_path)
    assert place.run(children.whose_folder_goes, moment, how) == 1, place.said()
    lines = [line for line in place.said().splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, place.said()
    assert str(place.work) in lines[0]
    assert "Traceback" not in place.said()
    assert not place.out.exists()
    if how == "turns read-only":
        assert "Permission denied" in lines[0]
        assert "goes on from here" in lines[0]
        place.work.chmod(0o755)
        assert place.run() == 0, place.said()
        assert contents(place.out) == whole
    else:
        assert "vanished" in lines[0]
        assert place.work.exists() == (how == "is a file")


def test_a_disk_that_fails_under_the_events(tmp_path: Path) -> None:
    """The error reaches who writes, at once, names the file, and no thread prints anything."""
    code = f"""
import resource, signal, threading
from pathlib import Path
from torchbdi.events import EventFile
file = EventFile(Path({str(tmp_path)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    for step in range(10000):
        file.scalar("loss", 1.0, step)
except OSError as error:
    assert error.filename == str(file.path), error
    print("told at", step < 1000, error.strerror)
file.close()
assert threading.active_count() == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "told at True File too large\n"
    assert "Traceback" not in done.stderr


def test_events_are_read_back(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    first = EventFile(tmp_path)
    for step in range(4):
        first.scalar("loss", float(step), step)
    first.text("remark", "**bold**", 0)
    first.hparams({"lr": 0.1, "name": "a"}, {"hp/best": 0.5})
    first.close()
    second = EventFile(tmp_path, purge=2)  # a run that goes on from step 2
    second.scalar("loss", 20.0, 2)
    second.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(0, 0), (1, 1), (2, 20)]
    assert events.Scalars("hp/best")[0].value == 0.5
    assert "remark/text_summary" in events.Tags()["tensors"]
    with pytest.raises(FileNotFoundError):
        EventFile(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


# Texts that are programs.

EVIL = "=HYPERLINK(1)"
TEXTS = [EVIL, "+1+1", "-2+3", "@SUM(A1)", "\tx", "plain"]


class Frame(dict):  # type: ignore[type-arg]
    columns = property(list)


def formulas(out: Path, safe: bool) -> torchbdi.Proposals:
    x = np.random.default_rng(0).uniform(size=60)
    frame = Frame({"=name": np.array(TEXTS * 10, dtype=object), "x": x, "n": -x})
    return torchbdi.propose(frame, 2 * x, n=6, out=out, safe_csv=safe, progress=False)


@pytest.mark.parametrize("safe", [False, True])
def test_cells_like_formulas(safe: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children.be_quick(monkeypatch.setattr)
    proposals = formulas(tmp_path / "out", safe)
    with (tmp_path / "out" / "proposals.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    texts = [row[0] for row in rows]
    known = [str(text) for text in proposals.columns["=name"]]
    assert any(like_a_formula(text) for text in known)
    assert header[0] == ("'=name" if safe else "=name")
    assert texts == [f"'{t}" if safe and like_a_formula(t) else t for t in known]
    assert all(float(row[2]) < 0 for row in rows), "numbers are numbers"
    report = html.unescape((tmp_path / "out" / "report.html").read_text())
    assert "Texts of =name begin with = + - @ or a tab" in report
    assert ("--safe-csv" in report) == (not safe)


def test_what_a_formula_begins_with() -> None:
    for text in (EVIL, "+a", "-2+3", "@x", "\t1", "\r1", "-", "--1", "+1 2", "-1e", "=1"):
        assert like_a_formula(text), text
        assert harmless(text) == "'" + text
    for text in ("", "a=1", "-1", "+1", "-.5e-3", "1-2", "'=1", " =1", "-1."):
        assert not like_a_formula(text), text
        assert harmless(text) == text
    columns = {"a": np.array(["=1"], dtype=object), "b": np.array([-1.0]), "-c": np.array([1.0])}
    assert columns_like_formulas(columns) == ["a", "-c"]


def test_the_command_line_has_it_too(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.data.write_text(place.data.read_text().replace(",Fe,", ",=Fe,").replace(",Ni,", ",@Ni,"))
    argv = words(place.data, place.out, "--safe-csv")
    assert finished(children.command, argv, str(place.log)) == 0, place.said()
    with (place.out / "proposals.csv").open(newline="") as file:
        metals = {row["metal"] for row in csv.DictReader(file)}
    assert metals <= {"'=Fe", "'@Ni"}
    again = tmp_path / "again"
    argv = ["propose", str(place.data), "--config", str(place.out / CONFIG), "-o", str(again)]
    assert finished(children.command, argv, str(place.log)) == 0, place.said()
    assert contents(again) == contents(place.out)


def test_categories_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the list of what a proposal changes: there a category stands before and after."""
    children.be_quick(monkeypatch.setattr)
    rng = np.random.default_rng(0)
    kinds = ["<b>one</b>", "<i>other</i>"]
    kind, x = np.array(kinds * 30, dtype=object), rng.uniform(size=60)
    p = torchbdi.propose(Frame(kind=kind, x=x), 2 * x, n=4, progress=False)
    before = p.problem.values["kind"][p.start]
    swapped = np.array([kinds[kinds[0] == name] for name in before], dtype=object)
    text = html_report(dataclasses.replace(p, columns={**p.columns, "kind": swapped}))
    one, other = (html.escape(name) for name in kinds)
    assert (
        f"kind <b>{other}</b> (from {one})" in text or f"kind <b>{one}</b> (from {other})" in text
    )
    assert kinds[0] not in text
    assert kinds[1] not in text


def test_ties_stay_in_the_order_of_the_table(tmp_path: Path) -> None:
    """Large enough that a sort which is not stable mixes them."""
    n = 2000
    y = np.arange(n) % 3 * 1.0
    rows = "".join(f"{i * i},{v:.0f}\n" for i, v in enumerate(y))
    (tmp_path / "a.csv").write_text("x,y\n" + rows)
    table = read_table(tmp_path / "a.csv")
    score = table.columns.pop("y")  # type: ignore[attr-defined]
    problem = make_problem(table, "y", score, Settings())
    expected = sorted(range(n), key=lambda i: -y[i])
    assert problem.best().tolist() == expected
    mixed = torch.argsort(problem.y_l, descending=True, stable=False).tolist()
    assert mixed != expected, "this size would not tell"
