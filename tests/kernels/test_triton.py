"""Where Triton kernels are used, that they compile for GPUs, and their tests in the interpreter.

Where there is a GPU the other test_triton_*.py run directly. Without one they run on the CPU in
triton's interpreter, which is switched on before triton is imported: in a process of its own.
"""

from __future__ import annotations

import importlib.util
import math
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from torchbdi import InputError
from torchbdi.kernels.gpu import device as triton_device
from torchbdi.kernels.relu.recursion import ReLUStack
from torchbdi.kernels.zonal.gram import unit_rows
from torchbdi.kernels.zonal.profile import fit_profile

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


def random(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator).to(DEVICE, dtype)


@installed
@pytest.mark.skipif(INTERPRETED, reason="this is the interpreter's process")
def test_all_kernels_in_the_interpreter() -> None:
    files = [HERE / f"test_triton_{part}.py" for part in ("cholesky", "gram", "biased")]
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


class Recorder:
    """Collects what would be launched instead of launching it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from triton.runtime.jit import JITFunction

        self.launches: list[tuple[Any, dict[str, Any]]] = []

        def run(function: Any, *args: Any, grid: Any, warmup: bool, **named: Any) -> None:
            names = [parameter.name for parameter in function.params]
            self.launches.append((function, {**dict(zip(names, args, strict=False)), **named}))

        monkeypatch.setattr(JITFunction, "run", run)

    def compile(self, capability: int) -> list[Any]:
        import triton
        from triton.backends.compiler import GPUTarget
        from triton.compiler import ASTSource

        types = {torch.float64: "*fp64", torch.float32: "*fp32", torch.int32: "*i32"}
        compiled = []
        for function, values in self.launches:
            signature, constants, attributes = {}, {}, {}
            for i, parameter in enumerate(function.params):
                name, value = parameter.name, values[parameter.name]
                if parameter.is_constexpr or (isinstance(value, int) and value == 1):
                    signature[name], constants[name] = "constexpr", value
                elif isinstance(value, Tensor):
                    signature[name] = types[value.dtype]
                    attributes[(i,)] = [["tt.divisibility", 16]]
                else:
                    signature[name] = "i32"
            source = ASTSource(function, signature, constants, attributes)
            options = {k: values[k] for k in ("num_warps", "num_stages") if k in values}
            target = GPUTarget("cuda", capability, 32)
            compiled.append(triton.compile(source, target=target, options=options))
        return compiled


def launch_everything(dtype: torch.dtype) -> None:
    from torchbdi.kernels.gpu.biased import recursion
    from torchbdi.kernels.gpu.cholesky import _backward, _launch
    from torchbdi.kernels.gpu.contract import contract
    from torchbdi.kernels.gpu.gram import gram_
    from torchbdi.kernels.gpu.product import product

    x = torch.ones(100, 24, dtype=dtype)
    k = torch.ones(100, 100, dtype=dtype)
    unit = unit_rows(x)
    mapped = fit_profile(ReLUStack(48, 1.4, 0.0, tangent=True), 12)
    plain = fit_profile(ReLUStack(6, 1.0, 0.0, tangent=True), 12)
    assert mapped is not None and mapped.pole and plain is not None and not plain.pole
    gram_(plain, unit, unit, k, k)
    gram_(mapped, unit, unit_rows(x), k)
    gram_(plain, unit_rows(x[:1, :1]), unit_rows(x[:1, :1]), k[:1, :1], k[:1, :1])
    product(plain, unit, unit, x[:, :1], unit[1])
    product(mapped, unit, unit, x)
    contract(k, k.T, k, x)
    stack = ReLUStack(6, 1.0, 0.1, tangent=True)
    recursion(stack, x, x, x[:, 0], x[:, 0], derivative=False)
    recursion(stack, x, x, x[:, 0], x[:, 0], derivative=True)
    for m, columns in ((1, 1), (3, 2), (5, 1), (16, 2), (32, 1), (64, 20)):
        factor, b = torch.ones(300, m, m, dtype=dtype), torch.ones(300, m, columns, dtype=dtype)
        _launch(factor, factor[:, 0, 0], b, factor, check=False)
        _launch(factor, factor[:, 0, 0], b, None if m <= 16 else factor, check=False)
        _backward(factor, b, b)


@installed
@pytest.mark.skipif(INTERPRETED, reason="the interpreter compiles nothing")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_everything_compiles(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a GPU too. The interpreter forgives what the compiler does not."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    recorder = Recorder(monkeypatch)
    launch_everything(dtype)
    assert len({function.__name__ for function, _ in recorder.launches}) == 8
    for kernel in recorder.compile(90):
        assert kernel.metadata.shared <= 99 << 10  # what the smallest GPUs have
        if dtype == torch.float64:
            code = kernel.asm["ptx"]
            assert ".f32" not in code
            for digits in re.findall(r"0d([0-9A-F]{16})", code):
                (value,) = struct.unpack(">d", bytes.fromhex(digits))
                # What float32 holds exactly must be a simple number, not a rounded literal.
                simple = math.isinf(value) or (math.frexp(value)[0] * 256).is_integer()
                assert float(np.float32(value)) != value or simple, value
