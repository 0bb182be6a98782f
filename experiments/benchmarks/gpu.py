"""Everything that is to be measured on one CUDA GPU, in one go; without a GPU it says so.

The Gram matrix of the NTK, TF Bind 8's and UTR's large solves (the latter by packed Cholesky, 79
GB, and by conjugate gradients, each where it fits), a TF Bind 8 run from end to end against the
CPU's scores, a step of NTK2NN at width 2048, and a round of the search on as many rows as UTR and
GFP have, beside plain torch. Small Cholesky is the subject ``small-cholesky``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import torchbdi
from torchbdi import NTK, DoesNotFitError, fit_ridge
from torchbdi.kernels import gpu
from torchbdi.kernels.solve.choice import SolverName
from torchbdi.kernels.zonal.sums import ZonalSums

from ..data import data_folder
from ..runs.config import compose_config
from ..tasks import load_task
from ..tasks.utr import TASK, visible_rows
from ..train import train
from . import Options
from ._ours import designs

SCORES = 0.973436, 0.595390  # TF Bind 8, best and median, on the CPU
UTR_TOLERANCE = 1e-6
Load = Callable[[int | None], tuple[Tensor, Tensor]]  # a table, or its first rows


def run(options: Options) -> dict[str, Any]:
    """One row a measurement: seconds, peak of torch's allocator, and what is special to it."""
    if not torch.cuda.is_available():
        print("no GPU here: its figures are still to be measured", flush=True)
        return {"rows": [], "measured": False}
    device, small = torch.device("cuda"), options.small
    rates = {"float64_flops": product_rate(device, 8192)}
    print(f"float64 products: {rates['float64_flops'] / 1e12:.3g} Tflop/s", flush=True)
    result: dict[str, Any] = {"rows": [], "measured": True, "rates": rates}

    def table(name: str, load: Load, solver: SolverName, tolerance: float) -> dict[str, Any]:
        x, y = load(400 if small else None)
        return solve(name, solver, x.to(device), y.to(device), tolerance, rates)

    for measure in (
        lambda: gram(device, 1 << (10 if small else 15), options.rounds),
        lambda: table("TF Bind 8", tfbind8, "pcg", 1e-8),
        lambda: table("TF Bind 8", tfbind8, "cholesky", 1e-8),
        lambda: bdi_run(options.out / "runs", 400 if small else None),
        lambda: nn_step(device, small),
        lambda: changes("UTR", device, 400 if small else 140_000, 50, 4, 128),
        lambda: changes("GFP", device, 400 if small else 5000, 237, 20, 27),
        lambda: table("UTR", utr, "pcg", UTR_TOLERANCE),
        lambda: table("UTR", utr, "cholesky", UTR_TOLERANCE),
    ):
        row = measure()
        torch.cuda.empty_cache()
        print(row, flush=True)
        result["rows"].append(row)
        options.keep(result)
    return result


def _row(what: str, n: int, seconds: float, peak: int, note: str) -> dict[str, Any]:
    return {"what": what, "n": n, "seconds": seconds, "peak_gb": peak / 1e9, "note": note}


def _timed(device: torch.device, work: Callable[[], object], rounds: int = 1) -> tuple[float, int]:
    """Least seconds of one call after a first one, and the peak of torch's allocator."""
    _wait(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        _wait(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds), torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def product_rate(device: torch.device, n: int) -> float:
    """float64 operations a second of a product of two n x n matrices."""
    a = torch.rand(n, n, dtype=torch.float64, device=device)
    return 2 * n**3 / _timed(device, lambda: a @ a, 3)[0]


def gram(device: torch.device, n: int, rounds: int) -> dict[str, Any]:
    """The Gram matrix of n x n designs with D = 24, freshly allocated."""
    x1, x2 = (designs(n, 24, seed=seed).to(device) for seed in (1, 2))
    kernel = NTK()
    kernel(x1, x2)
    seconds, peak = _timed(device, lambda: kernel(x1, x2), rounds)
    return _row("Gram, D = 24", n, seconds, peak, f"{1e12 * seconds / n**2:.3g} ps an entry")


def tfbind8(rows: int | None) -> tuple[Tensor, Tensor]:
    """TF Bind 8's table."""
    task = load_task(compose_config(["task=tfbind8"]))
    return task.data.x[:rows], task.data.y[:rows]


def utr(rows: int | None) -> tuple[Tensor, Tensor]:
    """UTR's table; its true function is not needed."""
    x, y = visible_rows(data_folder(None))
    data = torchbdi.OfflineData.from_raw(x[:rows], y[:rows], TASK.space_of(x))
    return data.x, data.y


def solve(
    table: str,
    solver: SolverName,
    x: Tensor,
    y: Tensor,
    tolerance: float,
    rates: dict[str, float],
) -> dict[str, Any]:
    """One large solve; where it does not fit, the row says so."""
    fits: list[torchbdi.RidgeFit] = []
    try:
        seconds, peak = _timed(
            x.device,
            lambda: fits.append(fit_ridge(NTK(), x, y, solver=solver, tolerance=tolerance)),
        )
    except DoesNotFitError as error:
        return _row(f"{table}, {solver}", len(x), float("nan"), 0, f"does not fit: {error}")
    report = fits[0].report
    note = f"residual {report.residual:.2g}, {report.iterations} iterations"
    if solver == "cholesky":
        note += f"; the flops alone {len(x) ** 3 / 3 / rates['float64_flops']:.3g} s"
    return _row(f"{table}, {solver}", len(x), seconds, peak, note)


def bdi_run(out: Path, rows: int | None) -> dict[str, Any]:
    """``python -m experiments.train task=tfbind8`` on the GPU, solve included or from the cache."""
    words = ["task=tfbind8", "trainer.accelerator=auto", f"out_dir={out}"]
    cfg = compose_config([*words, *([f"task.max_rows={rows}"] if rows else [])])
    metrics = train(cfg)
    got = metrics["best_after_normalised"], metrics["median_after_normalised"]
    note = f"best {got[0]:.6f}, median {got[1]:.6f}; on the CPU {SCORES[0]:.6f}, {SCORES[1]:.6f}"
    return _row("TF Bind 8 run", metrics["rows"], metrics["seconds"], 0, note)


def nn_step(device: torch.device, small: bool) -> dict[str, Any]:
    """A step of NTK2NN (Eq. 9) at TF Bind 8's size; the forward network is left untrained."""
    n, width = (400, 32) if small else (32898, 2048)
    x, y = designs(n, 24, seed=1).to(device), designs(n, seed=2).to(device)
    model = torchbdi.FiniteBDI(x, y, x[:128].unsqueeze(1), width=width, forward_weight=0.0)

    def step() -> None:
        model.zero_grad()
        model.loss(0)["total"].sum().backward()

    step()
    seconds, peak = _timed(device, step, 3)
    return _row(f"NTK2NN step, width {width}", n, seconds, peak, "backward loss and gradient")


def changes(
    name: str, device: torch.device, rows: int, sites: int, letters: int, count: int
) -> dict[str, Any]:
    """BDI's sums for every change of one letter of some designs, as a beam asks for at once.

    Args:
        name: of the task that has tables of this size.
        device: the GPU.
        rows: of the table.
        sites: of a design.
        letters: to choose from at each.
        count: designs that are changed.
    """
    draw = torch.Generator().manual_seed(0)
    table = torch.randn(letters, letters, generator=draw, dtype=torch.float64)
    codes = torch.randint(letters, (rows + count, sites), generator=draw)
    x = table[codes].flatten(1).to(device)
    data, left = x[:rows], x[rows:]
    linear = torch.randn(2, rows, generator=draw, dtype=torch.float64).to(device)
    square = torch.rand(rows, generator=draw, dtype=torch.float64).to(device)
    site = torch.arange(sites).repeat_interleave(letters)
    old = (site * letters + codes[rows:, site]).to(device)
    parts = [(slice(letters * i, letters * (i + 1)), table.to(device)) for i in range(sites)]
    own = table.square().sum(1).to(device)
    length = left.square().sum(1, keepdim=True) - own[old % letters] + own.repeat(sites)
    seconds, found = {}, {}
    for triton in (False, True):
        with gpu.use(triton and device.type == "cuda"):
            sums = ZonalSums(NTK().stack, data, linear, square)
            work = partial(sums.pairs, left, parts, old, length.sqrt())
            found[triton] = work()
            seconds[triton], peak = _timed(device, work, 3 if triton else 1)
    apart = float(((found[True] - found[False]).abs() / found[False].abs().amax((0, 1))).max())
    each = 1e12 * seconds[True] / (old.numel() * rows)
    note = f"{count} designs x {sites * letters} letters, {each:.3g} ps a value; "
    note += f"plain torch {seconds[False]:.3g} s, {apart:.1g} of the largest sum away"
    return _row(f"changes of a search, {name}", rows, seconds[True], peak, note)
