"""How fast this machine is, beside the table that plans go by (``kernels/solve/rates.py``).

A plan never measures; this does, on purpose and on an idle machine. Where a machine differs much
from the table, round its numbers and write them there: a plan that changes is a change of the
library.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from torchbdi import NTK, RBF
from torchbdi.kernel import Kernel
from torchbdi.kernels.solve.operator import GramOperator
from torchbdi.kernels.solve.plan import plan_solve
from torchbdi.kernels.solve.probe import Probe
from torchbdi.kernels.solve.rates import Rates, rates_of

from . import Options

WIDTHS = (24, 150)
KERNELS: tuple[Kernel, ...] = (NTK(), RBF(), NTK(b_std=0.1))
# Rows, D and a trial solve's iterations of TF Bind 8 and UTR, and bytes that may be used.
TABLES = {"TF Bind 8": (32_898, 24, 29), "UTR": (140_000, 150, 14)}
LIMIT = 198 * 10**8


def run(options: Options) -> dict[str, Any]:
    """Rates of every kind of entry, measured and in the table, and what plans make of both."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows: list[dict[str, Any]] = []
    n = 256 if options.small else 4096 if device.type == "cuda" else 2048
    for kernel in KERNELS:
        for width in WIDTHS:
            generator = torch.Generator().manual_seed(0)
            x = torch.randn(n, width, dtype=torch.float64, generator=generator).to(device)
            rows.append(_row(kernel.to(device).matrix(x), options.rounds))
    return {"device": str(device), "rows": rows, "plans": [_plans(row) for row in rows]}


def _row(operator: GramOperator, rounds: int) -> dict[str, Any]:
    measured, table = measure_rates(operator, rounds), rates_of(operator)
    row: dict[str, Any] = {"entries": operator.entries, "d": operator.width}
    for field in dataclasses.fields(Rates):
        row[field.name] = getattr(measured, field.name)
        row[f"{field.name} in the table"] = getattr(table, field.name)
    return row


def _plans(row: dict[str, Any]) -> dict[str, Any]:
    """The ways that these rates and those of the table lead to."""
    names = [field.name for field in dataclasses.fields(Rates)]
    measured = Rates(*(row[name] for name in names))
    table = Rates(*(row[f"{name} in the table"] for name in names))
    found: dict[str, Any] = {"entries": row["entries"], "d": row["d"]}
    for title, (n, d, iterations) in TABLES.items():
        found[title] = [
            plan_solve(n, d, 1, LIMIT, rates, Probe(2000, 500, iterations)).solver
            for rates in (measured, table)
        ]
    return found


def measure_rates(operator: GramOperator, rounds: int = 3) -> Rates:
    """Measures the device with the operator's own entries (a fraction of a second)."""
    device, cuda = operator.device, operator.device.type == "cuda"
    b = min(4096 if cuda else 1024, operator.n)
    tile = torch.ones(b, b, dtype=operator.dtype, device=device)
    left = tile.repeat(1, 4)
    right = left.clone()
    rows = slice(0, b)
    flops = 8 * b**3 / _fastest(lambda: torch.mm(left, right.mT, out=tile), device, rounds)
    fill = _fastest(lambda: operator.fill(rows, rows, tile), device, rounds) / b**2
    # Large enough not to sit in a cache.
    stored: Tensor = tile.repeat(2, 4) if cuda else tile.repeat(4, 8)
    vector = stored[0].clone()
    read = _fastest(lambda: stored @ vector, device, rounds)
    entry = max(fill - 2 * operator.width / flops, 0.1 * fill)
    return Rates(flops, entry, stored.numel() * operator.dtype.itemsize / read)


def _fastest(work: Callable[[], object], device: torch.device, rounds: int) -> float:
    """Seconds of the fastest of a few runs, after one to warm up."""
    times = []
    for _ in range(rounds + 1):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return max(min(times[1:]), 1e-9)
