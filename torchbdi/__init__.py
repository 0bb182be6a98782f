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

from . import kernels
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
    from .finite import FiniteBDI
    from .optimise import DesignModule
    from .proposer import propose
    from .proposer.result import Proposals

_LIGHTNING = {
    "Ascent": "ascent",
    "BDI": "bdi",
    "DesignModule": "optimise",
    "FiniteBDI": "finite",
    "Proposals": "proposer.result",
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
    "Proposals",
    "RidgeFit",
    "SolveReport",
    "TorchBDIError",
    "fit_ridge",
    "kernels",
    "propose",
]


def __getattr__(name: str) -> Any:
    # Lightning takes seconds to import; it is loaded when one of these is first touched.
    if name in _LIGHTNING:
        value = getattr(importlib.import_module(f".{_LIGHTNING[name]}", __name__), name)
        globals()[name] = value  # from now on it is found like any other name
        return value
    raise AttributeError(f"module 'torchbdi' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
