"""Triton's interpreter, less what it does again in every function that a kernel calls."""

from __future__ import annotations

from types import FunctionType
from typing import Any

import triton.language as tl
from triton.runtime import interpreter


def quicken() -> None:
    """Lets the interpreter look for what it replaces once a launch.

    triton 3.7 puts functions of its own in the place of triton.language's at every launch, and
    looks for them again in every function that the kernel calls, where it finds them replaced: half
    the time of a test. Only in triton's own modules, which know the language by another name, it
    finds something, and that at the first call; what it replaces there it never puts back.
    """
    call, patch = interpreter.InterpretedFunction.__call__, interpreter._patch_lang
    seen: set[int] = set()

    def once(function: Any) -> None:
        names = function.__globals__
        if names.get("tl") is not tl and id(names) not in seen:
            seen.add(id(names))
            patch(function)

    own = {**call.__globals__, "_patch_lang": once}
    interpreter.InterpretedFunction.__call__ = FunctionType(call.__code__, own, call.__name__)
