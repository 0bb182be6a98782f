"""Triton kernels compiled without a GPU: what would be launched is recorded and compiled."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

TYPES = {
    torch.float64: "*fp64",
    torch.float32: "*fp32",
    torch.int32: "*i32",
    torch.int64: "*i64",
}
WARP = 32
REGISTERS, WARPS, PROGRAMS = 65_536, 64, 32  # of one multiprocessor of sm_80 and sm_90
SHARED = {80: 164 << 10, 90: 228 << 10}  # bytes of one multiprocessor; NVIDIA's tuning guides
RESERVED = 1 << 10  # bytes of shared memory that every program takes besides its own


@dataclass
class Launches:
    """What was launched while :func:`recorded` was on: kernels and their named arguments."""

    made: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def compile(self, capability: int) -> list[Any]:
        """Every launch, compiled for a compute capability such as 90."""
        import triton
        from triton.backends.compiler import GPUTarget
        from triton.compiler import ASTSource

        compiled = []
        for function, values in self.made:
            signature: dict[str, str] = {}
            constants: dict[str, Any] = {}
            attributes: dict[tuple[int], list[list[Any]]] = {}
            for i, parameter in enumerate(function.params):
                name, value = parameter.name, values[parameter.name]
                if parameter.is_constexpr or (isinstance(value, int) and value == 1):
                    signature[name], constants[name] = "constexpr", value
                elif isinstance(value, Tensor):
                    signature[name] = TYPES[value.dtype]
                    attributes[(i,)] = [["tt.divisibility", 16]]
                else:
                    signature[name] = "i32"
            source = ASTSource(function, signature, constants, attributes)
            options = {k: values[k] for k in ("num_warps", "num_stages") if k in values}
            target = GPUTarget("cuda", capability, WARP)
            compiled.append(triton.compile(source, target=target, options=options))
        return compiled


@contextlib.contextmanager
def recorded() -> Iterator[Launches]:
    """Inside, launches of Triton kernels are written down and nothing runs."""
    from triton.runtime.jit import JITFunction

    launches, run = Launches(), JITFunction.run

    def write_down(function: Any, *args: Any, grid: Any, warmup: bool, **named: Any) -> None:
        names = [parameter.name for parameter in function.params]
        launches.made.append((function, {**dict(zip(names, args, strict=False)), **named}))

    JITFunction.run = write_down
    try:
        yield launches
    finally:
        JITFunction.run = run


def resources(kernel: Any, capability: int) -> dict[str, Any]:
    """Registers, spilled bytes, shared memory and occupancy of a compiled kernel.

    Args:
        kernel: one of :meth:`Launches.compile`.
        capability: what it was compiled for, 80 or 90.

    Returns:
        registers a thread; spill_stores, spill_loads and stack in bytes a thread; shared in bytes a
        program; warps a program; occupancy, the share of a multiprocessor's warps that can be
        resident.
    """
    said = _assemble(kernel.asm["ptx"])
    spills = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+)", said)
    used = re.search(r"Used (\d+) registers", said)
    assert spills is not None and used is not None, said
    registers, shared = int(used[1]), int(kernel.metadata.shared)
    warps = int(kernel.metadata.num_warps)
    # Registers are given out to warps in portions of 256, shared memory to programs.
    by_registers = REGISTERS // (-(-registers * WARP // 256) * 256) // warps
    by_shared = SHARED[capability] // (shared + RESERVED)
    resident = min(WARPS // warps, by_registers, by_shared, PROGRAMS)
    return {
        "registers": registers,
        "spill_stores": int(spills[2]),
        "spill_loads": int(spills[3]),
        "stack": int(spills[1]),
        "shared": shared,
        "warps": warps,
        "occupancy": resident * warps / WARPS,
    }


def ptxas() -> Path:
    """The assembler that triton brings."""
    from triton import knobs

    return Path(knobs.nvidia.ptxas.path)


def ptxas_version() -> str:
    """Its version, such as 12.9.86."""
    said = subprocess.run([ptxas(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"V([\d.]+)", said)
    assert found is not None, said
    return found[1]


def _assemble(ptx: str) -> str:
    """What ptxas says of a kernel with -v."""
    target = re.search(r"\.target (sm_\w+)", ptx)
    assert target is not None
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "kernel.ptx"
        source.write_text(ptx)
        out = str(source.with_suffix(".o"))
        command = [str(ptxas()), "-v", f"--gpu-name={target[1]}", str(source), "-o", out]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr
