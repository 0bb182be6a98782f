"""The large solve, done once for a table, kernel and ridge and kept in the user's cache."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from torchbdi import OfflineData, RidgeFit, fit_ridge
from torchbdi.kernel import Kernel
from torchbdi.ridge import SolveReport

from ..data import cache_folder
from ..data.arrays import write_npz


def cached_fit(
    kernel: Kernel,
    data: OfflineData,
    ridge: float,
    ridge_scale: str,
    tolerance: float,
    device: torch.device | None = None,
) -> RidgeFit:
    """fit_ridge with a cache.

    The entry is named by a hash of the table, the kernel, the ridge and the tolerance. Its
    coefficients carry a hash of their own: a damaged entry is solved anew. Interrupted conjugate
    gradients go on where they were.

    Args:
        kernel: the kernel.
        data: the table.
        ridge: beta.
        ridge_scale: "trace" or "absolute".
        tolerance: relative residual at which conjugate gradients stop.
        device: where to solve; where the table is if None.

    Returns:
        The fit, on the device of the table; its report is that of the solve that was really done.
    """
    key = hashlib.sha256(f"{kernel!r} {ridge!r} {ridge_scale} {tolerance!r}".encode())
    for tensor in (data.x, data.y):
        key.update(str(tuple(tensor.shape)).encode())
        key.update(tensor.contiguous().numpy().tobytes())
    path = cache_folder() / "coefficients" / f"{key.hexdigest()[:32]}.npz"
    found = _read(path, len(data.y))
    if found is not None:
        coefficients, report = found
        print(f"coefficients: from {path} (residual {report.residual:.1e})", flush=True)
        return RidgeFit(kernel, data.x, torch.from_numpy(coefficients), report)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    if unfinished.is_file():
        print(f"coefficients: going on from {unfinished}", flush=True)
    x = data.x.to(device or data.x.device)
    fit = fit_ridge(
        kernel, x, data.y, ridge, ridge_scale, tolerance=tolerance, checkpoint=unfinished
    )
    coefficients = fit.coefficients.cpu().numpy()
    report_text = json.dumps(dataclasses.asdict(fit.report))
    write_npz(
        path,
        {
            "coefficients": coefficients,
            "report": np.array(report_text),
            "sha256": np.array(_digest(coefficients, report_text)),
        },
    )
    unfinished.unlink(missing_ok=True)
    return RidgeFit(kernel, data.x, torch.from_numpy(coefficients), fit.report)


def _read(path: Path, n: int) -> tuple[np.ndarray, SolveReport] | None:
    """The entry, or None where there is none or it is damaged."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as entry:
            coefficients, text = entry["coefficients"], str(entry["report"])
            if coefficients.shape != (n,) or str(entry["sha256"]) != _digest(coefficients, text):
                raise ValueError("its checksum is wrong")
            values: dict[str, Any] = json.loads(text)
            return coefficients, SolveReport(**values)
    except Exception as error:  # whatever a damaged file makes numpy or zipfile raise
        print(f"coefficients: {path} is damaged ({error}); solving anew.", flush=True)
        return None


def _digest(coefficients: np.ndarray, report: str) -> str:
    return hashlib.sha256(coefficients.tobytes() + report.encode()).hexdigest()
