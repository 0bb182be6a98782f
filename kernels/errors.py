"""The errors that torchbdi raises. Each says what is wrong, where, and what to do next."""

from __future__ import annotations


class TorchBDIError(Exception):
    """Base class of all errors raised by torchbdi."""


class InputError(TorchBDIError, ValueError):
    """An argument has the wrong shape, dtype or value."""


class NotPositiveDefiniteError(TorchBDIError, ArithmeticError):
    """A Cholesky factorisation met a pivot that is not positive."""


class DoesNotFitError(TorchBDIError, MemoryError):
    """A computation needs more memory than there is.

    It is said before anything is allocated where the size can be planned, as of solves; else when
    an allocation fails.
    """


class NotConvergedError(TorchBDIError, RuntimeError):
    """An iterative solve stopped before it reached its tolerance."""


class DamagedStateError(InputError):
    """A file that a run goes on from is not what was written."""


class MissingDataError(TorchBDIError, FileNotFoundError):
    """A data file is not there and could not be fetched."""


class MissingDependencyError(TorchBDIError, ImportError):
    """A package is not installed; the message holds the command that installs it."""
