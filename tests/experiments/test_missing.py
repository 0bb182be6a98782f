"""What is not installed is an ImportError that holds the command; missing data is another thing."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import pytest

import torchbdi
from experiments.tasks import _shim
from torchbdi import MissingDataError, MissingDependencyError, TorchBDIError
from torchbdi.proposer.report import page


def test_design_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingDependencyError, match=r"pip install --no-deps design-bench==") as e:
        _shim.load_design_bench(tmp_path)
    assert isinstance(e.value, ImportError) and isinstance(e.value, TorchBDIError)
    assert not isinstance(e.value, FileNotFoundError)


def test_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'torchbdi\[propose\]'"):
        page.require_matplotlib()


def test_missing_data_is_no_import_error() -> None:
    assert issubclass(MissingDataError, FileNotFoundError)
    assert not issubclass(MissingDataError, ImportError)
    assert torchbdi.kernels.MissingDependencyError is MissingDependencyError
    assert {"MissingDependencyError", "DamagedStateError"} <= set(torchbdi.__all__)
