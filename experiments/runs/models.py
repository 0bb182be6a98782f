"""From a method's configuration to the module that learns X_h."""

from __future__ import annotations

from typing import Any

import torch
from omegaconf import DictConfig

import torchbdi
from torchbdi import BDI, Ascent, FiniteBDI
from torchbdi.kernel import Kernel
from torchbdi.optimise import DesignModule

from ..tasks.task import OfflineData
from .coefficients import cached_fit


def build_model(
    method: DictConfig, data: OfflineData, seed: int, device: torch.device | None = None
) -> tuple[DesignModule, dict[str, Any]]:
    """Builds a method on a table, with the large solve done where it is needed.

    Args:
        method: the method's configuration, checked.
        data: the table.
        seed: of what is random in the method (the finite networks).
        device: of the large solve; the table's if None.

    Returns:
        The module, and what the metrics say of the solve.
    """
    shared = {
        "target": method.target,
        "alpha": method.alpha,
        "forward_weight": method.forward_weight,
        "backward_weight": method.backward_weight,
        "lr": method.lr,
    }
    starts = data.starts(method.designs, method.designs_per_group)
    if method.model == "finite":
        finite = FiniteBDI(
            data.x,
            data.y,
            starts,
            width=method.width,
            depth=method.depth,
            parametrisation=method.parametrisation,
            eta=method.eta,
            rows_per_step=method.rows_per_step,
            net_epochs=method.net_epochs,
            net_batch=method.net_batch,
            net_lr=method.net_lr,
            seed=seed,
            **shared,
        )
        return finite, {}
    kernel: Kernel = torchbdi.NTK(depth=method.depth) if method.kernel == "ntk" else torchbdi.RBF()
    coefficients, solve = None, {}
    if method.forward_weight:
        fitted = cached_fit(
            kernel, data, method.ridge, method.ridge_scale, method.tolerance, device
        )
        coefficients, report = fitted.coefficients, fitted.report
        solve = {
            "solver": report.solver,
            "solve_residual": report.residual,
            "solve_seconds": report.seconds,
            "solve_peak_bytes": report.peak_bytes,
        }
    kind = Ascent if method.model == "ascent" else BDI
    model = kind(
        data.x,
        data.y,
        starts,
        kernel=kernel,
        ridge=method.ridge,
        ridge_scale=method.ridge_scale,
        coefficients=coefficients,
        **shared,
    )
    return model, solve


def network_facts(model: DesignModule) -> dict[str, float]:
    """What the metrics say of trained finite networks: the step's rate and the fit to the table."""
    if not isinstance(model, FiniteBDI):
        return {}
    facts = {"eta_used": float(model.eta)}
    if model.hparams["forward_weight"]:
        facts["net_loss"] = float(model.net_loss)
    return facts
