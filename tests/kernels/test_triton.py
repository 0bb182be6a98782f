"""Where Triton kernels are used, that they compile for GPUs, and their tests in the interpreter.

Where there is a GPU the other test_triton_*.py run directly. Without one they run on the CPU in
triton's interpreter, which is switched on before triton is imported: in a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from torchbdi import InputError
from torchbdi.kernels.gpu import device as triton_device

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
DEVICE = "cpu" if INTERPRETED else "cuda"
installed = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="triton is not installed"
)
HERE = Path(__file__).parent


def only_here() -> None:
    """Skips a module that this process cannot run."""
    if not (INTERPRETED or torch.cuda.is_available()):
        reason = "no GPU: test_triton.py runs this file in triton's interpreter"
        pytest.skip(reason, allow_module_level=True)
    if INTERPRETED:
        importlib.import_module("quick_interpreter").quicken()


def random(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator).to(DEVICE, dtype)


@installed
@pytest.mark.skipif(INTERPRETED, reason="this is the interpreter's process")
def test_all_kernels_in_the_interpreter() -> None:
    files = [HERE / f"test_triton_{part}.py" for part in ("cholesky", "gram", "biased", "sums")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files],
        env={**os.environ, "TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and " skipped" not in done.stdout, done.stdout


def test_the_cpu_never_loads_triton() -> None:
    code = """
import sys, torch, torchbdi
from torchbdi.kernels import cholesky_solve
x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
for kernel in (torchbdi.NTK(), torchbdi.NNGP(3, 1.0, 0.1)):
    cholesky_solve(kernel(x), x, 1.0).sum().backward()
print("triton" in sys.modules)
"""
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, env=environment, text=True).strip() == "False"


@pytest.mark.skipif(INTERPRETED, reason="there is an interpreter")
def test_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.zeros(2, 2)
    assert not triton_device.takes(x)
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="TRITON_INTERPRET=1"), triton_device.use(True):
            pass
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    with triton_device.use(True):
        assert triton_device.takes(x) and triton_device.takes(x.double())
        assert not triton_device.takes(x.half())
        with triton_device.use(False):
            assert not triton_device.takes(x)
    assert not triton_device.takes(x)


def test_a_gpu_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    with pytest.warns(UserWarning, match=r"cuda:9: plain torch.*\(7, 5\)"):
        assert not triton_device._usable.__wrapped__(9)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.warns(UserWarning, match="not installed"):
        assert not triton_device._usable.__wrapped__(9)


def test_sums_are_cut_into_parts_that_cover_them() -> None:
    for programs in (1, 3, 600, 5000):
        for tiles in (1, 2, 63, 1000):
            count = triton_device.parts(programs, tiles)
            assert 1 <= count <= tiles
            share = -(-tiles // count)
            assert (-(-tiles // share) - 1) * share < tiles
