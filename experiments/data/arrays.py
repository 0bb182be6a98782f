"""Writing numpy arrays so that a reader never sees half of a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from torchbdi.kernels.files import write_atomic


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a compressed npz, atomically."""
    write_atomic(path, lambda file: np.savez_compressed(file, **dict(arrays)))  # type: ignore[arg-type]


def write_npy(path: Path, array: np.ndarray) -> None:
    """Writes an npy file, atomically."""
    write_atomic(path, lambda file: np.save(file, array, allow_pickle=False))
