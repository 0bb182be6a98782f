"""The door of the public surface: what people hand over becomes tensors here; see :mod:`.values`.

What can be read in one way only is converted (lists, frames, tensors of another dtype or made in
inference mode); what cannot is an InputError that names the argument and the remedy. Behind this
door there are float64 tensors.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from .kernels.by_hand import ordinary
from .kernels.errors import InputError
from .labels import check_rows
from .shared import float32_default
from .unchanged import counted

KERNEL_DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def check_designs(name: str, x: Tensor) -> None:
    """Raises InputError unless x is a finite floating-point tensor (..., N, D) with D >= 1."""
    if not isinstance(x, Tensor):
        raise InputError(
            f"{name} must be a torch.Tensor, got {type(x).__name__}. Convert it with "
            f"torch.as_tensor({name}, dtype=torch.float64)."
        )
    check_plain(name, x)
    if x.dtype not in KERNEL_DTYPES:
        raise InputError(
            f"{name} has dtype {x.dtype}; kernels need floating point. Convert with "
            f"{name}.to(torch.float64)."
        )
    if x.ndim < 2 or x.shape[-1] == 0:
        raise InputError(f"{name} must have shape (..., N, D) with D >= 1, got {tuple(x.shape)}.")
    check_finite(name, x, "Remove or impute those designs.")


def check_finite(name: str, x: Tensor, remedy: str) -> None:
    """Raises InputError where a tensor holds NaN or inf."""
    finite = torch.isfinite(x)
    if not finite.all():
        where = (~finite).nonzero()
        place = f", first at index {tuple(where[0].tolist())}" if x.ndim else ""
        raise InputError(f"{name} contains NaN or inf at {len(where)} places{place}. {remedy}")


@contextlib.contextmanager
def ordinary_mode() -> Iterator[None]:
    """Leaves inference mode, autocast and another default device behind.

    What is made inside is kept: tensors of inference mode could not be saved for a gradient later.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


@contextlib.contextmanager
def own_mode() -> Iterator[None]:
    """Modes that somebody else has set change no number: torch is as it is when it is loaded."""
    with ordinary_mode(), torch.enable_grad(), float32_default():
        yield


def as_float64(name: str, value: Any) -> Tensor:
    """Real numbers of any kind as a float64 tensor.

    Args:
        name: of the argument.
        value: a tensor (its graph is kept), an array, a data frame or series, or nested lists;
            whole numbers and truth values count as numbers.

    Raises:
        InputError: complex or masked numbers, texts, dates, missing values, rows of different
            lengths, or a tensor that is sparse, on the meta device or inside torch.func.
    """
    if isinstance(value, Tensor):
        check_plain(name, value)
        if value.is_complex():
            raise InputError(f"{name} is complex ({value.dtype}). Pass {name}.real where that is.")
        return ordinary(value).to(torch.float64)
    array = _as_array(name, value)
    # Not through torch.as_tensor: it reads lists in the default dtype and refuses many strides.
    return torch.from_numpy(np.array(array, dtype=np.float64, order="C"))


def real_array(name: str, value: Any) -> np.ndarray:
    """Real numbers of any kind as a float64 array; see :func:`as_float64`."""
    # Of a copy: numpy's hand on a tensor itself would end torch's count of its changes.
    own = as_float64(name, value).detach().to("cpu", copy=isinstance(value, Tensor))
    array: np.ndarray = own.resolve_neg().numpy()
    return array


def _as_array(name: str, value: Any) -> np.ndarray:
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            count = int(np.ma.getmaskarray(value).sum())
            raise InputError(
                f"{name} has {count} masked numbers. Leave those rows out, or fill them with "
                f"{name}.filled(...)."
            )
        value = value.data
    if value is None or isinstance(value, str | bytes | type) or callable(value):
        kind = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        raise InputError(f"{name} must hold numbers, got {kind}.")
    if isinstance(value, list | tuple):
        if any(isinstance(v, np.ma.MaskedArray) for v in value):
            raise InputError(f"{name} is a list with masked arrays, whose masks would be lost.")
        if any(isinstance(v, Tensor) for v in value):  # numpy knows neither bfloat16 nor graphs
            value = [real_array(name, v) if isinstance(v, Tensor) else v for v in value]
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":  # such as decimals, or a frame of mixed columns
            _check_objects(name, array)
            array = array.astype(np.float64)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{name} ({type(value).__name__}) cannot be read as one array of numbers: {error}"
        ) from None
    if array.dtype.kind == "c":
        raise InputError(f"{name} is complex ({array.dtype}). Pass {name}.real where that is.")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} must hold numbers, got {array.dtype}. Encode texts and dates.")
    return array


def _check_objects(name: str, array: np.ndarray) -> None:
    for place, item in np.ndenumerate(array):
        if not hasattr(item, "__float__") or isinstance(item, complex | np.complexfloating):
            raise InputError(
                f"{name} must hold numbers, got {type(item).__name__} ({str(item)[:40]!r}) at "
                f"index {place}. Encode texts, and remove or impute what is missing."
            )


def check_plain(name: str, x: Tensor) -> None:
    """Raises InputError unless x is a dense tensor that holds numbers, outside of torch.func."""
    if (
        type(x).__torch_dispatch__ is not Tensor.__torch_dispatch__
    ):  # masked, fake, distributed, ...
        raise InputError(f"{name} is a {type(x).__name__}. Pass a plain torch.Tensor.")
    if x.layout != torch.strided or x.is_nested:
        raise InputError(f"{name} is not a dense tensor ({x.layout}). Pass {name}.to_dense().")
    if x.is_quantized:
        raise InputError(f"{name} is quantised. Pass {name}.dequantize().")
    if x.is_meta:
        raise InputError(f"{name} is on the meta device: it has a shape and no numbers.")
    if torch._C._functorch.is_functorch_wrapped_tensor(x):
        raise InputError(
            f"{name} is inside a transform of torch.func (vmap, grad, jacrev, ...), which the "
            "hand-written gradients here do not take. Use leading batch dimensions in place of "
            "vmap, and torch.autograd.grad in place of grad."
        )
    if forward_ad._current_level >= 0 and forward_ad.unpack_dual(x).tangent is not None:
        raise InputError(
            f"{name} carries a tangent of forward-mode differentiation, which the hand-written "
            "gradients here do not take. Use torch.autograd.grad."
        )
    proxy = sys.modules.get("torch.fx.experimental.proxy_tensor")  # loaded where something traces
    if proxy is not None and proxy.get_proxy_mode() is not None:
        raise InputError(
            f"{name} is being traced (torch.export, make_fx, torch.func.linearize), which sees no "
            "numbers, and the checks here look at them. Call torchbdi outside of it."
        )


def table(x_l: Any, y_l: Any, names: tuple[str, str] = ("x_l", "y_l")) -> tuple[Tensor, Tensor]:
    """A table of designs and scores as float64.

    Args:
        x_l: (N, D).
        y_l: (N,) or (N, K).
        names: what the caller calls them, for errors.

    Returns:
        x_l and y_l, without a graph, on the device of x_l; not copied where they are that already,
        in memory that only torch writes.

    Raises:
        InputError: a shape is wrong, a number is not finite, or two frames are not aligned.
    """
    x, y = names
    check_rows(x, x_l, y, y_l)
    x_l, y_l = as_float64(x, x_l).detach(), as_float64(y, y_l).detach()
    check_designs(x, x_l)
    x_l, y_l = x_l.contiguous(), y_l.contiguous()  # sums in one order, however they are stored
    if x_l.ndim != 2 or len(x_l) == 0:
        raise InputError(f"{x} must have shape (N, D) with N >= 1, got {tuple(x_l.shape)}.")
    if y_l.ndim not in (1, 2) or len(y_l) != len(x_l) or y_l.numel() == 0:
        raise InputError(
            f"{y} must have shape (N,) or (N, K) with N = {len(x_l)} as {x}, got "
            f"{tuple(y_l.shape)}."
        )
    check_finite(y, y_l, "Remove those rows.")
    return torchs_own(x_l), torchs_own(y_l).to(x_l.device)


def torchs_own(x: Tensor) -> Tensor:
    """x, or a copy of it where numpy has its memory too, in which torch counts no changes."""
    return x if counted(x) else x.clone()
