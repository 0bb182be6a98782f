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

from typing import TYPE_CHECKING, Any

from . import kernels
from .kernels import (
    DoesNotFitError,
    InputError,
    MissingDataError,
    NotConvergedError,
    NotPositiveDefiniteError,
    TorchBDIError,
)
from .ntk import NNGP, NTK
from .rbf import RBF
from .ridge import RidgeFit, fit_ridge

if TYPE_CHECKING:
    from .bdi import BDI

__version__ = "0.1.0"

__all__ = [
    "BDI",
    "NNGP",
    "NTK",
    "RBF",
    "DoesNotFitError",
    "InputError",
    "MissingDataError",
    "NotConvergedError",
    "NotPositiveDefiniteError",
    "RidgeFit",
    "TorchBDIError",
    "fit_ridge",
    "kernels",
]


def __getattr__(name: str) -> Any:
    # Lightning takes seconds to import; it is loaded when BDI is first touched.
    if name == "BDI":
        from .bdi import BDI

        return BDI
    raise AttributeError(f"module 'torchbdi' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
