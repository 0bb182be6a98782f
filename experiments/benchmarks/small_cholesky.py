"""Batched small Cholesky solves against torch.linalg, and BDI with groups of eight designs.

On a GPU cholesky_solve is a Triton kernel up to M = 64, and BDI is also run by plain torch
operations. Without one the CPU's path is measured, and the result says that the GPU's figures are
still missing. Everything is float64; right-hand sides are vectors, as in BDI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

import torchbdi
from torchbdi.kernels import cholesky_solve, gpu

from . import Options
from ._measure import interleave, median_ratio, timer
from ._ours import designs

OURS, LINALG = "cholesky_solve", "torch.linalg"
GROUPS = (128, 1024, 8192, 65_536)
SIDES = (1, 2, 4, 8, 16, 32, 64)
CPU_ENTRIES = 1 << 23  # of all matrices together: what two cores do in a second or so
RIDGE = 1e-6
GROUP, DESIGNS, FEATURES = 8, 128, 24


def run(options: Options) -> dict[str, Any]:
    """Seconds of a solve, with and without its gradient, and of a BDI run; ratios to the rival."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    gpu = device.type == "cuda"
    if not gpu:
        print("no GPU here: the CPU is measured, the GPU's figures are still missing", flush=True)
    rows = []
    for b in (4, 8) if options.small else GROUPS:
        for m in (1, 3) if options.small else SIDES:
            if gpu or b * m * m <= CPU_ENTRIES:
                rows += _solves(device, b, m, options.rounds)
    rows += _bdi(device, options)
    return {"device": str(device), "gpu_measured": gpu, "rows": rows}


def linalg_solve(k: Tensor, rhs: Tensor, ridge: float) -> Tensor:
    """The same by cholesky_ex and cholesky_solve, with one look at what failed."""
    factor, info = torch.linalg.cholesky_ex(k + ridge * torch.eye(k.shape[-1]).to(k))
    if info.any():
        raise torchbdi.NotPositiveDefiniteError(f"{int((info > 0).sum())} matrices failed")
    return torch.cholesky_solve(rhs.unsqueeze(-1), factor).squeeze(-1)


def _solves(device: torch.device, b: int, m: int, rounds: int) -> list[dict[str, Any]]:
    x = designs(b, m, m + 4, seed=m).to(device)
    k, rhs = x @ x.mT / (m + 4), designs(b, m, seed=1).to(device)
    torch.testing.assert_close(cholesky_solve(k, rhs, RIDGE), linalg_solve(k, rhs, RIDGE))
    leaf = k.clone().requires_grad_()

    def gradient(solve: Callable[..., Tensor]) -> Tensor:
        return torch.autograd.grad(solve(leaf, rhs, RIDGE).sum(), leaf)[0]

    ways = {OURS: cholesky_solve, LINALG: linalg_solve}
    solves = {name: partial(way, k, rhs, RIDGE) for name, way in ways.items()}
    gradients = {name: partial(gradient, way) for name, way in ways.items()}
    rows = _compare("solve", device, rounds, solves)
    rows += _compare("with gradient", device, rounds, gradients)
    return [{"b": b, "m": m} | row for row in rows]


def _bdi(device: torch.device, options: Options) -> list[dict[str, Any]]:
    """A run from the first loss to the last step of Adam, coefficients given."""
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

    ways = {"BDI": work} | ({"BDI, plain torch": plainly} if device.type == "cuda" else {})
    rows = _compare(f"{steps} steps, {n} rows", device, options.rounds, ways)
    return [{"b": len(starts), "m": GROUP} | row for row in rows]


def _compare(
    what: str, device: torch.device, rounds: int, ways: Mapping[str, Callable[[], Tensor]]
) -> list[dict[str, Any]]:
    """A row for every way; ratios are to the last one, which is the rival where there are two."""

    def finished(work: Callable[[], Tensor]) -> Callable[[], float]:
        def whole() -> None:
            work()
            if device.type == "cuda":
                torch.cuda.synchronize(device)

        return timer(whole)

    seconds = interleave({name: finished(work) for name, work in ways.items()}, rounds)
    last = list(ways)[-1]
    return [
        {
            "what": what,
            "way": way,
            "seconds": sorted(s)[len(s) // 2],
            "times_faster": None if way == last else median_ratio(seconds[last], s),
        }
        for way, s in seconds.items()
    ]
