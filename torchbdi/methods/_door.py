"""The door of every method's solve and score: what is handed over, and the modes of torch.

It stands before methods of one's own too: :class:`.base.Method` puts it there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..data import OfflineData
from ..inputs import as_float64, check_finite, own_mode
from ..kernels.errors import InputError
from ..values import instance, whole


def checked_solve(solve: Callable[..., Any], base: type, run_class: type) -> Callable[..., Any]:
    """A method's solve behind the door.

    Args:
        solve: as its class writes it.
        base: what methods are instances of.
        run_class: what runs are instances of.
    """

    @functools.wraps(solve)
    def checked(self: Any, data: Any = None, n: Any = None, run: Any = None) -> Any:
        name = _owner(self, base, "solve(data, n)")
        _check(name, data, run, run_class)
        n = whole(name, "n", n, 1)
        with own_mode():
            return solve(self, data, n, run)

    return checked


def checked_score(score: Callable[..., Any], base: type, run_class: type) -> Callable[..., Any]:
    """A method's score behind the door; arguments as for :func:`checked_solve`."""

    @functools.wraps(score)
    def checked(self: Any, data: Any = None, x: Any = None, run: Any = None) -> Any:
        name = _owner(self, base, "score(data, x)")
        _check(name, data, run, run_class)
        with own_mode():
            x = as_float64("x", x).detach()
            if x.ndim != 2 or x.shape[1] != data.x.shape[1]:
                raise InputError(
                    f"{name}: x must have shape (n, D) with D = {data.x.shape[1]} as the table, "
                    f"got {tuple(x.shape)}."
                )
            check_finite("x", x, "Leave those designs out.")
            return score(self, data, x.to(data.x.device), run)

    return checked


def _owner(method: Any, base: type, call: str) -> str:
    """The method's name in messages."""
    if not isinstance(method, base):
        raise InputError(f"{call} is asked of an instance, such as BDI().{call}, not of the class.")
    return type(method).__name__


def _check(name: str, data: Any, run: Any, run_class: type) -> None:
    instance(name, "data", data, OfflineData, "an OfflineData")
    if run is not None:
        instance(name, "run", run, run_class, "a Run or None")
