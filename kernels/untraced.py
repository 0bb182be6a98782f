"""torch.compile does not look into what is compiled by hand already.

Its tracer would follow every loop of the planning, fitting and checking here, for minutes, to make
slower code of it. A call from within a compiled function is made outside of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")


def untraced(function: Callable[P, T]) -> Callable[P, T]:
    """A function that torch.compile calls as it is."""

    @functools.wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> T:
        if not torch.compiler.is_compiling():
            return function(*args, **options)
        # Not when this is loaded: the tracer takes seconds to import, and is there by now.
        outside: Callable[P, T] = torch._dynamo.disable(function)
        return outside(*args, **options)

    return call
