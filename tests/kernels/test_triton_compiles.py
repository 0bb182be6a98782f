"""Every Triton kernel compiles for GPUs, spills nothing, and holds no rounded number."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from test_triton import INTERPRETED, installed

SIDES = {torch.float64: (4, 16, 64), torch.float32: (1, 8, 33)}
COMPILED_BY = "3.7.1"  # the version of triton in docs/results/benchmarks/gpu-resources.json


def triton_version() -> str:
    import triton

    return str(triton.__version__)


@installed
@pytest.mark.skipif(INTERPRETED, reason="the interpreter compiles nothing")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_everything_compiles(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a GPU too, and spills nothing in float64. The interpreter forgives more."""
    from experiments.benchmarks._compiled import recorded, resources
    from experiments.benchmarks._launches import everything

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    with recorded() as launches:
        everything(dtype, SIDES[dtype])
    assert len({function.__name__ for function, _ in launches.made}) == 8
    for (function, _), kernel in zip(launches.made, launches.compile(90), strict=True):
        assert kernel.metadata.shared <= 99 << 10  # what the smallest GPUs have
        if dtype == torch.float64:
            # Of another version of triton nothing is known: gpu-resources shows what it does.
            if triton_version() == COMPILED_BY:
                found = resources(kernel, 90)
                assert found["spill_stores"] == found["spill_loads"] == 0, function.__name__
            code = kernel.asm["ptx"]
            assert ".f32" not in code
            for digits in re.findall(r"0d([0-9A-F]{16})", code):
                (value,) = struct.unpack(">d", bytes.fromhex(digits))
                # What float32 holds exactly must be a simple number, not a rounded literal.
                simple = math.isinf(value) or (math.frexp(value)[0] * 256).is_integer()
                assert float(np.float32(value)) != value or simple, value
