"""Device code behind torchbdi; imported as ``torchbdi.kernels`` and under that name only.

It knows tensors. Covariance functions as modules stand in ``torchbdi``; no loss, no table and no
task belongs here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import (
    DamagedStateError,
    DoesNotFitError,
    InputError,
    MissingDataError,
    MissingDependencyError,
    NotConvergedError,
    NotPositiveDefiniteError,
    TorchBDIError,
)

if TYPE_CHECKING:
    from .small.cholesky import cholesky_solve

__all__ = [
    "DamagedStateError",
    "DoesNotFitError",
    "InputError",
    "MissingDataError",
    "MissingDependencyError",
    "NotConvergedError",
    "NotPositiveDefiniteError",
    "TorchBDIError",
    "cholesky_solve",
]

_COVARIANCES = ("Kernel", "NNGP", "NTK", "RBF")


def __getattr__(name: str) -> Any:
    # It needs torch, which takes seconds to import; the errors do not.
    if name == "cholesky_solve":
        from .small.cholesky import cholesky_solve

        globals()[name] = cholesky_solve
        return cholesky_solve
    where = ""
    if name in _COVARIANCES:  # covariance functions are called kernels, too
        where = f". Covariance functions stand in torchbdi itself: torchbdi.{name}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{where}")
