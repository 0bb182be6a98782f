"""What is written down of the code and of what it stands on."""

from __future__ import annotations

import pytest
import torch

from experiments.runs.versions import versions


def test_threads_are_those_that_torch_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", str(torch.get_num_threads() + 3))
    assert versions()["threads"] == str(torch.get_num_threads())
