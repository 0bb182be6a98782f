"""What every method is; what it may use while it works, and what it returns, are named here too."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from torch import Tensor

from ..fields import checked_fields, setting
from ..kernels.errors import InputError
from ._door import checked_score, checked_solve
from ._result import Result
from ._run import Progress, Run

if TYPE_CHECKING:
    from ..data import OfflineData

Fidelity = Literal["as published", "defect mended", "adaptation", "ours"]

__all__ = ["Method", "Progress", "Result", "Run", "setting"]


@dataclass(frozen=True)
class Method:
    """A way to propose designs; its fields are the whole configuration of it.

    A subclass is a frozen dataclass with a ``revision``, a docstring under every field that names
    its source, and :meth:`solve`. Its fields are of int, float, bool, str, Literal, unions of them
    with None, and tuples such as ``tuple[float, ...]``. docs/methods.md shows a whole one.

    Attributes:
        revision: raised when the method gives other designs for the same settings.
        fidelity: how its default settings stand to what was published: the same; with a defect of
            the published code mended, which ``as_published=True`` brings back; an adaptation,
            where settings were not published or the method was changed; or ours, not published.

    Raises:
        InputError: a setting has the wrong type or is out of its limits.
    """

    revision: ClassVar[int]
    fidelity: ClassVar[Fidelity] = "as published"

    def __init_subclass__(cls, **more: Any) -> None:
        """Puts the door of :mod:`._door` before what the class writes."""
        super().__init_subclass__(**more)
        for name, checked in (("solve", checked_solve), ("score", checked_score)):
            if name in vars(cls):
                setattr(cls, name, checked(vars(cls)[name], Method))

    def __post_init__(self) -> None:
        """Checks every field and converts it: 10 to 10.0 and 2.0 to 2, and numpy's numbers."""
        for name, value in checked_fields(self).items():
            object.__setattr__(self, name, value)

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """Proposes n designs that should score higher than the table's.

        Args:
            data: the table; all that a method may see.
            n: how many, at most the rows of the table.
            run: None means seed 0, the table's device, silent, nothing kept.

        Returns:
            Tensors on the table's device.

        Raises:
            TorchBDIError: the table is too small, the method failed, or it returned something
                else or changed the table.
        """
        raise NotImplementedError

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """How good the method thinks designs are, where it has an opinion.

        Args:
            data: the table.
            x: designs, (n, D), standardised.
            run: as for :meth:`solve`.

        Returns:
            (n,), larger is better, on the device of x.

        Raises:
            InputError: the method judges no designs.
            TorchBDIError: it returned something else or changed the table.
        """
        raise InputError(f"{type(self).__name__} has no score: it judges no designs but its own.")

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """All settings by name, with those that depend on the data resolved.

        A subclass with such settings, whose default is None, takes this dictionary and fills in
        what is None, by the kinds of the columns and the shape of ``data.x`` alone: runs are told
        apart by their settings where no table is at hand. What goes by the numbers of the table is
        computed in :meth:`solve`, and told as a fact.
        """
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def begin(self, data: OfflineData, n: int, run: Run | None) -> tuple[Self, Run]:
        """What a :meth:`solve` begins with: the method with its settings resolved, and a run.

        Raises:
            InputError: the table has fewer than n rows, or n < 1.
        """
        if not 1 <= n <= len(data.x):
            raise InputError(
                f"{type(self).__name__}: n={n} designs; the table has {len(data.x)} rows. Ask for "
                "fewer."
            )
        return dataclasses.replace(self, **self.settings_for(data)), run or Run()
