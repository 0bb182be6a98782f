"""Device code behind torchbdi; imported as ``torchbdi.kernels`` and under that name only."""

from .cholesky import cholesky_solve
from .errors import (
    DoesNotFitError,
    InputError,
    MissingDataError,
    NotConvergedError,
    NotPositiveDefiniteError,
    TorchBDIError,
)

__all__ = [
    "DoesNotFitError",
    "InputError",
    "MissingDataError",
    "NotConvergedError",
    "NotPositiveDefiniteError",
    "TorchBDIError",
    "cholesky_solve",
]
