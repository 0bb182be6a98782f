from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

# Workers share the cores; torch and the processes that tests start read this when they begin.
if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    share = max(1, (os.cpu_count() or 1) // int(workers))
    os.environ.setdefault("OMP_NUM_THREADS", str(share))

import numpy as np
import torch
from stand_in import write_stand_in


def pytest_runtest_setup() -> None:
    """Draws without a seed of their own are the same in each run, in any order of the tests."""
    torch.manual_seed(0)
    np.random.seed(0)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published data named by TORCHBDI_DATA; a test that asks for it needs it."""
    named = os.environ.get("TORCHBDI_DATA")
    if not named:
        message = "TORCHBDI_DATA is not set, and this test is about the published tables"
        if os.environ.get("TORCHBDI_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return Path(named)


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of its own for data that stands in, declared before any process is started."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        if not os.environ.get("TORCHBDI_DATA"):
            (folder / "SHA256SUMS").touch()
            patch.setenv("TORCHBDI_CHECKSUMS", str(folder / "SHA256SUMS"))
        yield folder


@pytest.fixture(scope="session")
def data_dir(data_folder: Path) -> Path:
    """The folder named by TORCHBDI_DATA, else made-up data of the same layout and sizes."""
    named = os.environ.get("TORCHBDI_DATA")
    if not named and os.environ.get("TORCHBDI_REQUIRE_DATA") == "1":
        pytest.fail("TORCHBDI_DATA is not set")
    if named:
        return Path(named)
    write_stand_in(data_folder)
    return data_folder


@pytest.fixture(scope="session")
def origin() -> str:
    """What a run says of the data in ``data_dir``."""
    return "original" if os.environ.get("TORCHBDI_DATA") else "own"


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test reads or writes the user's cache."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Is set as soon as somebody waits for a lock that another one has."""
    event, lock = threading.Event(), fcntl.flock

    def flock(handle: int, how: int) -> None:
        try:
            lock(handle, how)
        except BlockingIOError:
            event.set()
            raise

    monkeypatch.setattr(fcntl, "flock", flock)
    return event
