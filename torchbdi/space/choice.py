"""Columns that hold one of k classes, and the sites of sequences, which are such columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from ..values import listed, whole
from .names import named

SOFT = 0.6  # design-bench's soft interpolation between a class and the uniform distribution


@dataclass(frozen=True)
class Choice:
    """A column that holds one of k classes: a category, or one site of a sequence.

    A raw value is the number of the class. The k - 1 features are the logits of the classes after
    the first, log(0.6 onehot + 0.4 / k) less that of the first class, in float32 as design-bench
    computes them.

    Attributes:
        name: of the column.
        classes: the words or letters, one a class.
        sequence: name of the sequence whose site this is; None for a category.
        fixed: number of the class that every design has; None where it is free.
        levels: numbers of the classes that a design may have, ascending; None for all.

    Raises:
        InputError: there is no class, one occurs twice, ``levels`` are no numbers of classes, or
            ``fixed`` is none of them.
    """

    name: str
    classes: tuple[str, ...]
    sequence: str | None = None
    fixed: int | None = None
    levels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        owner = named(self.name)
        if isinstance(self.classes, str) and self.sequence is None:
            raise InputError(
                f"{owner}: classes must be a list of words, got the text {self.classes!r:.60}."
            )
        classes = tuple(listed(owner, "classes", self.classes))
        if wrong := [c for c in classes if not isinstance(c, str)]:
            raise InputError(f"{owner}: classes are texts, got {wrong[0]!r:.60}. Take str of them.")
        object.__setattr__(self, "classes", tuple(str(c) for c in classes))
        if self.fixed is not None:
            object.__setattr__(self, "fixed", whole(owner, "fixed", self.fixed, 0))
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise InputError(f"column {self.name!r}: give one or more different classes.")
        if self.levels is not None:
            given, last = listed(owner, "levels", self.levels), len(self.classes) - 1
            levels = tuple(whole(owner, "a level", v, 0, last) for v in given)
            if not levels or list(levels) != sorted(set(levels)):
                raise InputError(f"{owner}: levels must be numbers of classes that ascend.")
            object.__setattr__(self, "levels", levels)
        allowed = range(len(self.classes)) if self.levels is None else self.levels
        if self.fixed is not None and self.fixed not in allowed:
            raise InputError(
                f"column {self.name!r}: fixed = {self.fixed!r} is no class that a design may have; "
                f"there are {len(self.classes)}, numbered from 0."
            )

    @property
    def kind(self) -> str:
        """What the column is: "category" or "site"."""
        return "category" if self.sequence is None else "site"

    def grid(self) -> np.ndarray:
        """Numbers of the classes that a design may have, ascending; ``fixed`` alone if it is."""
        if self.fixed is not None:
            return np.array([self.fixed])
        return np.arange(len(self.classes)) if self.levels is None else np.array(self.levels)

    @property
    def width(self) -> int:
        """How many features the column has."""
        return len(self.classes) - 1


def sequence(
    length: int, letters: Sequence[str], name: str = "sequence", fixed: Sequence[int | None] = ()
) -> tuple[Choice, ...]:
    """The columns of a sequence.

    Args:
        length: number of sites.
        letters: the alphabet, for instance "ACGT".
        name: of the sequence.
        fixed: for every site the number of its letter, or None where it is free; empty for none.

    Returns:
        One column a site.

    Raises:
        InputError: ``length`` is not positive, or ``fixed`` has another length.
    """
    owner = f"sequence {name!r}"
    length, letters = whole(owner, "length", length, 1), tuple(listed(owner, "letters", letters))
    at = listed(owner, "fixed", fixed) or [None] * length
    if len(at) != length:
        raise InputError(f"{owner}: length = {length} and {len(at)} fixed letters.")
    return tuple(Choice(f"{name}[{i}]", letters, name, at[i]) for i in range(length))


def logits(classes: int) -> np.ndarray:
    """Features of every class, (k, k - 1), float64 with the values of design-bench's float32."""
    one_hot = np.eye(classes, dtype=np.float32)
    soft = SOFT * one_hot + (1.0 - SOFT) * np.full_like(one_hot, 1 / float(classes))
    log = np.log(soft)
    return (log[:, 1:] - log[:, :1]).astype(np.float64)
