"""Offline model-based optimisation with infinitely wide networks (BDI) in PyTorch.

Given a fixed table of designs and scores, propose designs that score higher:

    >>> import torch, torchbdi
    >>> x_l = torch.randn(50, 3, dtype=torch.float64)
    >>> y_l = -(x_l**2).sum(1)
    >>> y_l = (y_l - y_l.mean()) / y_l.std()
    >>> model = torchbdi.BDI(x_l, y_l, x_l[y_l.topk(4).indices].unsqueeze(1))
    >>> model.loss()["total"].shape
    torch.Size([4])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import kernels, methods
from .kernel import Kernel
from .kernels import (
    DamagedStateError,
    DoesNotFitError,
    InputError,
    MissingDataError,
    MissingDependencyError,
    NotConvergedError,
    NotPositiveDefiniteError,
    TorchBDIError,
)
from .ntk import NNGP, NTK
from .rbf import RBF
from .ridge import RidgeFit, SolveReport, fit_ridge

if TYPE_CHECKING:
    from .ascent import Ascent
    from .bdi import BDI
    from .data import OfflineData
    from .finite import FiniteBDI
    from .optimise import DesignModule
    from .proposer import propose
    from .proposer.result import Proposals
    from .space import Space

_LAZY = {
    "Ascent": "ascent",
    "BDI": "bdi",
    "DesignModule": "optimise",
    "FiniteBDI": "finite",
    "OfflineData": "data",
    "Proposals": "proposer.result",
    "Space": "space",
    "propose": "proposer",
}

__version__ = "0.1.0"

# Raised when kernels, solvers or the standardisation of designs change a method's scores by more
# than 1e-6 relative (tests/pinned.csv). Runs of another revision are not gone on with.
REVISION = 1

__all__ = [
    "BDI",
    "NNGP",
    "NTK",
    "RBF",
    "Ascent",
    "DamagedStateError",
    "DesignModule",
    "DoesNotFitError",
    "FiniteBDI",
    "InputError",
    "Kernel",
    "MissingDataError",
    "MissingDependencyError",
    "NotConvergedError",
    "NotPositiveDefiniteError",
    "OfflineData",
    "Proposals",
    "RidgeFit",
    "SolveReport",
    "Space",
    "TorchBDIError",
    "fit_ridge",
    "kernels",
    "methods",
    "propose",
]


def __getattr__(name: str) -> Any:
    # Lightning takes seconds to import; what needs it is loaded when it is first touched.
    if name in _LAZY:
        value = getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
        globals()[name] = value  # from now on it is found like any other name
        return value
    raise AttributeError(f"module 'torchbdi' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
