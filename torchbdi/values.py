"""The door for single values: numbers, whole numbers, switches, words, and instances of a class.

What can be read in one way only is converted (numpy's numbers, whole numbers for a float, tensors
without dimensions); what cannot is an InputError that names the argument. It does without torch.
"""

from __future__ import annotations

import difflib
import math
import numbers
import os
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from .kernels.errors import InputError

LARGEST = 2**63 - 1  # whole number that torch, numpy and Python's lengths can hold


def number(
    owner: str,
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
    finite: bool = True,
) -> float:
    """A number as Python's float.

    Args:
        owner: who asks, as messages begin.
        name: of the argument.
        value: a number of Python or numpy, or a tensor or array without dimensions.
        low: the number must be >= low.
        above: and > above.
        below: and < below.
        finite: whether inf is refused; NaN always is.

    Raises:
        InputError: it is something else, not finite, or out of range.
    """
    found = _real(value)
    if found is None or not (
        (math.isfinite(found) and found >= low and found > above and found < below)
        if finite
        else not math.isnan(found)
    ):
        bounds = [(low, ">="), (above, ">"), (below, "<")]
        limits = [f"{sign} {limit:g}" for limit, sign in bounds if math.isfinite(limit)]
        kind = "finite" if finite else "a number"
        raise InputError(
            f"{owner}: {name} must be {' and '.join([kind, *limits])}, got {told(value)}."
        )
    return found


def whole(owner: str, name: str, value: Any, low: int, high: int = LARGEST) -> int:
    """An integer from low to high as Python's int; 2.0 is none, nor is True.

    Raises:
        InputError: it is something else, smaller, or larger.
    """
    item = item_of(value)
    if isinstance(item, bool | np.bool_) or not isinstance(item, numbers.Integral) or item < low:
        raise InputError(f"{owner}: {name} must be an integer >= {low}, got {told(value)}.")
    if int(item) > high:
        raise InputError(f"{owner}: {name} must be at most {high:,}, got {told(value)}.")
    return int(item)


def switch(owner: str, name: str, value: Any) -> bool:
    """True or False; "no", 0 and None are neither.

    Raises:
        InputError: it is something else.
    """
    item = item_of(value)
    if not isinstance(item, bool | np.bool_):
        raise InputError(f"{owner}: {name} must be True or False, got {told(value)}.")
    return bool(item)


def choice(owner: str, name: str, value: Any, options: tuple[str, ...]) -> str:
    """One of several words.

    Raises:
        InputError: it is none of them.
    """
    if not isinstance(value, str) or value not in options:
        words = ", ".join(repr(o) for o in options)
        raise InputError(f"{owner}: {name} must be one of {words}, got {told(value)}.")
    return str(value)


def listed(owner: str, name: str, value: Any) -> list[Any]:
    """The items of a list, tuple, array, tensor or generator; a text has letters, not items.

    Raises:
        InputError: there is nothing to go through, or masked items.
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
        raise InputError(f"{owner}: {name} has masked items. Leave them out.")
    if isinstance(value, bytes | dict | type) or not isinstance(value, Iterable):
        raise InputError(f"{owner}: {name} must be a list, got {told(value)}.")
    try:
        return list(value)
    except TypeError:  # of an array without dimensions
        raise InputError(f"{owner}: {name} must be a list, got {told(value)}.") from None


def path_of(owner: str, name: str, value: Any) -> Path:
    """The path of a folder or file, which need not exist.

    Raises:
        InputError: it is no path, or an empty one.
    """
    if not isinstance(value, str | os.PathLike) or not str(value).strip():
        raise InputError(f"{owner}: {name} must be a path, got {told(value)}.")
    return Path(value)


def instance(owner: str, name: str, value: Any, kind: type, what: str) -> None:
    """Raises InputError unless value is an instance of kind.

    Args:
        owner: who asks.
        name: of the argument.
        value: what was handed over.
        kind: the class.
        what: what the class is called in a sentence, such as "a torchbdi kernel".
    """
    if isinstance(value, kind):
        return
    if isinstance(value, type):
        word = f"the class {value.__name__}"
        if issubclass(value, kind):
            word += f"; write {value.__name__}()"
    else:
        word = told(value) if isinstance(value, str) else type(value).__name__
    raise InputError(f"{owner}: {name} must be {what}, got {word}.")


def item_of(value: Any) -> Any:
    """What an array or tensor without dimensions holds; anything else as it is."""
    if isinstance(value, type | np.ma.MaskedArray) or not hasattr(value, "item"):
        return value
    try:
        return value.item() if getattr(value, "ndim", None) == 0 else value
    except (RuntimeError, TypeError, ValueError):  # on the meta device, or inside torch.func
        return value


def _real(value: Any) -> float | None:
    """value as a float; None where it is no real number."""
    value = item_of(value)
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real | Decimal):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def told(value: Any) -> str:
    """A value in a message: short, and with its type where it is no number."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if getattr(value, "ndim", 0) and hasattr(value, "shape"):
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    try:
        text = repr(value)
    except Exception:  # of a whole number of thousands of digits, or of somebody's class
        return f"a {type(value).__name__} that cannot be shown"
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"the text {text}" if isinstance(value, str) else text


def those_valid(word: str, valid: Iterable[str]) -> str:
    """What an error says behind a word that is none of some: the nearest of them, and all."""
    valid = list(valid)
    lower = {name.lower(): name for name in valid}
    near = difflib.get_close_matches(word.lower(), lower, n=1)
    return (f" Did you mean {lower[near[0]]}?" if near else "") + f" Valid: {', '.join(valid)}."
