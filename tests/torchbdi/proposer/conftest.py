from __future__ import annotations

from pathlib import Path

import numpy as np
import proposer_processes as processes
import pytest
from forked import finished
from proposer_folders import contents, words, write_table
from proposer_quick import be_quick


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer candidates and steps, for tests that look at something else."""
    be_quick(monkeypatch.setattr)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A table for the command line."""
    return write_table(tmp_path / "data.csv")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the command leaves when nobody disturbs it."""
    folder = tmp_path_factory.mktemp("whole")
    log = folder / "log"
    argv = words(write_table(folder / "data.csv"), folder / "out")
    assert finished(processes.command, argv, str(log)) == 0, log.read_text()
    return contents(folder / "out")


@pytest.fixture(scope="session")
def dna(data_dir: Path) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """1,500 visible rows of TF Bind 8 as texts, their scores, and the whole truth."""
    folder = data_dir / "tf_bind_8-SIX6_REF_R1"
    codes = np.load(folder / "tf_bind_8-x-0.npy", allow_pickle=False)
    y = np.load(folder / "tf_bind_8-y-0.npy", allow_pickle=False).ravel().astype(float)
    texts = np.array(["".join("ACGT"[i] for i in row) for row in codes])
    visible = np.flatnonzero(y <= np.median(y))
    rows = np.random.default_rng(0).permutation(visible)[:1500]
    return texts[rows], y[rows], dict(zip(texts, y, strict=True))
