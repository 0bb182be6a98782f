"""States of a run that are damaged: found, named, and not in the way."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import proposer_processes as processes
import pytest
from proposer_folders import Place, contents

import torchbdi
from torchbdi.kernels.files import last_good_state, read_state, state_before
from torchbdi.proposer.folder import CONFIG, IDENTITY, RunFolder
from torchbdi.proposer.model.kept import solve_of

STATES = ("model.state", "solve.state", "search.pt", IDENTITY)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run that was killed after its search, so that it has every kind of state."""
    place = Place(tmp_path_factory.mktemp("stopped"))
    assert place.run(processes.killed_at_the_report) == -9, place.said()
    return place


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


def test_a_damaged_configuration_is_mended(
    stopped: Place, whole: dict[str, bytes], tmp_path: Path
) -> None:
    place = copied(stopped, tmp_path)
    (place.work / CONFIG).write_bytes(b"\xff\xfe")
    assert place.run() == 0, place.said()
    assert contents(place.out) == whole


def test_a_solve_of_another_table_is_not_taken(stopped: Place) -> None:
    content = read_state(stopped.work / "solve.state")
    with pytest.raises(ValueError, match="the solve of 80 rows, not of 81"):
        solve_of(content, 81)
    assert len(solve_of(content, 80).coefficients) == 80


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
