"""What every method is (Method), what it may use while it works (Run), and what it returns."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from ..fields import checked_fields, setting
from ..inputs import as_float64
from ..kernels.errors import InputError
from ..values import instance, whole
from ._door import checked_score, checked_solve

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..kernel import Kernel
    from ..ridge import RidgeFit, RidgeScale

__all__ = ["Method", "Progress", "Result", "Run", "setting"]


class Progress(Protocol):
    """What :meth:`Run.progress` gives: a bar, or nothing that is seen."""

    def update(self, n: int = 1) -> Any:
        """Says that n more are done."""


class _Silent:
    def update(self, n: int = 1) -> None:
        """Says nothing."""


@dataclass
class Run:
    """Where a method works and whom it tells. This one is silent and keeps nothing.

    A command line passes a subclass that writes what it is told to files.

    Attributes:
        seed: of every draw; a method makes generators of it.
        device: where large products and training are done.
        folder: of the state from which a killed run goes on; None keeps no state. The folder is
            the method's own, is there when it begins, and holds what it wrote before.
        checkpoint_every: steps between two writes of the state.
    """

    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    folder: Path | None = None
    checkpoint_every: int = 25

    def __post_init__(self) -> None:
        """Checks and converts: numpy's numbers, a device by its name, a folder's path as text.

        Raises:
            InputError: an attribute is of another kind, or the folder does not exist.
        """
        self.seed = whole("Run", "seed", self.seed, 0)
        self.checkpoint_every = whole("Run", "checkpoint_every", self.checkpoint_every, 1)
        try:
            self.device = torch.device(self.device)
        except (RuntimeError, TypeError) as error:
            raise InputError(f"Run: device must be a torch.device, got {self.device!r}.") from error
        if self.folder is None:
            return
        if not isinstance(self.folder, str | Path) or not Path(self.folder).is_dir():
            raise InputError(f"Run: folder must be one that exists, got {self.folder!r}.")
        self.folder = Path(self.folder)

    def log(self, step: int, **values: float) -> None:
        """Takes numbers of one step, by any names.

        Args:
            step: counted from 1. What is said of one step in several calls stands together. After
                a resume, the log of a step takes the place of the old one of this step and of all
                later ones.
            **values: the numbers, NaN too. ``a/b`` puts b into the picture of a.
        """

    def keep(self, step: int, x: Tensor) -> None:
        """Takes the designs as they are after a step, to be scored when the run is over.

        Args:
            step: how many steps were done; 0 for the starts.
            x: (n, D), standardised, in the order of :class:`Result`.
        """

    def progress(self, total: int, what: str, done: int = 0) -> AbstractContextManager[Progress]:
        """A progress bar, as a context: ``with run.progress(200, "steps") as bar: bar.update()``.

        Args:
            total: how many there are.
            what: what is counted, in the plural.
            done: how many were done before a resume.
        """
        return nullcontext(_Silent())

    def fit(
        self,
        kernel: Kernel,
        data: OfflineData,
        *,
        ridge: float,
        ridge_scale: RidgeScale,
        tolerance: float,
    ) -> RidgeFit:
        """The kernel ridge regression of a table; a subclass may know it from an earlier run.

        Args: and errors as for :func:`torchbdi.fit_ridge`.
        """
        from ..ridge import fit_ridge

        x = data.x.to(self.device)
        return fit_ridge(kernel, x, data.y, ridge, ridge_scale, tolerance=tolerance, verbose=False)


@dataclass(frozen=True)
class Result:
    """What a method proposes.

    Attributes:
        x: designs, (n, D) float64, standardised, the most trusted first; in the order of the
            starts where starts are moved. Methods that move designs by gradients keep bounds, but
            not what couples columns (``space.constraints`` and ``space.at_most``):
            ``data.space.project(x)`` gives the nearest designs that meet it.
        predicted: the method's own prediction of their scores, (n,), standardised; None where it
            has none.
        facts: what else it says of its work, for metrics.json.
        starts: rows of the table that the designs were moved from, (n,); None where there are
            none.

    Raises:
        InputError: a shape is wrong, a number is not finite, or a fact is no number and no text.
    """

    x: Tensor
    predicted: Tensor | None = None
    facts: dict[str, float | int | str] = field(default_factory=dict)
    starts: Tensor | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", as_float64("x", self.x))
        if self.x.ndim != 2 or not torch.isfinite(self.x).all():
            raise InputError(f"Result: x must be finite, (n, D), got {tuple(self.x.shape)}.")
        if self.predicted is not None:
            object.__setattr__(self, "predicted", as_float64("predicted", self.predicted))
            if not torch.isfinite(self.predicted).all():
                raise InputError("Result: predicted must be finite; None where there is none.")
        for name, value in (("predicted", self.predicted), ("starts", self.starts)):
            if value is not None:
                instance("Result", name, value, Tensor, "a torch.Tensor or None")
            if value is not None and value.shape != self.x.shape[:1]:
                raise InputError(
                    f"Result: {name} must have shape ({len(self.x)},) as x, got "
                    f"{tuple(value.shape)}."
                )
        for name, fact in self.facts.items():
            if isinstance(fact, np.integer | np.floating):
                self.facts[name] = fact = fact.item()
            if type(fact) not in (float, int, str):
                raise InputError(f"Result: fact {name} is {fact!r}; facts are numbers and text.")


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
    fidelity: ClassVar[Literal["as published", "defect mended", "adaptation", "ours"]] = (
        "as published"
    )

    def __init_subclass__(cls, **more: Any) -> None:
        """Puts the door of :mod:`._door` before what the class writes."""
        super().__init_subclass__(**more)
        doors = {
            "solve": lambda own: checked_solve(own, Method, Run, Result),
            "score": lambda own: checked_score(own, Method, Run),
        }
        for name, checked in doors.items():
            if name in vars(cls):
                setattr(cls, name, checked(vars(cls)[name]))

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
        what is None.
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
