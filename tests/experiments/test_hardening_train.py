"""Runs that are killed, find no room, are not alone, or are given something evil to read."""

from __future__ import annotations

import io
import random
import re
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import hardening_children as children
import numpy as np
import pytest
import torch
from forked import PATIENCE, child, finished
from omegaconf import OmegaConf

from experiments.runs.config import compose_unchecked, validate
from experiments.runs.history import History
from experiments.runs.run_folder import RunFolder
from torchbdi import InputError
from torchbdi.kernels.files import write_state

STEPS = 40
SLOW = (0, False, False, True)


@dataclass
class Place:
    """Where the runs of one test happen."""

    path: Path
    data: Path

    @property
    def words(self) -> list[str]:
        return [
            "task=tfbind8", "task.max_rows=300", f"data_dir={self.data}", f"out_dir={self.runs}",
            f"method.steps={STEPS}", "designs=16", "trainer.checkpoint_every=5",
            "trainer.trajectory_every=20", "trainer.progress_bar=false", "trainer.accelerator=cpu",
        ]  # fmt: skip

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    @property
    def log(self) -> str:
        return str(self.path / "log")

    def said(self) -> str:
        return Path(self.log).read_text()

    @property
    def begun(self) -> list[Path]:
        return sorted(path.parent for path in self.runs.glob("*/config.yaml"))

    @property
    def command(self) -> list[str]:
        """Begins a run, or goes on with the one that was begun."""
        return [f"resume={self.begun[0]}"] if self.begun else self.words

    def run(self, *how: object) -> int:
        Path(self.log).write_text("")
        return finished(children.train, self.command, self.log, str(self.cache), *how)

    def start(self) -> object:
        """The same in a process that goes on beside this one, slowly."""
        return child(children.train, self.command, self.log, str(self.cache), *SLOW)

    def results(self) -> dict[str, bytes]:
        (folder,) = self.begun
        assert (folder / "metrics.json").is_file()
        assert not list(folder.glob(".*")), "something half written was left"
        with np.load(folder / "proposals.npz", allow_pickle=False) as saved:
            arrays = {name: array.tobytes() for name, array in saved.items()}
        names = ["losses.csv", *(f"trajectory/step-{i:06d}.npy" for i in range(0, STEPS + 1, 20))]
        return arrays | {name: (folder / name).read_bytes() for name in names}


@pytest.fixture
def place(data_dir: Path, tmp_path: Path) -> Place:
    return Place(tmp_path, data_dir)


@pytest.fixture(scope="module")
def whole(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run that nobody disturbs."""
    undisturbed = Place(tmp_path_factory.mktemp("whole"), data_dir)
    assert undisturbed.run() == 0, undisturbed.said()
    return undisturbed


def checkpoint_step(place: Place) -> int:
    files = list(place.runs.glob("*/state/last.ckpt"))
    return int(torch.load(files[0], weights_only=True)["global_step"]) if files else 0


def test_killed_at_random_moments_it_goes_on(place: Place, whole: Place) -> None:
    """Once at the beginning, then three times at some moment after one more checkpoint."""
    moments, done = random.Random(0), 0
    for attempt in range(4):
        process = place.start()
        while attempt and process.is_alive() and checkpoint_step(place) == done:
            time.sleep(0.005)
        process.join(moments.uniform(0.0, 0.05 if attempt else 1.0))
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL), place.said()
        assert checkpoint_step(place) >= done, "steps were lost"
        done = checkpoint_step(place)
        if process.exitcode == 0:  # a busy machine: it was faster than we
            break
    else:
        assert not list(place.runs.glob("*/metrics.json"))
        assert place.run() == 0, place.said()
        assert f"steps done here: {STEPS - done}\n" in place.said()
    for folder in set(place.runs.iterdir()) - set(place.begun):
        shutil.rmtree(folder)  # killed before its configuration was there: a run that never was
    assert place.results() == whole.results()


@pytest.fixture(scope="module")
def killed(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run that was killed after its first checkpoint."""
    place = Place(tmp_path_factory.mktemp("killed"), data_dir)
    process = place.start()
    deadline = time.monotonic() + PATIENCE
    while not list(place.runs.glob("*/state/last.ckpt")):
        assert time.monotonic() < deadline and process.is_alive(), place.said()
        time.sleep(0.01)
    process.kill()
    process.join()
    return place


@pytest.fixture
def half_done(place: Place, killed: Place) -> Path:
    """The folder of a copy of it."""
    shutil.copytree(killed.path, place.path, dirs_exist_ok=True)
    (folder,) = place.begun
    return folder


def test_nothing_is_lost_whatever_happens_to_one_run(
    half_done: Path, place: Place, whole: Place
) -> None:
    """One run meets a kill in the middle of a write, a full disk, a closed folder and a rival."""
    checkpoint = half_done / "state" / "last.ckpt"
    before = checkpoint.read_bytes()
    killed_while_it_writes_a_checkpoint(place, len(before) // 2)
    assert checkpoint.read_bytes() == before
    assert place.run(len(before) // 2) == 1  # the same, but the system refuses the write
    assert checkpoint.read_bytes() == before
    assert "File too large" in place.said()
    assert_says_how_to_go_on(place)
    as_one_who_may_not_write(place, half_done)
    assert_says_how_to_go_on(place)
    of_two_at_once_one_is_refused(place)
    assert place.results() == whole.results()


def killed_while_it_writes_a_checkpoint(place: Place, room: int) -> None:
    assert place.run(room, True) == -signal.SIGXFSZ, place.said()
    halves = [*place.runs.rglob(".*.part"), *place.cache.glob("tmp*")]
    assert [half for half in halves if half.stat().st_size == room], "it was killed elsewhere"


def assert_says_how_to_go_on(place: Place) -> None:
    assert re.search(r"^error: .*cannot be read or written", place.said(), re.MULTILINE)
    assert "go on with" in place.said()
    assert "Traceback" not in place.said()


def as_one_who_may_not_write(place: Place, folder: Path) -> None:
    modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
    for path in modes:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert place.run(0, False, True) == 1, place.said()
    assert "Permission denied" in place.said()
    for path, mode in modes.items():
        path.chmod(mode)


def of_two_at_once_one_is_refused(place: Place) -> None:
    logs = [f"{place.log}{i}" for i in range(2)]
    both = [child(children.train, place.command, log, str(place.cache), *SLOW) for log in logs]
    for process in both:
        process.join(PATIENCE)
    said = [Path(log).read_text() for log in logs]
    assert sorted(process.exitcode for process in both) == [0, 1], said
    loser = said[[process.exitcode for process in both].index(1)]
    assert "another process is at work there" in loser


def test_no_room_and_no_rights_at_the_beginning(place: Place) -> None:
    assert place.run(100) == 1
    assert "error: out_dir: cannot write to" in place.said()
    assert not list(place.runs.iterdir())
    closed = place.path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    others = [word for word in place.words if not word.startswith("out_dir=")]
    words = [*others, f"out_dir={closed / 'in'}"]
    status = finished(children.train, words, place.log, str(place.cache), 0, False, True)
    assert status == 1
    assert "error: out_dir: cannot make" in place.said()


@pytest.mark.parametrize(
    ("moment", "how"),
    [
        ("stepping", "vanishes"), ("scoring", "vanishes"), ("solving", "is a file"),
        ("stepping", "turns read-only"),
    ],
)  # fmt: skip
def test_a_folder_that_goes_away_under_a_run(
    moment: str, how: str, place: Place, whole: Place
) -> None:
    status = finished(
        children.whose_folder_goes, place.words, place.log, str(place.cache), str(place.runs),
        moment, how,
    )  # fmt: skip
    assert status == 1, place.said()
    lines = [line for line in place.said().splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, place.said()
    assert str(place.runs) in lines[0]
    assert "Traceback" not in place.said()
    assert "Exception" not in place.said()
    if how != "turns read-only":
        assert "vanished" in lines[0]
        return
    assert "Permission denied" in lines[0]
    (folder,) = place.begun
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        path.chmod(0o755)
    assert place.run() == 0, place.said()
    assert place.results() == whole.results()


@pytest.mark.parametrize("name", ["state/last.ckpt", "log.jsonl"])
def test_a_folder_in_the_place_of_a_state_is_not_in_the_way(
    name: str, half_done: Path, place: Place, whole: Place
) -> None:
    path = half_done / name
    path.unlink()
    path.mkdir()
    (path / "mine").write_text("kept")
    assert place.run() == 0, place.said()
    assert "Traceback" not in place.said()
    assert place.results() == whole.results()
    assert [p.read_text() for p in place.runs.rglob("mine")] == ["kept"]


def test_a_damaged_beginning_is_mended_and_the_run_goes_on(
    half_done: Path, place: Place, whole: Place
) -> None:
    """One bit: another seed. And a configuration that is gone but for its first line."""
    config, identity = half_done / "config.yaml", half_done / "identity.json"
    kept = [config.read_text(), identity.read_text()]
    assert kept[0].count("seed: 0\n") == kept[1].count('"seed": 0') == 1
    config.write_text(kept[0].replace("seed: 0\n", "seed: 1\n"))
    identity.write_text(kept[1].replace('"seed": 0', '"seed": 1'))
    assert place.run() == 0, place.said()
    for path, text in zip((config, identity), kept, strict=True):
        assert f"{path} is damaged: one bit" in place.said()
        assert path.read_text() == text
    assert place.results() == whole.results()


def test_a_damaged_log_is_found_and_the_run_begins_anew(
    half_done: Path, place: Place, whole: Place
) -> None:
    """A changed number would stand in losses.csv; a torn last line is no damage."""
    log = half_done / "log.jsonl"
    before, draw = log.read_bytes(), random.Random(0)
    assert before.count(b"\n") >= 5
    for _ in range(100):
        content = bytearray(before)
        content[draw.randrange(len(content) - 1)] ^= 1 << draw.randrange(8)
        log.write_bytes(content)
        damage = History(log).damage
        assert damage is not None
        assert f"{log} is damaged in line" in damage
    log.write_bytes(before + before.splitlines()[-1][:20])
    assert History(log).damage is None
    assert log.read_bytes() == before
    log.write_bytes(content)
    assert place.run() == 0, place.said()
    assert "is damaged in line" in place.said()
    assert f"steps done here: {STEPS}\n" in place.said()
    assert place.results() == whole.results()


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))


def test_a_checkpoint_is_never_unpickled(place: Place, whole: Place) -> None:
    """It is damage like any other: the state before it is gone on from, or the run begins anew."""
    folder = place.runs / "evil"
    shutil.copytree(whole.begun[0], folder)
    (folder / "metrics.json").unlink()
    proof, state = place.path / "proof", io.BytesIO()
    torch.save({"global_step": 5, "loops": Evil(proof)}, state)
    for name in ("last.ckpt", "last.ckpt.before"):
        write_state(folder / "state" / name, state.getvalue())
    assert place.run() == 0, place.said()
    assert f"steps done here: {STEPS}\n" in place.said()
    assert not proof.exists()
    assert place.results() == whole.results()


def test_a_configuration_is_never_more_than_numbers_and_text(place: Place, tmp_path: Path) -> None:
    proof, folder = tmp_path / "proof", tmp_path / "run"
    folder.mkdir()
    for text in (
        f"seed: !!python/object/apply:pathlib.Path.touch [{proof}]",
        f"!!python/object/new:subprocess.Popen [[touch, {proof}]]",
        "- a\n- list",
        "\x00",
        "a: ${b",
    ):
        (folder / "config.yaml").write_text(text)
        with pytest.raises(InputError, match=r"config\.yaml"):
            RunFolder.reopen(str(folder))
    cfg = compose_unchecked([])
    evil = {"_target_": "builtins.open", "file": str(proof), "mode": "w"}
    for name in ("method", "task.max_rows", "trainer", "method.kernel"):
        changed = OmegaConf.to_container(cfg)
        OmegaConf.update(made := OmegaConf.create(changed), name, evil)
        with pytest.raises(InputError, match=r"configuration|max_rows"):
            validate(made)
    assert not proof.exists()
