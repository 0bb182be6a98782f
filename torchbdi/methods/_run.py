"""Where a method works and whom it tells."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..values import whole

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..kernel import Kernel
    from ..ridge import RidgeFit, RidgeScale


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
            InputError: an attribute is of another kind, the folder does not exist, or torch finds
                no such device.
        """
        self.seed = whole("Run", "seed", self.seed, 0)
        self.checkpoint_every = whole("Run", "checkpoint_every", self.checkpoint_every, 1)
        try:
            self.device = torch.device(self.device)
        except (RuntimeError, TypeError) as error:
            raise InputError(f"Run: device must be a torch.device, got {self.device!r}.") from error
        try:
            torch.zeros((), device=self.device).item()
        except Exception as error:  # torch has a class of its own for each reason
            reason = str(error).partition("\n")[0].partition(". ")[0]
            raise InputError(
                f"Run: nothing can be computed on device {self.device} here ({reason}). Take "
                "'cpu', which is there always."
            ) from error
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
