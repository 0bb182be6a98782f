"""The least time of a small Cholesky solve: by operations, or by bytes, on the card there is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch

from ._device_time import event_medians


def card_rates(device: torch.device, dtype: torch.dtype, small: bool) -> dict[str, float]:
    """flops: operations a second of a large product; bytes: read and written by a copy."""
    n, entries = (8192, 1 << 28) if device.type == "cuda" else (256 if small else 1024, 1 << 22)
    a = torch.rand(n, n, dtype=dtype, device=device)
    source = torch.rand(entries, dtype=dtype, device=device)
    target = torch.empty_like(source)
    works = {
        "flops": itertools.repeat(lambda: a @ a),
        "bytes": itertools.repeat(lambda: target.copy_(source)),
    }
    seconds = event_medians(device, works, 5)
    amount = {"flops": 2.0 * n**3, "bytes": 2.0 * source.nbytes}
    return {name: amount[name] / s for name, s in seconds.items()}


def least_seconds(
    rates: Mapping[str, float], b: int, m: int, columns: int, gradient: bool, size: int
) -> float:
    """Seconds that a solve takes at the least.

    Forward: K and rhs are read, x is written. With the gradient: dx is read too, and dK and drhs
    are written.

    Args:
        rates: see :func:`card_rates`.
        b: matrices.
        m: their side.
        columns: right-hand sides of each.
        gradient: whether it is of a solve with its gradient.
        size: bytes of a number.
    """
    ops = b * (m**3 / 3 + 2 * m * m * columns * (3 if gradient else 1))
    numbers = b * (m * m * (2 if gradient else 1) + m * columns * (4 if gradient else 2))
    return max(ops / rates["flops"], numbers * size / rates["bytes"])
