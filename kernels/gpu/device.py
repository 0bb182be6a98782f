"""Which tensors are computed on by Triton kernels; triton itself is imported by the first of them.

CUDA tensors are, where triton is installed and compiles for the GPU. CPU tensors never are, unless
a test that runs triton's interpreter asks for it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import threading
import warnings
from collections.abc import Iterator
from contextvars import ContextVar

import torch
from torch import Tensor

from ..errors import InputError

OLDEST = (8, 0)  # compute capability
DTYPES = (torch.float64, torch.float32)
PROGRAMS = 1024  # that keep a large GPU busy
MAX_PARTS = 64

_host = threading.local()
_switch: ContextVar[bool | None] = ContextVar("triton", default=None)


@contextlib.contextmanager
def use(enabled: bool) -> Iterator[None]:
    """Switches the Triton path inside a ``with`` block (for tests and benchmarks).

    Args:
        enabled: False: plain torch, on CUDA too. True: CPU tensors as well, through triton's
            interpreter.

    Raises:
        InputError: there is neither a GPU nor triton's interpreter.
    """
    if enabled and not torch.cuda.is_available() and os.environ.get("TRITON_INTERPRET") != "1":
        raise InputError(
            "Triton kernels need a GPU; to run them on a CPU, slowly, start Python with "
            "TRITON_INTERPRET=1."
        )
    token = _switch.set(enabled)
    try:
        yield
    finally:
        _switch.reset(token)


def takes(x: Tensor) -> bool:
    """Whether Triton kernels compute on this tensor."""
    switch = _switch.get()
    if switch is False or x.dtype not in DTYPES:
        return False
    if x.is_cuda:
        return _usable(x.device.index)
    return switch is True and x.device.type == "cpu"


@functools.cache
def _usable(index: int) -> bool:
    """Whether triton is installed and compiles for a GPU; says once where it does not."""
    capability = torch.cuda.get_device_capability(index)
    if importlib.util.find_spec("triton") is None:
        reason = "triton is not installed (it comes with torch's CUDA packages on Linux)"
    elif capability < OLDEST:
        reason = f"triton needs compute capability {OLDEST}, this GPU has {capability}"
    else:
        return True
    warnings.warn(f"cuda:{index}: plain torch operations are used, {reason}.", stacklevel=2)
    return False


def on(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Makes a GPU the current one, which is where kernels are launched."""
    if device.type != "cuda" or device.index == torch.cuda.current_device():
        return contextlib.nullcontext()
    return torch.cuda.device(device)


def block_side(n: int) -> int:
    """Side of a tile for n rows or columns: a power of two, 16 to 64."""
    return 16 if n <= 16 else 32 if n <= 32 else 64


def parts(programs: int, tiles: int) -> int:
    """Into how many parts a sum over ``tiles`` is cut, so that ``programs`` of them fill a GPU.

    It does not depend on the GPU, so that sums are added up in the same order on any.
    """
    return max(1, min(tiles, PROGRAMS // programs, MAX_PARTS))


def host_flag(device: torch.device) -> Tensor:
    """This thread's flag, 0: a number of the host that kernels write to."""
    kind = f"flag_of_{device.type}"
    if not hasattr(_host, kind):
        with torch.inference_mode(False):
            pinned = device.type == "cuda"
            made = torch.zeros(1, dtype=torch.int32, device="cpu", pin_memory=pinned)
        setattr(_host, kind, made)
    flag: Tensor = getattr(_host, kind)
    return flag


def raised(flag: Tensor, device: torch.device) -> bool:
    """Waits for the kernels of this stream; whether one has raised the flag, which is lowered."""
    try:
        if device.type == "cuda":
            torch.cuda.current_stream(device).synchronize()
        return bool(flag.item())
    finally:  # Ctrl-C comes here too
        flag.zero_()
