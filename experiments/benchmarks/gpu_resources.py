"""Registers, spills, shared memory and occupancy of every GPU kernel, from its compiled form.

It needs no GPU. Beside them stands what the memory and the arithmetic of an H100 and an H200 would
take for small solves at best.
"""

from __future__ import annotations

from typing import Any

import torch
import triton

from . import Options
from ._compiled import ptxas_version, recorded, resources
from ._launches import everything

CAPABILITIES = (90, 80)
SIDES = (1, 2, 4, 8, 16, 32, 64)
# Bytes a second of memory and float64 operations a second, with tensor cores; NVIDIA's datasheets.
CARDS = {"H100 SXM": (3.35e12, 67e12), "H200 SXM": (4.8e12, 67e12)}


def run(options: Options) -> dict[str, Any]:
    """One row a kernel, form and compute capability, float64; estimates of solves beside them."""
    rows = []
    for capability in CAPABILITIES[:1] if options.small else CAPABILITIES:
        with recorded() as launches:
            everything(torch.float64, SIDES[:1] if options.small else SIDES)
        compiled = launches.compile(capability)
        for (function, values), kernel in zip(launches.made, compiled, strict=True):
            forms = {name.lower(): v for name, v in values.items() if name.isupper()}
            form = " ".join(f"{k}={v}" for k, v in forms.items() if k not in ("small", "first"))
            row = {"sm": capability, "kernel": function.__name__.strip("_"), "form": form}
            rows.append(row | resources(kernel, capability))
    versions = {"triton": triton.__version__, "ptxas": ptxas_version()}
    return {"versions": versions, "rows": rows, "estimates": [estimate(m) for m in SIDES]}


def estimate(m: int, columns: int = 1) -> dict[str, Any]:
    """The least microseconds of 65,536 float64 solves: K and rhs read, x written."""
    b = 65_536
    ops, moved = b * (m**3 / 3 + 2 * m * m * columns), 8 * b * (m * m + 2 * m * columns)
    at_best = {f"{card}, us": 1e6 * max(moved / w, ops / r) for card, (w, r) in CARDS.items()}
    return {"b": b, "m": m, "columns": columns, **at_best}
