"""What a method keeps in its run's folder, so that a run that was killed goes on."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from ..identity import canonical, table_hash
from ..kernels.errors import InputError
from ..kernels.files import last_good_state, write_state
from ..kernels.tensors import from_bytes, to_bytes
from .base import Method, Run

if TYPE_CHECKING:
    from ..data import OfflineData


class Kept:
    """States of a run, one file each; nothing is kept where the run has no folder.

    Args:
        run: its folder and seed.
        method: with its settings resolved.
        data: the table.
        n: designs.
    """

    def __init__(self, run: Run, method: Method, data: OfflineData, n: int) -> None:
        self.run = run
        self.key = ""
        if run.folder is not None:
            own = {f.name: getattr(method, f.name) for f in dataclasses.fields(method)}
            what = {"n": n, "seed": run.seed, "table": table_hash(data.x, data.y), **own}
            text = f"{type(method).__name__} {canonical(what)}"
            self.key = hashlib.sha256(text.encode()).hexdigest()

    def read(self, name: str) -> dict[str, Any] | None:
        """The last state of this name that is whole, or None.

        Raises:
            InputError: it is that of another table, other settings, another seed or number.
        """
        if self.run.folder is None:
            return None
        path = self.run.folder / f"{name}.pt"
        found: dict[str, Any] | None = last_good_state(path, _parse)
        if found is not None and found.pop("of") != self.key:
            raise InputError(
                f"{path} is the state of another run: its table, settings, seed or number of "
                "designs differ. Take another folder, or remove it."
            )
        return found

    def write(self, name: str, **state: Any) -> None:
        """Takes the place of the last state of this name as a whole."""
        if self.run.folder is not None:
            content = to_bytes({"of": self.key, **state})
            write_state(self.run.folder / f"{name}.pt", content)


def _parse(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = from_bytes(content)
    if "of" not in found:
        raise ValueError("a kept state without a word on whose it is")
    return found
