"""Hashes by which a fit, a checkpoint or a cache knows what it belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .kernels.errors import InputError


def table_hash(x: Tensor, y: Tensor) -> str:
    """SHA-256 of a table of designs and scores.

    Two tables have one hash where shapes and numbers, as float64, are the same to the bit; the
    device plays no part.

    Args:
        x: designs, (N, D).
        y: scores, (N,) or (N, K).

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for tensor in (x, y):
        digest.update(str(tuple(tensor.shape)).encode())
        digest.update(_numbers(tensor.double()))
    return digest.hexdigest()


def canonical(settings: Mapping[str, Any]) -> str:
    """Settings as one line of JSON that is the same wherever the settings are.

    Names are sorted; a float keeps all of its digits; a tensor is written as its dtype, shape and
    SHA-256, so that two of them are the same text where they are equal to the bit only.

    Args:
        settings: names to numbers, texts, truth values, None, tensors, and lists or mappings of
            these.

    Raises:
        InputError: names the setting that is something else.
    """
    return json.dumps({k: _plain(k, v) for k, v in settings.items()}, sort_keys=True)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        digest = hashlib.sha256(_numbers(value)).hexdigest()
        return f"{str(value.dtype).removeprefix('torch.')}{tuple(value.shape)} {digest}"
    if isinstance(value, Mapping):
        return {str(k): _plain(f"{name}.{k}", v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(name, v) for v in value]
    if type(value) in (bool, int, float, str) or value is None:
        return value
    raise InputError(
        f"the setting {name} is of type {type(value).__name__}, which has no text that says all "
        "of it. Settings are numbers, texts, truth values, None, tensors, and lists of these."
    )


def _numbers(tensor: Tensor) -> Any:
    """The numbers of a tensor as a buffer of bytes, row after row."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy() if flat.numel() else b""
