"""Device code behind torchbdi; imported as ``torchbdi.kernels`` and under that name only."""

from .errors import (
    DoesNotFitError,
    InputError,
    MissingDataError,
    NotConvergedError,
    NotPositiveDefiniteError,
    TorchBDIError,
)
from .small.cholesky import cholesky_solve

__all__ = [
    "DoesNotFitError",
    "InputError",
    "MissingDataError",
    "NotConvergedError",
    "NotPositiveDefiniteError",
    "TorchBDIError",
    "cholesky_solve",
]
