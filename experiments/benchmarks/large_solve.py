"""(K + ridge I) d = y from data to coefficients: our solvers, torch.linalg and gpytorch.

Random parts of TF Bind 8 and the whole of it. torch.linalg gets our Gram matrix and factors it in
place; gpytorch gets it for nothing. Superconductor, whole, is what conjugate gradients cannot do.
UTR's 140,000 rows take hours and are a run of their own: ``python -m experiments.train task=utr``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchbdi import NTK, fit_ridge
from torchbdi.kernels.peak_memory import PeakMemory
from torchbdi.kernels.solve.choice import SolverName
from torchbdi.ridge import ridge_to_add

from ..runs.config import compose_config
from ..tasks import load_task
from . import Options
from ._measure import machine_rates, plot
from ._rivals import rival

SIZES = (4112, 8225, 16449, 32898)
RIVAL = "gpytorch"
RIVAL_ROWS = 8225  # gpytorch stops improving far above this tolerance; one size shows it
RIVAL_RANK = 100
TOLERANCE = 1e-8
FAST_TOLERANCE = 1e-6  # what is asked of the fastest way; 1e-8 shows that the solvers agree
LINALG = "Gram + torch.linalg.cholesky"
OURS: dict[str, tuple[SolverName, float]] = {
    "auto": ("auto", FAST_TOLERANCE),
    "packed Cholesky": ("cholesky", TOLERANCE),
    "conjugate gradients": ("pcg", TOLERANCE),
}


def run(options: Options) -> dict[str, Any]:
    """Seconds, residuals, peaks and the distance between the solvers' coefficients."""
    sizes = (200, 400) if options.small else SIZES
    x, y = _table("tfbind8")
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    rates = machine_rates(5)
    result: dict[str, Any] = {"tolerances": OURS, "rates": rates, "rows": []}
    for n in sizes:
        part = order[:n].sort().values
        result["rows"] += _solve_all(x[part], y[part])
    if options.rivals:
        part = order[: min(RIVAL_ROWS, sizes[-1])].sort().values
        result["rows"].append(_gpytorch(x[part], y[part]))
    if not options.small:
        row = _row("Superconductor", "auto", _ours(*OURS["auto"]), *_table("superconductor"))
        del row["d"]
        result["rows"].append(row)
    result["speedup"] = {
        n: _seconds(result, n, LINALG) / _seconds(result, n, "auto") for n in sizes
    }
    result["limit"] = _limit(sizes[-1], rates)
    lines = {
        way: ([n for n in sizes], [_seconds(result, n, way) for n in sizes])
        for way in (*OURS, LINALG)
    }
    plot(options.out / "large_solve.png", lines, "N", "seconds from data to coefficients")
    return result


def _table(name: str) -> tuple[Tensor, Tensor]:
    task = load_task(compose_config([f"task={name}"]))
    return task.data.x, task.data.y


def _ours(
    solver: SolverName, tolerance: float
) -> Callable[[Tensor, Tensor], tuple[Tensor, str, int]]:
    def solve(x: Tensor, y: Tensor) -> tuple[Tensor, str, int]:
        fit = fit_ridge(NTK(), x, y, solver=solver, tolerance=tolerance)
        return fit.coefficients, fit.report.solver, fit.report.iterations

    return solve


def _linalg(x: Tensor, y: Tensor) -> tuple[Tensor, str, int]:
    k = NTK().gram(x, None)
    k.diagonal().add_(ridge_to_add(k.diagonal(), 1e-6, "trace"))
    info = torch.empty((), dtype=torch.int32)
    torch.linalg.cholesky_ex(k.mT, out=(k.mT, info))  # in place: a plain call needs K twice
    assert not int(info)
    return torch.cholesky_solve(y[:, None], k.mT)[:, 0], "cholesky", 0


def _solve_all(x: Tensor, y: Tensor) -> list[dict[str, Any]]:
    rows, solutions = [], {}
    ways: dict[str, Callable[[Tensor, Tensor], tuple[Tensor, str, int]]] = {
        name: _ours(*how) for name, how in OURS.items()
    }
    for name, way in (ways | {LINALG: _linalg}).items():
        row = _row("TF Bind 8", name, way, x, y)
        solutions[name] = row.pop("d")
        rows.append(row)
    reference = solutions["packed Cholesky"]
    for row in rows:
        away = (solutions[row["way"]] - reference).norm() / reference.norm()
        row["from_packed_cholesky"] = float(away)
    return rows


def _row(
    table: str,
    name: str,
    solve: Callable[[Tensor, Tensor], tuple[Tensor, str, int]],
    x: Tensor,
    y: Tensor,
) -> dict[str, Any]:
    start = time.perf_counter()
    with PeakMemory(x.device) as memory:
        d, solver, iterations = solve(x, y)
    seconds = time.perf_counter() - start
    print(f"{table}, {len(x)} rows, {name}: {seconds:.1f} s", flush=True)
    return {
        "table": table,
        "n": len(x),
        "way": name,
        "solver": solver,
        "iterations": iterations,
        "seconds": seconds,
        "residual": _residual(x, y, d),
        "peak_gb": memory.peak_bytes / 1e9,
        "from_packed_cholesky": None,
        "d": d,
    }


def _residual(x: Tensor, y: Tensor, d: Tensor) -> float:
    kernel = NTK()
    left = y - kernel.matrix(x).multiply(d[:, None])[:, 0]
    left -= ridge_to_add(kernel.diagonal(x), 1e-6, "trace") * d
    return float(left.norm() / y.norm())


def _gpytorch(x: Tensor, y: Tensor) -> dict[str, Any]:
    k = NTK().gram(x, None)
    ridge = float(ridge_to_add(k.diagonal(), 1e-6, "trace"))
    with rival(RIVAL) as other:
        settings = {"ridge": ridge, "rank": RIVAL_RANK, "tolerance": TOLERANCE}
        arrays = {"k": k.numpy(), "y": y.numpy()}
        other.prepare("solve", arrays, max_iterations=2000, **settings)
        seconds = other.run()
        d, peak = torch.from_numpy(np.array(other.result())), other.peak_bytes()
    return {
        "table": "TF Bind 8",
        "n": len(x),
        "way": f"{RIVAL}, K given",
        "solver": "pcg",
        "iterations": None,
        "seconds": seconds,
        "residual": _residual(x, y, d),
        "peak_gb": peak / 1e9,
        "from_packed_cholesky": None,
    }


def _seconds(result: dict[str, Any], n: int, way: str) -> float:
    rows = result["rows"]
    found: float = next(r["seconds"] for r in rows if (r["n"], r["way"]) == (n, way))
    return found


def _limit(n: int, rates: dict[str, float]) -> dict[str, Any]:
    """The least seconds a factorisation and one product with a stored triangle can take."""
    return {
        "n": n,
        "cholesky_seconds": n**3 / 3 / rates["flops"],
        "cholesky_binding": "arithmetic",
        "stored_product_seconds": 4 * n**2 / rates["bytes"],
        "stored_product_binding": "memory",
    }
