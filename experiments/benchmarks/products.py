"""Products K v with the NTK, without K, against making K first and against neural-tangents."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from torch import Tensor

import torchbdi
from torchbdi.kernels.zonal.gram import unit_rows
from torchbdi.kernels.zonal.matrix import ZonalMatrix
from torchbdi.kernels.zonal.profile import fit_profile
from torchbdi.kernels.zonal.tiles import product

from . import Options
from ._measure import extra_bytes, interleave, limit, machine_rates, plot
from ._ours import RIVAL, designs, on_path, paths, summarise, timers
from ._rivals import Rival, rival
from .gram import ARCSINE_FLOPS, D


def run(options: Options) -> dict[str, Any]:
    """2000 x N, and the symmetric N x N as a solver multiplies it."""
    rows = 200 if options.small else 2000
    sizes = [200, 400] if options.small else [2000, 4000, 8000]
    x1 = designs(rows, D, seed=1)
    result: dict[str, Any] = {"d": D, "rows": [], "rates": machine_rates(5)}
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(rival()) if options.rivals else None
        for n in sizes:
            x2, v = designs(n, D, seed=2), designs(n, seed=3)
            result["rows"] += _rectangular(options, x1, x2, v, other)
            result["rows"] += _symmetric(options, x2, v)
    kernel = torchbdi.NTK()
    units = unit_rows(x1), unit_rows(x2)
    result["extra_bytes"] = {
        name: extra_bytes(on_path(on, lambda: product(kernel.stack, *units, v)))
        for name, on in paths().items()
    }
    profile = fit_profile(kernel.stack)
    assert profile is not None
    flops = 2 * D + 2 * profile.degree + ARCSINE_FLOPS + 2
    result["limit"] = limit(flops, 0, result["rates"])
    lines = {}
    for way in dict.fromkeys(r["way"] for r in result["rows"]):
        mine = [r for r in result["rows"] if r["way"] == way and not r["symmetric"]]
        lines[way] = ([r["n2"] for r in mine], [r["seconds"] for r in mine])
    plot(options.out / "products.png", lines, f"N ({rows} x N matrix)", "seconds")
    return result


def _rectangular(
    options: Options, x1: Tensor, x2: Tensor, v: Tensor, other: Rival | None
) -> list[dict[str, Any]]:
    kernel, units = torchbdi.NTK(), (unit_rows(x1), unit_rows(x2))
    work = timers(lambda: product(kernel.stack, *units, v))
    stored = timers(lambda: kernel.gram(x1, x2) @ v)
    work |= {f"{name}, K made first": timer for name, timer in stored.items()}
    if other is not None:
        arrays = {"x1": x1.numpy(), "x2": x2.numpy(), "v": v.numpy()}
        other.prepare("products", arrays, depth=6)
        work[RIVAL] = other.run
    seconds = interleave(work, options.rounds)
    if other is not None:
        theirs = other.result().ravel()
        ours = product(kernel.stack, *units, v)[: len(theirs)].numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)
    size = {"n1": len(x1), "n2": len(x2), "symmetric": False}
    return [size | row for row in summarise(seconds, len(x1) * len(x2))]


def _symmetric(options: Options, x: Tensor, v: Tensor) -> list[dict[str, Any]]:
    matrix, column = ZonalMatrix(torchbdi.NTK().stack, x), v.unsqueeze(1)
    seconds = interleave(timers(lambda: matrix.multiply(column)), options.rounds)
    size = {"n1": len(x), "n2": len(x), "symmetric": True}
    return [size | row for row in summarise(seconds, len(x) ** 2)]
