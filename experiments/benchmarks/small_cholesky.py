"""Batched small Cholesky solves against torch.linalg, and BDI with groups of eight designs.

On a GPU cholesky_solve is a Triton kernel up to M = 64. Beside it stand cholesky_ex with
cholesky_solve, linalg.solve, and the least time that the card allows: bytes over the bandwidth of a
copy, or operations over the rate of a product, whichever is longer. Inputs rotate among so many
sets that none is in the cache. Two times are taken of everything: of a whole call, with what the
host does and one look at what failed (``*_us``), and of the device alone, with the host ahead of it
(``device_*_us``). Without a GPU the CPU's path is measured, and the result says that the GPU's
figures are still missing.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import torch
from torch import Tensor

import torchbdi
from torchbdi.kernels import cholesky_solve, gpu

from . import Options
from ._card_limit import card_rates, least_seconds
from ._device_time import device_seconds, event_medians
from ._ours import designs

BATCHES = (128, 4096, 65_536)
SIDES = (1, 2, 4, 8, 16, 32, 64)
COLUMNS = (1, 8)
DTYPES = (torch.float64, torch.float32)  # float64 first: what is cut off should be float32
CPU_ENTRIES = 1 << 20  # of all matrices together: what two cores do in a moment
BEYOND_CACHE = 200 << 20  # bytes of inputs that rotate
MAX_SETS = 32
RIDGE = 1e-6
GROUP, DESIGNS, FEATURES = 8, 128, 24
Solve = Callable[..., Tensor]  # k, rhs, ridge, check


def run(options: Options) -> dict[str, Any]:
    """Microseconds of a solve, with and without its gradient, and of a BDI run."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    on_gpu = device.type == "cuda"
    if not on_gpu:
        print("no GPU here: the CPU is measured, the GPU's figures are still missing", flush=True)
    result: dict[str, Any] = {"device": str(device), "gpu_measured": on_gpu, "rows": []}
    if on_gpu:
        compile_ahead((1, 3) if options.small else SIDES)
    rates = {dtype: card_rates(device, dtype, options.small) for dtype in DTYPES}
    result["rates"] = {str(dtype): found for dtype, found in rates.items()}
    cells = itertools.product(
        DTYPES,
        COLUMNS,
        (False, True),
        (4, 8) if options.small else BATCHES,
        (1, 3) if options.small else SIDES,
    )
    for dtype, columns, gradient, b, m in cells:
        if on_gpu or b * m * m <= CPU_ENTRIES:
            row = cell(device, dtype, columns, gradient, b, m, options.rounds, rates[dtype])
            print("  ".join(f"{key} {_short(value)}" for key, value in row.items()), flush=True)
            result["rows"].append(row)
            options.keep(result)
        if (dtype, columns, gradient, b, m) == (DTYPES[0], 1, True, *_last(options)):
            result["bdi"] = bdi(device, options)
            print(result["bdi"], flush=True)
    return result


def compile_ahead(sides: Sequence[int]) -> None:
    """Compiles every form in several processes, which leave them in triton's cache on disk."""
    works = list(itertools.product(sorted(sides, reverse=True), DTYPES))
    workers = min(len(works), os.cpu_count() or 1)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        list(pool.map(_compile, *zip(*works, strict=True)))


def _compile(m: int, dtype: torch.dtype) -> None:
    """Solves of one size, with and without gradients."""
    for columns, gradient in itertools.product(COLUMNS, (False, True)):
        system = _system(torch.device("cuda"), dtype, columns, BATCHES[0], m, seed=0)
        next(_calls(ours, [system], gradient))()
    torch.cuda.synchronize()


def _last(options: Options) -> tuple[int, int]:
    """The last batch and side: after the first float64 cells with gradients, BDI is run."""
    return (8, 3) if options.small else (BATCHES[-1], SIDES[-1])


def _short(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value


def linalg_cholesky(k: Tensor, rhs: Tensor, ridge: float, check: bool = True) -> Tensor:
    """The same by cholesky_ex and cholesky_solve, with one look at what failed."""
    factor, info = torch.linalg.cholesky_ex(_shifted(k, ridge))
    if check and info.any():
        raise torchbdi.NotPositiveDefiniteError(f"{int((info > 0).sum())} matrices failed")
    return torch.cholesky_solve(rhs, factor)


def linalg_solve(k: Tensor, rhs: Tensor, ridge: float, check: bool = True) -> Tensor:
    """The same by linalg.solve (LU), which looks at what failed itself."""
    x: Tensor = torch.linalg.solve_ex(_shifted(k, ridge), rhs, check_errors=check)[0]
    return x


def ours(k: Tensor, rhs: Tensor, ridge: float, check: bool = True) -> Tensor:
    """cholesky_solve, or its kernels alone."""
    if check:
        return cholesky_solve(k, rhs, ridge)
    from torchbdi.kernels.gpu.cholesky import unchecked

    return unchecked(k, rhs, ridge)


def _shifted(k: Tensor, ridge: float) -> Tensor:
    return k + ridge * torch.eye(k.shape[-1], dtype=k.dtype, device=k.device)


WAYS: dict[str, Solve] = {
    "ours": ours,
    "cholesky_ex": linalg_cholesky,
    "linalg_solve": linalg_solve,
}


def cell(
    device: torch.device,
    dtype: torch.dtype,
    columns: int,
    gradient: bool,
    b: int,
    m: int,
    rounds: int,
    rates: dict[str, float],
) -> dict[str, Any]:
    """One row: medians of calls in microseconds, their ratios, and the card's limit."""
    size = dtype.itemsize * b * (m * m + 2 * m * columns)
    count = max(2, min(MAX_SETS, math.ceil(BEYOND_CACHE / size))) if device.type == "cuda" else 2
    sets = [_system(device, dtype, columns, b, m, seed) for seed in range(count)]
    k, rhs = (t.double() for t in sets[0])
    exact = linalg_cholesky(k, rhs, RIDGE)
    error = float((cholesky_solve(*sets[0], RIDGE) - exact).abs().max() / exact.abs().max())
    works = {name: _calls(way, sets, gradient) for name, way in WAYS.items()}
    seconds = event_medians(device, works, 2 * rounds + 1)
    limit = least_seconds(rates, b, m, columns, gradient, dtype.itemsize)
    row: dict[str, Any] = {
        "dtype": str(dtype).removeprefix("torch."),
        "columns": columns,
        "what": "with gradient" if gradient else "forward",
        "b": b,
        "m": m,
        **{f"{name}_us": 1e6 * s for name, s in seconds.items()},
        "times_cholesky_ex": seconds["cholesky_ex"] / seconds["ours"],
        "times_linalg_solve": seconds["linalg_solve"] / seconds["ours"],
    }
    if device.type == "cuda":
        alone = {
            name: device_seconds(device, _calls(partial(way, check=False), sets, gradient))
            for name, way in WAYS.items()
        }
        row |= {f"device_{name}_us": 1e6 * s for name, s in alone.items()}
        row["device_times_cholesky_ex"] = alone["cholesky_ex"] / alone["ours"]
        row["device_times_linalg_solve"] = alone["linalg_solve"] / alone["ours"]
        row["device_over_limit"] = alone["ours"] / limit
    return row | {"limit_us": 1e6 * limit, "relative_error": error}


def _system(
    device: torch.device, dtype: torch.dtype, columns: int, b: int, m: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Covariances of m + 4 numbers and right-hand sides."""
    draw = torch.Generator(device).manual_seed(seed)
    x = torch.randn(b, m, m + 4, dtype=dtype, device=device, generator=draw)
    rhs = torch.randn(b, m, columns, dtype=dtype, device=device, generator=draw)
    return (x @ x.mT / (m + 4)).contiguous(), rhs


def _calls(
    way: Solve, sets: Sequence[tuple[Tensor, Tensor]], gradient: bool
) -> Iterator[Callable[[], object]]:
    """Calls of one way, a set of inputs after the other, without an end."""

    def forward(k: Tensor, rhs: Tensor) -> object:
        return way(k, rhs, RIDGE)

    def backward(k: Tensor, rhs: Tensor) -> object:
        k, rhs = k.detach().requires_grad_(), rhs.detach().requires_grad_()
        return torch.autograd.grad(way(k, rhs, RIDGE), (k, rhs), rhs.detach())

    for k, rhs in itertools.cycle(sets):
        yield lambda k=k, rhs=rhs: (backward if gradient else forward)(k, rhs)  # type: ignore[misc]


def bdi(device: torch.device, options: Options) -> dict[str, Any]:
    """Seconds of a run of BDI with groups of eight; on a GPU also without Triton."""
    n, steps, count = (60, 2, 16) if options.small else (8225, 200, DESIGNS)
    x, y, d = (
        designs(*shape, seed=i).to(device) for i, shape in enumerate(((n, FEATURES), (n,), (n,)))
    )
    starts = x[:count].reshape(-1, GROUP, FEATURES)

    def work() -> Tensor:
        model = torchbdi.BDI(x, y, starts, coefficients=d)
        adam = model.configure_optimizers()
        for _ in range(steps):
            adam.zero_grad()
            model.loss()["total"].sum().backward()
            adam.step()
        return model.x_h.detach()

    def plainly() -> Tensor:
        with gpu.use(False):
            return work()

    works = {"ours": itertools.repeat(work)}
    if device.type == "cuda":
        works["plain torch"] = itertools.repeat(plainly)
    seconds = event_medians(device, works, 1 if options.small else 3)
    return {"what": f"BDI, {steps} steps, {n} rows, {len(starts)} groups of {GROUP}", **seconds}
