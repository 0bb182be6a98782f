"""One way to come by a task's table: published files, a recipe, or both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from torchbdi.kernels.files import sha256
from torchbdi.values import choice

from ..data.present import known_checksums, missing, require
from ..data.sources import DataSet

TableSource = Literal["original", "regenerated"]


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
