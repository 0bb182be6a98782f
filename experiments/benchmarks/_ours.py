"""Our side of the Gram subjects: designs, and one timer for each way of computing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from torchbdi.kernels import compiled

from ._measure import median_ratio, timer

RIVAL = "neural-tangents"
PATHS = {"plain torch": False, "compiled": True}


def paths() -> dict[str, bool]:
    """The ways there are here: plain torch, and compiled where numba is installed."""
    return {name: on for name, on in PATHS.items() if not on or compiled.available()}


def on_path(on: bool, work: Callable[[], object]) -> Callable[[], object]:
    """``work`` with the compiled path on or off."""

    def run() -> object:
        with compiled.use(on):
            return work()

    return run


def timers(work: Callable[[], object]) -> dict[str, Callable[[], float]]:
    """A timer of ``work`` for every path."""
    return {name: timer(on_path(on, work)) for name, on in paths().items()}


def designs(*shape: int, seed: int) -> Tensor:
    """Standard normal designs, float64."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def sequences(rows: int, seed: int) -> Tensor:
    """Random one-hot sequences of 8 out of 4 letters as logits, standardised, (rows, 24).

    They have the shape and the angles of TF Bind 8's table; only speed is measured on them.
    """
    letters = np.random.default_rng(seed).integers(0, 4, (rows, 8))
    soft = 0.6 * np.eye(4)[letters] + 0.4 / 4
    logits = np.log(soft)
    x = (logits[:, :, 1:] - logits[:, :, :1]).reshape(rows, 24)
    return torch.from_numpy((x - x.mean(0)) / x.std(0))


def summarise(
    seconds: Mapping[str, Sequence[float]], entries: float, base: str = RIVAL
) -> list[dict[str, Any]]:
    """A row for every timer: median ns an entry, and how many times faster than ``base``."""
    return [
        {
            "way": name,
            "ns_per_entry": float(1e9 * np.median(values) / entries),
            "seconds": float(np.median(values)),
            f"times_faster_than_{base}": (
                median_ratio(seconds[base], values) if base in seconds else None
            ),
        }
        for name, values in seconds.items()
    ]
