"""Writing numpy arrays so that a reader never sees half of a file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from torchbdi import InputError
from torchbdi.kernels.files import SEAL, sealed, unsealed, write_atomic


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a compressed npz, atomically."""
    write_atomic(path, lambda file: np.savez_compressed(file, **dict(arrays)))  # type: ignore[arg-type]


def write_npy(path: Path, array: np.ndarray) -> None:
    """Writes an npy file, atomically."""
    write_atomic(path, lambda file: np.save(file, array, allow_pickle=False))


def write_sealed_npy(path: Path, array: np.ndarray) -> None:
    """The same with a SHA-256 behind it, which other readers pass over."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    write_atomic(path, lambda file: file.write(sealed(content.getvalue())))


def read_sealed_npy(path: Path) -> np.ndarray:
    """What :func:`write_sealed_npy` wrote; a file without a SHA-256 must end with its array.

    Raises:
        InputError: the file is damaged, or lost.
    """
    try:
        whole = path.read_bytes()
        content = io.BytesIO(unsealed(whole, path) if SEAL in whole[-120:] else whole)
        array = np.load(content, allow_pickle=False)
        if content.read(1) or not isinstance(array, np.ndarray):
            raise ValueError("its length is not that of its array")
    except InputError:
        raise
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}).") from error
    return array


def left_npz(path: Path) -> dict[str, np.ndarray] | None:
    """What an earlier piece of work has left in a file; None where that is nothing of use.

    A damaged file is named, and its work is done again.
    """
    if not path.is_file():
        return None
    try:
        return read_npz(path)
    except InputError as error:
        print(f"{error} Its work is done again.", flush=True)
        return None


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """What :func:`write_npz` wrote; a zip file has a checksum of every array.

    Raises:
        InputError: the file is damaged, or lost.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            return {name: saved[name] for name in saved.files}
    except Exception as error:  # a damaged one raises whatever a zip file may
        raise InputError(f"{path} is damaged ({type(error).__name__}: {error}).") from error
