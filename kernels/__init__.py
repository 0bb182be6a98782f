"""Device code behind torchbdi; imported as ``torchbdi.kernels`` and under that name only."""

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
