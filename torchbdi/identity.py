"""Hashes by which a fit, a checkpoint or a cache knows what it belongs to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from .kernels.errors import InputError

# Names of a class that change no step: hooks around steps, and what Python gives every class.
_WATCHES = re.compile(r"__|_abc_|on_(?!before_|after_)")


class Identified(Protocol):
    """What says what its values depend on: a kernel."""

    def identity(self) -> str:
        """See :meth:`torchbdi.Kernel.identity`."""
        raise NotImplementedError


@dataclass(frozen=True)
class FitIdentity:
    """What a fit is the fit of, as it was when the fit was made.

    Attributes:
        table: :func:`table_hash` of the table.
        kernel: the kernel's identity; None where the kernel does not say what it depends on.
        ridge: beta.
        ridge_scale: "trace" or "absolute".
    """

    table: str
    kernel: str | None
    ridge: float
    ridge_scale: str


def fit_identity(
    kernel: Identified, x_l: Tensor, y_l: Tensor, ridge: float, ridge_scale: str
) -> FitIdentity:
    """The identity of a fit that is being made; see :class:`FitIdentity`."""
    try:
        name: str | None = kernel.identity()
    except InputError:
        name = None
    return FitIdentity(table_hash(x_l, y_l), name, ridge, ridge_scale)


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


def check_run(owner: str, saved: Mapping[str, str] | None, here: Mapping[str, str]) -> None:
    """Refuses to go on from a checkpoint of another run.

    Args:
        owner: the name of the class that goes on.
        saved: what the checkpoint says that it is; None where it says nothing.
        here: what this run is.

    Raises:
        InputError: names what differs.
    """
    if saved is None:
        raise InputError(f"the checkpoint does not say that it is one of {owner}'s runs.")
    different = sorted(k for k in here if saved.get(k) != here[k])
    if different:
        word = "differs" if len(different) == 1 else "differ"
        raise InputError(
            f"the checkpoint belongs to another run: {', '.join(different)} {word}. Resume "
            "with the same data and settings, or start a new run."
        )


def class_of_runs(cls: type) -> str:
    """The name of the class whose runs a class goes on with.

    That is its base where it replaces nothing of it but the constructor, of which what it takes is
    compared as settings, and hooks around a step, on_train_batch_end and the like, which watch a
    run. Hooks within a step, on_before_... and on_after_..., can change the gradient.
    """
    for own, *bases in (cls.__mro__[i:] for i in range(len(cls.__mro__))):
        inherited = {name for base in bases for name in vars(base)}
        replaced = {name for name in vars(own) if not _WATCHES.match(name)}
        if own.__module__.partition(".")[0] == __name__.partition(".")[0] or replaced & inherited:
            return own.__name__
    return cls.__name__


def shown(name: str, value: Any) -> str:
    """A setting as a reader sees it: its repr, with tensors by their SHA-256.

    Raises:
        InputError: as :func:`canonical`.
    """
    plain = _plain(name, value)
    return plain if isinstance(value, Tensor) else repr(plain)


def shown_anyhow(name: str, value: Any) -> str:
    """:func:`shown`, and the repr of what has no such text: what somebody's subclass adds."""
    try:
        return shown(name, value)
    except InputError:
        return repr(value)


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
    # Of a copy: numpy's hand on the tensor itself would end torch's count of its changes.
    # Its strides are made anew: torch calls one number contiguous whatever its stride.
    own = tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
    flat = own.reshape(-1)
    return flat.view(torch.uint8).numpy() if flat.numel() else b""
