"""Every Triton kernel compiles for GPUs, spills nothing, and holds no rounded number."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_triton import INTERPRETED, installed

SIDES = {torch.float64: (4, 16, 64), torch.float32: (1, 8, 33)}
COMPILED_BY = "3.7.1"  # the version of triton in docs/results/benchmarks/gpu-resources.json


def triton_version() -> str:
    import triton

    return str(triton.__version__)


def each_value(made: list[tuple[Any, dict[str, Any]]]) -> list[tuple[Any, dict[str, Any]]]:
    """Launches in which every constant of a kernel takes every value that it has."""

    def values(launch: tuple[Any, dict[str, Any]]) -> set[Any]:
        function, named = launch
        return {(function.__name__, *item) for item in named.items() if item[0].isupper()}

    chosen, missing = [], set().union(*map(values, made))
    while missing:
        best = max(made, key=lambda launch: len(values(launch) & missing))
        chosen.append(best)
        missing -= values(best)
    return chosen


@installed
@pytest.mark.skipif(INTERPRETED, reason="the interpreter compiles nothing")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_everything_compiles(
    dtype: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a GPU too, and spills nothing in float64. The interpreter forgives more."""
    from triton import knobs

    from experiments.benchmarks._compiled import recorded
    from experiments.benchmarks._launches import everything

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(knobs.nvidia, "dump_ptxas_log", True)
    with recorded() as launches:
        everything(dtype, SIDES[dtype])
    if dtype == torch.float32:  # all of them are compiled in float64, which has the same branches
        launches.made = each_value(launches.made)
    assert len({function.__name__ for function, _ in launches.made}) == 9
    compiled = launches.compile(90)
    said = capsys.readouterr().out.split("Compiling entry function")[1:]  # ptxas -v
    for (function, _), kernel, log in zip(launches.made, compiled, said, strict=True):
        assert kernel.metadata.shared <= 99 << 10  # what the smallest GPUs have
        if dtype == torch.float64:
            # Of another version of triton nothing is known: gpu-resources shows what it does.
            if triton_version() == COMPILED_BY:
                spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log)
                assert set(spills) == {("0", "0")}, (function.__name__, log)
            code = kernel.asm["ptx"]
            assert ".f32" not in code
            for digits in re.findall(r"0d([0-9A-F]{16})", code):
                (value,) = struct.unpack(">d", bytes.fromhex(digits))
                # What float32 holds exactly must be a simple number, not a rounded literal.
                simple = math.isinf(value) or (math.frexp(value)[0] * 256).is_integer()
                assert float(np.float32(value)) != value or simple, value
