"""The steps of a run that its folder keeps: the chosen model and the solve."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ...kernels.files import last_good_state, write_state
from ...kernels.tensors import from_bytes, to_bytes
from ...selection import Model
from .chosen import Chosen
from .solve import Solve

T = TypeVar("T")


def kept(
    work: Path | None,
    name: str,
    make: Callable[[], T],
    read: Callable[[bytes], T],
    say: Callable[[str], object],
) -> T:
    """What a folder keeps of a step; what is damaged there is made again.

    Args:
        work: the folder; None keeps nothing.
        name: of the state in it.
        make: does the step.
        read: makes the step's result of a state.
        say: is told of what is damaged.
    """
    if work is None:
        return make()
    found = last_good_state(work / name, read, say)
    if found is not None:
        return found
    made: Any = make()
    write_state(work / name, to_bytes(packed(made)))
    return made


def packed(step: Chosen | Solve) -> dict[str, Any]:
    """A step's attributes as a state holds them."""
    return {
        name: dataclasses.asdict(value) if isinstance(value, Model) else value
        for name, value in vars(step).items()
    }


def model_of(content: bytes) -> Chosen:
    """The model that a state holds."""
    found = from_bytes(content)
    return Chosen(**{**found, "model": Model(**found["model"])})


def solve_of(content: bytes, rows: int) -> Solve:
    """The solve that a state holds, of a table of so many rows.

    Raises:
        ValueError: it is of another table.
        Exception: it is something else.
    """
    solved = Solve(**from_bytes(content))
    if solved.coefficients.shape != (rows,):
        raise ValueError(f"it holds the solve of {len(solved.coefficients)} rows, not of {rows}")
    return solved
