"""Tables in design-bench's shard layout: ``STEM-x-0.npy``, ``STEM-y-0.npy``, and so on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from torchbdi import MissingDataError

from .arrays import write_npy


def read_shards(folder: Path, stem: str) -> tuple[np.ndarray, np.ndarray]:
    """All rows of a table.

    Args:
        folder: where the shards are.
        stem: their common name.

    Returns:
        x, (N, ...), and y, (N,), as they are stored.

    Raises:
        MissingDataError: a file is damaged, or holds more than numbers.
    """
    count = len(list(folder.glob(f"{stem}-x-*.npy")))
    x, y = (
        np.concatenate([_read(folder / f"{stem}-{part}-{i}.npy") for i in range(count)])
        for part in "xy"
    )
    return x, y.ravel()


def _read(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise MissingDataError(f"{path} cannot be read: {error}. Delete it.") from error
    return array


def write_shards(folder: Path, stem: str, x: np.ndarray, y: np.ndarray, rows: int = 5000) -> None:
    """Writes a table, ``rows`` a shard; y (N,) is stored as (N, 1)."""
    folder.mkdir(parents=True, exist_ok=True)
    for shard, start in enumerate(range(0, len(x), rows)):
        write_npy(folder / f"{stem}-x-{shard}.npy", x[start : start + rows])
        write_npy(folder / f"{stem}-y-{shard}.npy", y[start : start + rows, None])
