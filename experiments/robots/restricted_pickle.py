"""Reads a pickled dict of floating-point arrays without letting the file run anything.

A pickle is a program: it may name any function of any module and call it. Here the names that
arrays are stored under stand for recorders of our own, made anew for every file; every other name
is an error. So all that a file can bring about is numbers, or an error. numpy itself is only called
once the file has been read to its end and found to be in order.

A few bytes can also stand for something huge, such as a tuple that holds a tuple twice, forty times
over. So nothing that a file holds is printed whole or hashed, and it cannot ask for memory.
"""

from __future__ import annotations

import io
import math
import pickle
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

#: Larger files are not read, nor arrays that are larger in all.
MAX_BYTES = 64 * 2**20
#: Characters that a message quotes at most.
QUOTED = 80
#: Axes of an array, and entries along one, that are believed.
_MAX_AXES, _MAX_LENGTH = 32, 2**40

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
        return _arrays(content, limit)
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{path}: {error}") from error
    except Exception as error:  # a damaged file can fail anywhere in pickle
        text = error.args[0] if error.args and type(error.args[0]) is str else ""
        if isinstance(error, KeyError):
            text = "a byte that is no operation of pickle"
        reason = f"{type(error).__name__}: {text[:QUOTED]}".removesuffix(": ")
        # Without the first error, whose text may be as large as the file makes it.
        raise UnsafePickleError(f"{path} cannot be read ({reason})") from None


def _arrays(content: object, limit: int) -> dict[str, NDArray[np.floating]]:
    if type(content) is not dict or not all(type(key) is str for key in content):
        raise UnsafePickleError(f"a dict with names was expected, not {quoted(content)}")
    arrays: dict[str, NDArray[np.floating]] = {}
    total = 0
    for name, entry in content.items():
        parts = getattr(entry, "parts", None)
        if type(entry).__name__ != "Array" or type(parts) is not tuple or len(parts) != 4:
            raise UnsafePickleError(f"{quoted(name)} is not an array")
        arrays[name] = _array(quoted(name), *parts)
        total += arrays[name].nbytes
        if total > limit:  # a few bytes can be many arrays, which share what they hold
            raise UnsafePickleError(f"its arrays have more than {limit:,} bytes")
    return arrays


def _array(name: str, shape: Any, dtype: Any, fortran: Any, raw: Any) -> NDArray[np.floating]:
    code, order = getattr(dtype, "code", None), getattr(dtype, "order", None)
    if type(code) is not str or code not in _TYPES or order not in ("<", ">"):
        raise UnsafePickleError(
            f"{name} is of type {quoted(code)}; only float32 and float64 are read"
        )
    if (
        type(shape) is not tuple
        or len(shape) > _MAX_AXES
        or not all(type(n) is int and 0 <= n <= _MAX_LENGTH for n in shape)
    ):
        raise UnsafePickleError(f"{name} has the shape {quoted(shape)}")
    if type(raw) not in (bytes, bytearray) or len(raw) != math.prod(shape) * _TYPES[code]:
        raise UnsafePickleError(f"{name}: its bytes do not fit its shape {quoted(shape)}")
    flat = np.frombuffer(bytes(raw), dtype=order + code).astype(code)
    return flat.reshape(shape, order="F" if fortran else "C")


def quoted(value: object) -> str:
    """What stands in a file, for a message: never longer than a line, whatever it is."""
    if type(value) is str or type(value) is bytes:
        cut = len(value) > QUOTED
        return repr(value[:QUOTED]) + (f"... ({len(value):,} in all)" if cut else "")
    if type(value) is int and value.bit_length() > 64:
        return f"a number of {value.bit_length():,} bits"
    if value is None or type(value) in (int, float, bool):
        return repr(value)
    if type(value) is tuple and all(type(part) in (int, float) for part in value[:8]):
        return f"({', '.join(quoted(part) for part in value[:8])}{', ...' * (len(value) > 8)})"
    return f"a {type(value).__name__[:QUOTED]}"


class _Reader(pickle._Unpickler):
    """An unpickler that knows the names of an array's parts, and no other.

    It is the one of pickle that is written in Python, because what an operation of a file does can
    be replaced there: dictionaries have names as keys and nothing else, there are no sets, and no
    buffer is made before its bytes are there.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    # Of pickle's own, which its types do not tell.
    stack: list[Any]
    append: Callable[[Any], None]
    read: Callable[[int], bytes]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self._known = _recorders()

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the file stands for; never something that is imported."""
        if type(module) is not str or type(name) is not str:
            raise UnsafePickleError("it asks for something whose name is no text")
        # numpy 2 renamed the module.
        known = self._known.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            asked = quoted(f"{module[:QUOTED]}.{name[:QUOTED]}")
            raise UnsafePickleError(f"it asks for {asked}, which is not part of an array")
        return known

    def persistent_load(self, pid: object) -> Any:
        """A reference to something outside the file: there is nothing."""
        raise UnsafePickleError(f"it refers to something outside the file ({quoted(pid)})")

    def _set_items(self) -> None:
        pairs = self.pop_mark()
        _check_keys(pairs[::2])
        self.stack[-1].update(zip(pairs[::2], pairs[1::2], strict=True))

    def _set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        _check_keys([key])
        self.stack[-1].update({key: value})

    def _dict(self) -> None:
        pairs = self.pop_mark()
        _check_keys(pairs[::2])
        self.append(dict(zip(pairs[::2], pairs[1::2], strict=True)))

    def _bytearray(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        if size > MAX_BYTES:
            raise UnsafePickleError(f"it asks for {size:,} bytes")
        self.append(bytearray(self.read(size)))

    def _refuse(self) -> None:
        raise UnsafePickleError("it holds a set or an extension, which is not part of an array")

    dispatch |= {
        pickle.SETITEMS[0]: _set_items,
        pickle.SETITEM[0]: _set_item,
        pickle.DICT[0]: _dict,
        pickle.BYTEARRAY8[0]: _bytearray,
    }
    dispatch |= dict.fromkeys(
        (
            pickle.EMPTY_SET[0], pickle.ADDITEMS[0], pickle.FROZENSET[0], pickle.EXT1[0],
            pickle.EXT2[0], pickle.EXT4[0], pickle.NEXT_BUFFER[0], pickle.READONLY_BUFFER[0],
        ),
        _refuse,
    )  # fmt: skip


def _check_keys(keys: Sequence[object]) -> None:
    for key in keys:
        if type(key) is not str:  # a tuple of tuples could take for ever to hash
            raise UnsafePickleError(f"a dict with names was expected; this has {quoted(key)}")


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
            if type(state) is not tuple or len(state) != 5:
                raise UnsafePickleError(f"an array is made of {quoted(state)}")
            self.parts = state[1:]

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

    def ordered_dict(pairs: Sequence[tuple[str, object]] = ()) -> dict[str, object]:
        _check_keys([key for key, _ in pairs])
        return dict(pairs)

    return {
        ("numpy", "ndarray"): NDArray,
        ("numpy", "dtype"): DType,
        ("numpy.core.multiarray", "_reconstruct"): reconstruct,
        ("numpy.core.numeric", "_frombuffer"): frombuffer,
        ("_codecs", "encode"): encode,
        ("__builtin__", "bytes"): no_bytes,
        ("collections", "OrderedDict"): ordered_dict,
    }
