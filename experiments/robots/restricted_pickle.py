"""Reads a pickled dict of floating-point arrays without letting the file run anything.

A pickle is a program: it may name any function of any module and call it. Here the names that
arrays are stored under stand for recorders of our own, made anew for every file; every other name
is an error. So all that a file can bring about is numbers, or an error. numpy itself is only called
once the file has been read to its end and found to be in order.
"""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Larger files are not read.
MAX_BYTES = 64 * 2**20

_TYPES = {"f4": 4, "f8": 8}


class UnsafePickleError(ValueError):
    """The file is damaged, or holds something that is not a dict of arrays of numbers."""


def load_arrays(path: Path, limit: int = MAX_BYTES) -> dict[str, NDArray[np.floating]]:
    """Reads a dict of arrays.

    Args:
        path: a pickle of any protocol, of ``{str: array of float32 or float64}``.
        limit: bytes of the file, at most.

    Returns:
        The arrays, by name.

    Raises:
        UnsafePickleError: the file holds anything else.
    """
    size = path.stat().st_size
    if size > limit:
        raise UnsafePickleError(f"{path} has {size:,} bytes; at most {limit:,} are read")
    try:
        content = _Reader(path.read_bytes()).load()
        return _arrays(content)
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{path}: {error}") from error
    except Exception as error:  # a damaged file can fail anywhere in pickle
        raise UnsafePickleError(
            f"{path} cannot be read: {type(error).__name__}: {error}"
        ) from error


def _arrays(content: object) -> dict[str, NDArray[np.floating]]:
    if type(content) is not dict or not all(type(key) is str for key in content):
        raise UnsafePickleError(f"a dict with names was expected, not {type(content).__name__}")
    arrays = {}
    for name, entry in content.items():
        if type(entry).__name__ != "Array" or not isinstance(getattr(entry, "parts", None), tuple):
            raise UnsafePickleError(f"{name!r} is not an array")
        arrays[name] = _array(name, *entry.parts)
    return arrays


def _array(name: str, shape: Any, dtype: Any, fortran: Any, raw: Any) -> NDArray[np.floating]:
    code, order = getattr(dtype, "code", None), getattr(dtype, "order", None)
    if code not in _TYPES or order not in ("<", ">"):
        raise UnsafePickleError(f"{name!r} is of type {code!r}; only float32 and float64 are read")
    if type(shape) is not tuple or not all(type(n) is int and n >= 0 for n in shape):
        raise UnsafePickleError(f"{name!r} has the shape {shape!r}")
    if type(raw) not in (bytes, bytearray) or len(raw) != math.prod(shape) * _TYPES[code]:
        raise UnsafePickleError(f"{name!r}: its bytes do not fit its shape {shape}")
    flat = np.frombuffer(bytes(raw), dtype=order + code).astype(code)
    return flat.reshape(shape, order="F" if fortran else "C")


class _Reader(pickle.Unpickler):
    """An unpickler that knows the names of an array's parts, and no other."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self._known = _recorders()

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for; never something that is imported."""
        # numpy 2 renamed the module.
        known = self._known.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            raise UnsafePickleError(f"it asks for {module}.{name}, which is not part of an array")
        return known

    def persistent_load(self, pid: object) -> Any:
        """A reference to something outside the file: there is nothing."""
        raise UnsafePickleError(f"it refers to something outside the file ({pid!r})")


def _recorders() -> dict[tuple[str, str], Any]:
    """Stand-ins for what numpy stores an array as; they only note what they are given.

    They are made inside a function because a file can also set attributes, of functions and
    classes too: whatever it does to these, the next file gets others.
    """

    class NDArray:
        """numpy.ndarray, as the first argument of _reconstruct."""

    class DType:
        def __init__(self, code: str, *_: object) -> None:
            self.code, self.order = code, "<"

        def __setstate__(self, state: tuple[Any, ...]) -> None:
            self.order = state[1]

    class Array:
        parts: tuple[Any, ...]

        def __setstate__(self, state: tuple[Any, ...]) -> None:
            _, *parts = state
            self.parts = tuple(parts)

    def reconstruct(*_: object) -> Array:
        return Array()

    def frombuffer(raw: object, dtype: object, shape: object, order: str) -> Array:
        array = Array()
        array.parts = (shape, dtype, order == "F", raw)
        return array

    def encode(text: str, _: str) -> bytes:
        return text.encode("latin1")

    def no_bytes() -> bytes:
        return b""

    return {
        ("numpy", "ndarray"): NDArray,
        ("numpy", "dtype"): DType,
        ("numpy.core.multiarray", "_reconstruct"): reconstruct,
        ("numpy.core.numeric", "_frombuffer"): frombuffer,
        ("_codecs", "encode"): encode,
        ("__builtin__", "bytes"): no_bytes,
        ("collections", "OrderedDict"): dict,
    }
