"""Files are written whole."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from experiments.data.arrays import write_npz
from torchbdi.kernels.files import write_atomic, write_csv, write_json, write_text


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def full_disk(file: BinaryIO) -> None:
        file.write(b"half of a fi")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomic(path, full_disk)
    assert path.read_text() == '{\n  "a": 1\n}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_read_back(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "π\n")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "π\n"
    write_csv(tmp_path / "a.csv", ["x", "name"], [[0.1 + 0.2, 'say "hi", twice']])
    assert (tmp_path / "a.csv").read_text() == 'x,name\n0.30000000000000004,"say ""hi"", twice"\n'
    write_npz(tmp_path / "a.npz", {"a": np.arange(3)})
    assert np.load(tmp_path / "a.npz")["a"].tolist() == [0, 1, 2]
