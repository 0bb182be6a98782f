"""Gram matrices of the NTK, 2000 x N, D = 24, float64, against neural-tangents."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import torchbdi
from torchbdi.kernels.relu.recursion import ReLUStack
from torchbdi.kernels.zonal.gram import unit_rows
from torchbdi.kernels.zonal.profile import fit_profile
from torchbdi.kernels.zonal.tiles import gram_

from . import Options
from ._measure import extra_bytes, interleave, limit, machine_rates, median_ratio, plot
from ._ours import RIVAL, designs, on_path, paths, summarise, timers
from ._rivals import Rival, rival

D = 24
ARCSINE_FLOPS = 40  # clamp, root, series of degree 12, sign


def run(options: Options) -> dict[str, Any]:
    """Cost against N at depth 6, against depth at the largest N, and fresh allocation."""
    rows = 200 if options.small else 2000
    sizes = [100, 400] if options.small else [500, 1000, 2000, 4000, 8000]
    depths = [2, 6, 12] if options.small else [2, 3, 4, 6, 8, 12, 16, 24, 32]
    x1 = designs(rows, D, seed=1)
    result: dict[str, Any] = {"d": D, "n1": rows, "rows": [], "rates": machine_rates(5)}
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(rival()) if options.rivals else None
        for n in sizes:
            x2 = designs(n, D, seed=2)
            result["rows"] += _measure(options, x1, x2, 6, other, fresh=n == sizes[-1])
        rows_of_depths, result["depth_12_over_6"] = _depths(options, x1, x2, depths)
        result["rows"] += rows_of_depths
        if other is not None:  # its cost grows with the depth: a smaller matrix is enough for it
            for depth in depths:
                few = x1[: rows // 4], x2[: len(x2) // 4]
                result["rows"] += _measure(options, *few, depth, other)
        out = torch.zeros(rows, len(x2), dtype=torch.float64)
        units = unit_rows(x1), unit_rows(x2)
        result["extra_bytes"] = {
            name: extra_bytes(on_path(on, lambda: gram_(_stack(6), *units, out)))
            for name, on in paths().items()
        }
        if other is not None:
            result["peak_bytes_" + RIVAL] = other.peak_bytes()
    profile = fit_profile(_stack(6))
    assert profile is not None
    result["limit"] = limit(2 * D + 2 * profile.degree + ARCSINE_FLOPS, 8, result["rates"])
    _plots(options, result["rows"], rows, sizes[-1])
    return result


def _stack(depth: int) -> ReLUStack:
    return ReLUStack(depth, 1.0, 0.0, tangent=True)


def _measure(
    options: Options,
    x1: torch.Tensor,
    x2: torch.Tensor,
    depth: int,
    other: Rival | None,
    fresh: bool = False,
) -> list[dict[str, Any]]:
    kernel, out = torchbdi.NTK(depth), torch.empty(len(x1), len(x2), dtype=torch.float64)
    work = timers(lambda: gram_(kernel.stack, unit_rows(x1), unit_rows(x2), out))
    if fresh:
        work |= {f"{n}, fresh": t for n, t in timers(lambda: kernel.gram(x1, x2)).items()}
    if other is not None:
        other.prepare("gram", {"x1": x1.numpy(), "x2": x2.numpy()}, depth=depth)
        work[RIVAL] = other.run
    seconds = interleave(work, options.rounds)
    if other is not None:
        theirs = other.result()
        ours = kernel(x1[: theirs.shape[0]], x2[: theirs.shape[1]]).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9 * np.abs(ours).max())
    size = {"n1": len(x1), "n2": len(x2), "depth": depth}
    return [size | row for row in summarise(seconds, len(x1) * len(x2))]


def _depths(
    options: Options, x1: torch.Tensor, x2: torch.Tensor, depths: list[int]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Our ways at every depth, in the same rounds, and the cost at depth 12 over that at 6."""
    out = torch.empty(len(x1), len(x2), dtype=torch.float64)

    def at(depth: int) -> dict[str, Callable[[], float]]:
        return timers(lambda: gram_(_stack(depth), unit_rows(x1), unit_rows(x2), out))

    work = {(way, depth): timer for depth in depths for way, timer in at(depth).items()}
    seconds = interleave({f"{way}|{d}": timer for (way, d), timer in work.items()}, options.rounds)
    rows = []
    for way, depth in work:
        (row,) = summarise({way: seconds[f"{way}|{depth}"]}, out.numel())
        rows.append({"n1": len(x1), "n2": len(x2), "depth": depth} | row)
    return rows, {w: median_ratio(seconds[f"{w}|12"], seconds[f"{w}|6"]) for w in paths()}


def _plots(options: Options, rows: list[dict[str, Any]], n1: int, n2: int) -> None:
    ways = [*paths(), RIVAL] if options.rivals else list(paths())
    against_n, against_depth = {}, {}
    for way in ways:
        mine = [r for r in rows if r["way"] == way]
        by_n = {r["n2"]: r["seconds"] for r in mine if r["n1"] == n1 and r["depth"] == 6}
        against_n[way] = (sorted(by_n), [by_n[n] for n in sorted(by_n)])
        full = [r for r in mine if (r["n1"], r["n2"]) == (n1, n2) or way == RIVAL]
        by_depth = {r["depth"]: r["ns_per_entry"] for r in full}
        against_depth[way] = (sorted(by_depth), [by_depth[d] for d in sorted(by_depth)])
    plot(options.out / "gram_n.png", against_n, f"N ({n1} x N matrix)", "seconds")
    plot(options.out / "gram_depth.png", against_depth, "depth", "ns an entry")
