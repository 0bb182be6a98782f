"""What a method keeps in its run's folder, so that a run that was killed goes on."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from ..identity import canonical, table_hash
from ..kernels.errors import InputError
from ..kernels.files import last_good_state, write_state
from ..kernels.tensors import from_bytes, to_bytes
from ..revision import REVISION
from .base import Method, Run

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..space import Space


class Kept:
    """States of a run, one file each; nothing is kept where the run has no folder.

    Args:
        run: its folder and seed.
        method: with its settings resolved.
        data: the table, and what a design may be.
        n: designs.
    """

    def __init__(self, run: Run, method: Method, data: OfflineData, n: int) -> None:
        self.run = run
        self.key = self._space = ""
        self._revision = [type(method).revision, REVISION]
        if run.folder is not None:
            own = {f.name: getattr(method, f.name) for f in dataclasses.fields(method)}
            what = {"n": n, "seed": run.seed, "table": table_hash(data.x, data.y), **own}
            text = f"{type(method).__name__} {canonical(what)}"
            self.key = hashlib.sha256(text.encode()).hexdigest()
            self._space = _hash_of(data.space)

    @property
    def of(self) -> str:
        """What tells the run and the method's revision from others."""
        return f"{self.key}, revision {'.'.join(map(str, self._revision))}"

    def read(self, name: str) -> dict[str, Any] | None:
        """The last state of this name that is whole, or None.

        Raises:
            InputError: it is that of another table or space, other settings, another seed or
                number, or another revision of the method.
        """
        if self.run.folder is None:
            return None
        path = self.run.folder / f"{name}.pt"
        found: dict[str, Any] | None = last_good_state(path, _parse)
        if found is None:
            return None
        # A state from before spaces and revisions were kept does not say of which ones it is.
        of, space = found.pop("of"), found.pop("space", self._space)
        revision = found.pop("revision", self._revision)
        if (of, space) != (self.key, self._space):
            what = "its table, settings, seed or number of designs differ"
            if of == self.key:
                what = "its space, which says what a design may be, is another one"
            raise InputError(
                f"{path} is the state of another run: {what}. Take another folder, or remove it."
            )
        if revision != self._revision:
            told, own = (".".join(map(str, numbers)) for numbers in (revision, self._revision))
            raise InputError(
                f"{path} is the state of revision {told} of the method, and this is {own}, which "
                "gives other numbers. Take another folder, or remove it."
            )
        return found

    def write(self, name: str, **state: Any) -> None:
        """Takes the place of the last state of this name as a whole."""
        if self.run.folder is not None:
            of = {"of": self.key, "space": self._space, "revision": self._revision}
            content = to_bytes({**of, **state})
            write_state(self.run.folder / f"{name}.pt", content)


def _hash_of(space: Space) -> str:
    """SHA-256 of columns, rules, means and deviations."""
    assert space.mean is not None
    assert space.std is not None
    digest = hashlib.sha256(repr(space).encode())
    for array in (space.mean, space.std):
        digest.update(array.tobytes())
    return digest.hexdigest()


def _parse(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = from_bytes(content)
    if "of" not in found:
        raise ValueError("a kept state without a word on whose it is")
    return found
