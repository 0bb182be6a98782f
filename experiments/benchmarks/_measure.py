"""Timing, machine rates, tables and pictures that every subject uses."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from torchbdi.kernels.files import write_atomic
from torchbdi.kernels.peak_memory import PeakMemory


def interleave(timers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Times things in turn, so that a machine that drifts is fair to all.

    Args:
        timers: each does its work once and returns the seconds it took.
        rounds: timings of each, after one that is thrown away.

    Returns:
        Seconds of every round.
    """
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for timer in timers.values():
        timer()
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(timer())
    return seconds


def timer(work: Callable[[], object]) -> Callable[[], float]:
    """A function that runs ``work`` once and returns the seconds."""

    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


def median_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Median over the rounds of slow/fast: both of a round saw the same machine."""
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


def extra_bytes(work: Callable[[], object]) -> int:
    """Memory of the process during ``work`` above what it was before."""
    device = torch.device("cpu")
    with PeakMemory(device) as before:
        pass
    with PeakMemory(device) as during:
        work()
    return max(0, during.peak_bytes - before.peak_bytes)


def machine_rates(rounds: int) -> dict[str, float]:
    """flops: float64 operations a second in a large product; bytes: bytes a second written."""
    a, b, c = (torch.rand(1500, 1500, dtype=torch.float64) for _ in range(3))
    buffer = torch.empty(1 << 24, dtype=torch.float64)
    seconds = interleave(
        {"product": timer(lambda: torch.mm(a, b, out=c)), "write": timer(lambda: buffer.fill_(1))},
        rounds,
    )
    return {
        "flops": 2 * 1500**3 / min(seconds["product"]),
        "bytes": 8 * (1 << 24) / min(seconds["write"]),
    }


def limit(flops: float, nbytes: float, rates: Mapping[str, float]) -> dict[str, Any]:
    """The least time an entry can take on this machine, in ns, and what sets it.

    Args:
        flops: floating point operations an entry.
        nbytes: bytes an entry that go to memory.
        rates: see :func:`machine_rates`.
    """
    arithmetic, memory = 1e9 * flops / rates["flops"], 1e9 * nbytes / rates["bytes"]
    return {
        "arithmetic_ns": arithmetic,
        "memory_ns": memory,
        "limit_ns": max(arithmetic, memory),
        "binding": "arithmetic" if arithmetic > memory else "memory",
    }


def show_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as aligned text."""
    if not rows:
        return "(nothing measured)"
    header = list(rows[0])
    cells = [header] + [[_show(row.get(name)) for name in header] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in cells
    )


def _show(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def plot(
    path: Path, lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], x: str, y: str
) -> None:
    """Writes a log-log picture of named (x, y) lines as PNG, atomically."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, (xs, ys) in lines.items():
        axes.loglog(xs, ys, "o-", label=name)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    write_atomic(path, lambda file: figure.savefig(file, format="png", dpi=150))
