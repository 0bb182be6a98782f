from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data named by TORCHBDI_DATA."""
    named = os.environ.get("TORCHBDI_DATA")
    if not named:
        message = "TORCHBDI_DATA is not set: no real data"
        if os.environ.get("TORCHBDI_REQUIRE_DATA") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return Path(named)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test reads or writes the user's cache."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)
