"""Downloads that are killed, find no room or are not alone; and data that is a program."""

from __future__ import annotations

import pickle
import random
import signal
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hardening_children as children
import numpy as np
import pytest
from file_server import Server, serving
from forked import child, finished

from experiments.data.download import download
from experiments.data.present import fault
from experiments.data.shards import read_shards
from experiments.data.sources import DATA_SETS, DataSet, checksums
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.tasks._shim import load_design_bench
from torchbdi import MissingDataError, TorchBDIError

FILE = "utr/utr-x-0.npy"  # 4 MB


@pytest.fixture
def server(data_dir: Path) -> Iterator[Server]:
    with serving(data_dir) as running:
        yield running


def slowly(server: Server) -> DataSet:
    return replace(DATA_SETS["utr"], files=(FILE,), url=server.url("slow"))


def partial(folder: Path) -> Path:
    return folder / "utr" / ".utr-x-0.npy.partial"


def kept(folder: Path) -> int:
    return partial(folder).stat().st_size if partial(folder).exists() else 0


def assert_whole(folder: Path, data_dir: Path) -> None:
    assert (folder / FILE).read_bytes() == (data_dir / FILE).read_bytes()
    assert [p for p in folder.rglob("*") if p.is_file()] == [folder / FILE]
    assert [p for p in folder.rglob("*") if p.is_dir()] == [folder / "utr"]


def test_killed_at_random_moments_it_goes_on(
    server: Server, data_dir: Path, tmp_path: Path
) -> None:
    folder, log, moments = tmp_path / "to", str(tmp_path / "log"), random.Random(0)
    sizes = [0]
    for _ in range(4):
        process = begun(server, folder, log, sizes[-1] + moments.randrange(1, 600_000))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        sizes.append(kept(folder))
        assert not (folder / FILE).exists()
    assert finished(children.fetch, slowly(server), folder, log) == 0, Path(log).read_text()
    asked = [f"bytes={size}-" if size else None for size in sizes]
    assert [header for _, header in server.requests] == asked, "bytes were fetched twice"
    assert_whole(folder, data_dir)


def begun(server: Server, folder: Path, log: str, size: int) -> Any:
    """A process that is fetching, and has more than some bytes."""
    process = child(children.fetch, slowly(server), folder, log)
    while kept(folder) <= size:
        assert process.is_alive(), Path(log).read_text()
        time.sleep(0.005)
    return process


def test_two_downloads_into_one_folder(server: Server, data_dir: Path, tmp_path: Path) -> None:
    folder, log = tmp_path / "to", str(tmp_path / "log")
    first = begun(server, folder, log, 0)
    with pytest.raises(MissingDataError, match="another process is fetching into"):
        download(slowly(server), folder)
    first.join()
    assert first.exitcode == 0, Path(log).read_text()
    assert_whole(folder, data_dir)


def test_a_full_disk_and_a_closed_folder(server: Server, data_dir: Path, tmp_path: Path) -> None:
    folder, log = tmp_path / "to", tmp_path / "log"
    assert finished(children.fetch, slowly(server), folder, str(log), 1_000_000) == 1
    assert "MissingDataError: cannot write to" in log.read_text()
    assert "File too large" in log.read_text()
    assert kept(folder) == 1_000_000
    for closed in (folder, folder / "utr"):
        closed.chmod(0o555)
    partial(folder).chmod(0o444)
    assert finished(children.fetch, slowly(server), folder, str(log), 0, True) == 1
    assert "Permission denied" in log.read_text().splitlines()[-1]
    for closed in (folder, folder / "utr"):
        closed.chmod(0o755)
    partial(folder).chmod(0o644)
    assert finished(children.fetch, slowly(server), folder, str(log)) == 0
    assert server.requests[-1][1] == "bytes=1000000-"
    assert_whole(folder, data_dir)


def test_an_archive_that_is_there_is_not_fetched_again(data_dir: Path, tmp_path: Path) -> None:
    """Killed after the archive was fetched and before its files were taken out."""
    wanted, served, to = "superconductor/unique_m.csv", tmp_path / "served", tmp_path / "to"
    served.mkdir()
    to.mkdir()
    with zipfile.ZipFile(to / ".superconductor.zip", "w") as zipped:
        zipped.write(data_dir / wanted, "inner/unique_m.csv")
    with serving(served) as own:
        download(replace(DATA_SETS["superconductor"], url=own.url("good/uci.zip")), to)
        assert own.requests == []
    assert [str(p.relative_to(to)) for p in to.rglob("*") if p.is_file()] == [wanted]


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))


def poison(path: Path, proof: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, np.array([[Evil(proof)]], dtype=object), allow_pickle=True)
    else:
        path.write_bytes(pickle.dumps({"x": Evil(proof)}))


@pytest.mark.parametrize("name", ["tfbind8", "utr", "gfp-original", "hopper", "ant", "dkitty"])
def test_a_pickle_in_the_data_folder_is_refused(name: str, tmp_path: Path) -> None:
    folder, proof = tmp_path / "data", tmp_path / "proof"
    for path in DATA_SETS[name].files:
        poison(folder / path, proof)
    cfg = compose_config([f"task={name.removesuffix('-original')}", f"data_dir={folder}"])
    with pytest.raises(TorchBDIError):
        load_task(cfg)
    assert not proof.exists()


@pytest.mark.parametrize(("name", "size"), [("ant", 60), ("dkitty", 56)])
def test_a_policy_that_is_a_program_is_refused(name: str, size: int, tmp_path: Path) -> None:
    """Beside shards that are as they should be."""
    folder, proof = tmp_path / "data", tmp_path / "proof"
    x, y, policy = (folder / path for path in DATA_SETS[name].files)
    poison(policy, proof)
    np.save(x, np.zeros((25009, size), dtype=np.float32))
    np.save(y, np.zeros((25009, 1), dtype=np.float32))
    cfg = compose_config([f"task={name}", f"data_dir={folder}"])
    with pytest.raises(TorchBDIError, match="which is not part of an array"):
        load_task(cfg)
    assert not proof.exists()


def test_arrays_of_objects_are_not_read(tmp_path: Path) -> None:
    """Also where no digest is known that would tell."""
    proof = tmp_path / "proof"
    poison(tmp_path / "t-x-0.npy", proof)
    with pytest.raises(MissingDataError, match="allow_pickle=False"):
        read_shards(tmp_path, "t")
    path = DATA_SETS["gfp-original"].files[0]
    assert path not in checksums()
    poison(tmp_path / path, proof)
    assert "not a whole array" in str(fault(tmp_path, path))
    assert not proof.exists()
    np.load(tmp_path / "t-x-0.npy", allow_pickle=True)  # it would have worked
    assert proof.exists()


def test_design_bench_cannot_unpickle_its_oracles(tmp_path: Path) -> None:
    """It calls numpy.loads on what it takes out of their archives; numpy 2 has no such thing."""
    load_design_bench(tmp_path)
    proof = tmp_path / "proof"
    with pytest.raises(MissingDataError, match="pickle"):
        np.loads(pickle.dumps(Evil(proof)))  # type: ignore[attr-defined]
    assert not proof.exists()
