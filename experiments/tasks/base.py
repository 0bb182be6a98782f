"""What a file of a task holds (TaskSpec), and what its ``load`` is given and gives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from torchbdi import InputError
from torchbdi.fields import checked_fields, setting
from torchbdi.kernels.files import sha256
from torchbdi.space import Space
from torchbdi.values import choice

from ..data.present import known_checksums, missing, require
from ..data.sources import DataSet

__all__ = ["Labels", "Loaded", "Request", "Settings", "Source", "TaskSpec", "setting"]

Kind = Literal["discrete", "continuous"]
TableSource = Literal["original", "regenerated"]
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


@dataclass(frozen=True)
class Source:
    """One way to come by a task's table.

    Attributes:
        label: "original" for the table that others score by, "regenerated" for a stand-in.
        data_set: the published files with their origin, licence and checksums; None where nothing
            is published and the table is made here.
        marks: files of the data set; where one of them is there, this source is meant. Empty: any
            file of the data set.
        fetch: brings the files into the data folder without being asked; None: a person does.
        recipe: how the table is made here; empty where it is published as it is.
        revision: of the recipe.
        parts: what else the table is made of, by name, such as the SHA-256 of a policy.

    Raises:
        InputError: the label is none of these.
    """

    label: TableSource
    data_set: DataSet | None = None
    marks: tuple[str, ...] = ()
    fetch: Callable[[Path], None] | None = None
    recipe: str = ""
    revision: int = 1
    parts: Callable[[Path], Mapping[str, str]] | None = None

    def __post_init__(self) -> None:
        """Checks the label, by which scores are told to be comparable."""
        choice("Source", "label", self.label, get_args(TableSource))

    def is_meant(self, folder: Path) -> bool:
        """Whether a file is there for which this source stands."""
        if self.data_set is None:
            return False
        marks = self.marks or self.data_set.files
        return any((folder / path).is_file() for path in marks)

    def ensure(self, folder: Path) -> None:
        """Makes sure that the published files are there and undamaged.

        Raises:
            MissingDataError: says which are not, and what to do.
        """
        if self.fetch is not None:
            self.fetch(folder)
        if self.data_set is not None:
            require(folder, self.data_set)

    def identity(self, folder: Path) -> str:
        """What a table of this source is made of, as text: the files' SHA-256, the recipe, or both.

        Raises:
            MissingDataError: a file without a known checksum is not there.
        """
        found = []
        if self.data_set is not None:
            known = known_checksums(self.data_set)
            if any(path not in known for path in missing(folder, self.data_set)):
                require(folder, self.data_set)
            digests = {p: known.get(p) or sha256(folder / p) for p in self.data_set.files}
            lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
            found.append(f"files {hashlib.sha256(lines.encode()).hexdigest()}")
        if self.recipe:
            found.append(f"recipe {self.recipe}, revision {self.revision}")
        if self.parts is not None:
            found += [f"{name} {digest}" for name, digest in self.parts(folder).items()]
        return "; ".join(found)


@dataclass(frozen=True)
class Request:
    """What ``load`` is given.

    Attributes:
        folder: the data folder.
        seed: of the run; numpy's and Python's global generators are seeded with it already.
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
        InputError: ``oracle_source`` is none of these.
    """

    title: str
    oracle_source: OracleSource = "original"
    oracle_spearman: float | None = None
    y_min: float | None = None
    y_max: float | None = None

    def __post_init__(self) -> None:
        """Checks the label, by which scores are told to be comparable."""
        choice("Labels", "oracle_source", self.oracle_source, get_args(OracleSource))


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
        InputError: the kind is none of these, or letters are missing or stand where they are not
            read.
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
        """Checks the kind, by which designs are read and tables choose."""
        choice("TaskSpec", "kind", self.kind, get_args(Kind))
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
