"""What a file of a task holds (TaskSpec), and what its ``load`` is given and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from torchbdi import InputError
from torchbdi.fields import checked_fields, setting
from torchbdi.space import Space
from torchbdi.values import choice, instance, number, told

from ._source import Source

__all__ = ["Labels", "Loaded", "Request", "Settings", "Source", "TaskSpec", "setting"]

Kind = Literal["discrete", "continuous"]
OracleSource = Literal["original", "retrained", "regenerated"]


@dataclass(frozen=True)
class Settings:
    """The settings that every task has. A task with more of them makes a subclass.

    Fields are as those of a method: typed, with a docstring each, and ``setting`` for limits; none
    is called ``name``.

    Raises:
        InputError: a setting has the wrong type or is out of its limits.
    """

    max_rows: int | None = setting(None, at_least=1)
    """The first rows alone are seen, for a quick look; None: all of them."""

    def __post_init__(self) -> None:
        """Checks every field and converts it."""
        for name, value in checked_fields(self).items():
            object.__setattr__(self, name, value)


def _check_class(settings: object) -> None:
    """Raises InputError unless the settings of a spec are a class that is made as it should be."""
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        raise InputError(
            f"TaskSpec: settings must be a class made from Settings, got {told(settings)}."
        )
    if "__dataclass_params__" not in vars(settings):
        raise InputError(f"TaskSpec: {settings.__name__} must be a @dataclass(frozen=True).")


@dataclass(frozen=True)
class Request:
    """What ``load`` is given.

    Attributes:
        folder: the data folder.
        seed: of the run; the global generators of numpy, torch (on the CPU) and Python are seeded
            with it already.
        settings: the task's, of the class that its spec names.
        source: the one of the spec's sources that is there; its files are, whole and undamaged.
    """

    folder: Path
    seed: int
    settings: Settings
    source: Source


@dataclass(frozen=True)
class Labels:
    """What a table and its true function are called.

    Attributes:
        title: the full name of the table. Where its seed is a part of it, it is written as
            "regenerated table SEED".
        oracle_source: of the true function: "original", "retrained" or "regenerated".
        oracle_spearman: rank correlation of a fitted true function with the measured scores of
            rows it was not fitted to; None for one that is not fitted.
        y_min: score that is reported as 0, where it is not the spec's.
        y_max: score that is reported as 1, where it is not the spec's.

    Raises:
        InputError: ``oracle_source`` is none of these, the title no text, or the correlation or
            an end of the range no number.
    """

    title: str
    oracle_source: OracleSource = "original"
    oracle_spearman: float | None = None
    y_min: float | None = None
    y_max: float | None = None

    def __post_init__(self) -> None:
        """Checks the label, by which scores are told to be comparable."""
        choice("Labels", "oracle_source", self.oracle_source, get_args(OracleSource))
        if not isinstance(self.title, str) or not self.title.strip():
            raise InputError(f"Labels: title must be a text, got {told(self.title)}.")
        if self.oracle_spearman is not None:
            found = number("Labels", "oracle_spearman", self.oracle_spearman)
            object.__setattr__(self, "oracle_spearman", found)
        for name in ("y_min", "y_max"):
            if (end := getattr(self, name)) is not None:
                object.__setattr__(self, name, number("Labels", name, end))


class Loaded(NamedTuple):
    """What ``load`` gives: the rows that a method may see, and the true function.

    Attributes:
        designs: raw designs, (N, ...): numbers, or the numbers of letters.
        scores: raw scores, (N,) or (N, 1), large is good.
        truth: raw designs (n, ...) to raw scores (n,); int32 letters or float64 numbers, a copy
            of its own.
        labels: what they are called.
        limits: the lowest and highest numbers that the true function takes, (2, C): it moves
            others there. None where it takes all.
    """

    designs: np.ndarray
    scores: np.ndarray
    truth: Callable[[np.ndarray], np.ndarray]
    labels: Labels
    limits: np.ndarray | None = None


@dataclass(frozen=True)
class TaskSpec:
    """A task. Rows are cut, encoded, standardised and normalised by the code that all share.

    Attributes:
        kind: "discrete" or "continuous".
        y_min: score that is reported as 0: the smallest of the full data.
        y_max: score that is reported as 1.
        sources: in order of preference; the first that is there is used, else the last.
        load: brings designs, scores and true function.
        letters: of a discrete design, one a class.
        revision: raised when the task gives other designs, scores or ranges for one source.
        settings: the class of its settings.
        space: what a design may be, from raw designs (N, ...); None: letters at every site for a
            discrete task, else numbers without bounds.

    Raises:
        InputError: an attribute is of another type, the kind is none of these, or letters are
            missing or stand where they are not read.
    """

    kind: Kind
    y_min: float
    y_max: float
    sources: tuple[Source, ...]
    load: Callable[[Request], Loaded] = field(repr=False)
    letters: str = ""
    revision: int = 1
    settings: type[Settings] = Settings
    space: Callable[[np.ndarray], Space] | None = None

    def __post_init__(self) -> None:
        """Checks the kind, by which designs are read and tables choose, and all other types."""
        choice("TaskSpec", "kind", self.kind, get_args(Kind))
        for name in ("y_min", "y_max"):
            if not isinstance(end := getattr(self, name), Real):  # NaN is, and is refused later
                raise InputError(f"TaskSpec: {name} must be a number, got {told(end)}.")
        if not isinstance(self.sources, tuple) or not self.sources:
            raise InputError(
                f"TaskSpec: sources must be a tuple of at least one Source, got "
                f"{told(self.sources)}. Write sources=(Source(...),), with the comma."
            )
        for source in self.sources:
            instance("TaskSpec", "what is in sources", source, Source, "a Source")
        if not callable(self.load) or not (self.space is None or callable(self.space)):
            raise InputError("TaskSpec: load and space must be functions; space may be None.")
        if type(self.revision) is not int:
            raise InputError(f"TaskSpec: revision must be an integer, got {told(self.revision)}.")
        _check_class(self.settings)
        if self.space is None and bool(self.letters) != (self.kind == "discrete"):
            raise InputError(
                f"TaskSpec: kind={self.kind!r} with letters={self.letters!r}. A discrete task has "
                "letters, a continuous one has none."
            )

    def space_of(self, designs: np.ndarray) -> Space:
        """What a design may be, not yet fitted to a table."""
        if self.space is not None:
            return self.space(designs)
        size = int(np.prod(designs.shape[1:]))
        if self.kind == "discrete":
            return Space.sequence(size, self.letters)
        return Space.numbers(size)

    def source(self, folder: Path) -> Source:
        """The source of which something is there; the last of the sources where nothing is."""
        return next((s for s in self.sources if s.is_meant(folder)), self.sources[-1])
