"""Tensors as bytes and back, by torch's own format; nothing is ever unpickled from them."""

from __future__ import annotations

import io
import pickle
from typing import Any

import torch

from .errors import InputError


def to_bytes(tree: Any) -> bytes:
    """Nested dictionaries and lists of tensors, numbers and texts as bytes."""
    buffer = io.BytesIO()
    torch.save(tree, buffer)
    return buffer.getvalue()


def from_bytes(content: bytes, map_location: Any = "cpu") -> Any:
    """What :func:`to_bytes` was given.

    Args:
        content: bytes.
        map_location: see ``torch.load``.

    Raises:
        InputError: there are objects in it that are more than tensors, numbers and texts,
            which are refused, since making them may run anything.
    """
    try:
        return torch.load(io.BytesIO(content), map_location=map_location, weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            "it holds more than tensors, numbers and texts, or is no file of torch"
        ) from None
