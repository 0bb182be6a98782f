"""The door of every method's solve and score: what goes in, the modes of torch, what comes out.

It stands before methods of one's own too: :class:`.base.Method` puts it there. A table that is held
on a GPU is handed over on the CPU, where a method moves on what it computes on the run's device;
what it returns goes to where the caller's tensors are. An allocation that fails in a method is a
DoesNotFitError.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ..data import OfflineData
from ..inputs import as_float64, check_finite, own_mode
from ..kernels.errors import InputError, TorchBDIError
from ..kernels.memory import allocations_told
from ..values import instance, whole
from ._result import Result
from ._run import Run

SMALLER = "Take smaller settings, such as a narrower network or fewer samples, or a smaller table."


def checked_solve(solve: Callable[..., Any], base: type) -> Callable[..., Any]:
    """A method's solve behind the door.

    Args:
        solve: as its class writes it.
        base: what methods are instances of.
    """

    @functools.wraps(solve)
    def checked(self: Any, data: Any = None, n: Any = None, run: Any = None) -> Any:
        name = _owner(self, base, "solve(data, n)")
        _check(name, data, run)
        n = whole(name, "n", n, 1)
        device, table = data.x.device, _on_cpu(data)
        with own_mode(), allocations_told(name, SMALLER):
            result = solve(self, table, n, _run_at(device, run))
            _check_result(name, result, table, n)
            return result if device.type == "cpu" else _moved(result, device)

    return checked


def checked_score(score: Callable[..., Any], base: type) -> Callable[..., Any]:
    """A method's score behind the door; ``base`` as for :func:`checked_solve`."""

    @functools.wraps(score)
    def checked(self: Any, data: Any = None, x: Any = None, run: Any = None) -> Any:
        name = _owner(self, base, "score(data, x)")
        _check(name, data, run)
        with own_mode(), allocations_told(name, SMALLER):
            x = as_float64("x", x).detach()
            if x.ndim != 2 or x.shape[1] != data.x.shape[1]:
                raise InputError(
                    f"{name}: x must have shape (n, D) with D = {data.x.shape[1]} as the table, "
                    f"got {tuple(x.shape)}."
                )
            check_finite("x", x, "Leave those designs out.")
            table = _on_cpu(data)
            found = score(self, table, x.cpu(), _run_at(data.x.device, run))
            instance(name, "what score returns", found, Tensor, "a torch.Tensor")
            if found.shape != (len(x),):
                raise TorchBDIError(
                    f"{name}: score gave {tuple(found.shape)} for {len(x)} designs, not "
                    f"({len(x)},)."
                )
            _check_table(name, "score", table)
            return found.to(x.device)

    return checked


def _owner(method: Any, base: type, call: str) -> str:
    """The method's name in messages."""
    if not isinstance(method, base):
        raise InputError(f"{call} is asked of an instance, such as BDI().{call}, not of the class.")
    return type(method).__name__


def _run_at(device: torch.device, run: Run | None) -> Run | None:
    """The run that was given; where none was, one on the GPU that the table is held on, or None."""
    return Run(device=device) if run is None and device.type != "cpu" else run


def _on_cpu(data: OfflineData) -> OfflineData:
    """The table on the CPU; itself where it is there."""
    if data.x.device.type == "cpu":
        return data
    return OfflineData(data.x.cpu(), data.y.cpu(), data.space)


def _moved(result: Result, device: torch.device) -> Result:
    """A result on a device."""
    tensors: dict[str, Any] = {
        k: v.to(device) for k, v in vars(result).items() if isinstance(v, Tensor)
    }
    return replace(result, **tensors)


def _check(name: str, data: Any, run: Any) -> None:
    instance(name, "data", data, OfflineData, "an OfflineData")
    data.check_unchanged()
    if run is not None:
        instance(name, "run", run, Run, "a Run or None")


def _check_result(name: str, result: Any, data: OfflineData, n: int) -> None:
    """Raises TorchBDIError unless a solve returned n designs and left the table as it was."""
    instance(name, "what solve returns", result, Result, "a Result")
    rows, width = data.x.shape
    if result.x.shape != (n, width):
        raise TorchBDIError(
            f"{name}: solve made designs {tuple(result.x.shape)}, not ({n}, {width})."
        )
    starts = result.starts
    if starts is not None and not (
        starts.dtype == torch.int64 and bool(((starts >= 0) & (starts < rows)).all())
    ):
        raise TorchBDIError(
            f"{name}: solve returned starts that are no rows of the table: int64 from 0 to "
            f"{rows - 1}."
        )
    _check_table(name, "solve", data)


def _check_table(name: str, call: str, data: OfflineData) -> None:
    """Raises TorchBDIError where a solve or score changed the table."""
    try:
        data.check_unchanged()
    except InputError as error:
        raise TorchBDIError(
            f"{name}: {call} changed the table that it was given. Work on clones of x and y."
        ) from error
