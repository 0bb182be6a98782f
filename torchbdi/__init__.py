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

from .kernels.errors import (
    DamagedStateError,
    DoesNotFitError,
    InputError,
    MissingDataError,
    MissingDependencyError,
    NotConvergedError,
    NotPositiveDefiniteError,
    TorchBDIError,
)
from .revision import REVISION as REVISION

if TYPE_CHECKING:
    from . import kernels, methods
    from .ascent import Ascent
    from .bdi import BDI
    from .data import OfflineData
    from .finite import FiniteBDI
    from .kernel import Kernel
    from .module import DesignModule
    from .ntk import NNGP, NTK
    from .proposer import propose
    from .proposer.result import Proposals
    from .rbf import RBF
    from .ridge import RidgeFit, SolveReport, fit_ridge
    from .space import Space

# Where each name stands. None: it is a module of its own.
_LAZY = {
    "Ascent": "ascent",
    "BDI": "bdi",
    "DesignModule": "module",
    "FiniteBDI": "finite",
    "Kernel": "kernel",
    "NNGP": "ntk",
    "NTK": "ntk",
    "OfflineData": "data",
    "Proposals": "proposer.result",
    "RBF": "rbf",
    "RidgeFit": "ridge",
    "SolveReport": "ridge",
    "Space": "space",
    "fit_ridge": "ridge",
    "kernels": None,
    "methods": None,
    "propose": "proposer",
}

__version__ = "0.1.0"

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
    # Torch and Lightning take seconds to import, and a table is read and refused without them;
    # what needs them is loaded when it is first touched.
    if name in _LAZY:
        place = _LAZY[name]
        if place is None:
            return importlib.import_module(f".{name}", __name__)
        value = getattr(importlib.import_module(f".{place}", __name__), name)
        globals()[name] = value  # from now on it is found like any other name
        return value
    raise AttributeError(f"module 'torchbdi' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
