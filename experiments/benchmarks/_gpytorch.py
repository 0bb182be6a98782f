"""Run by gpytorch's interpreter, see _rivals.py.

gpytorch solves with linear_operator: conjugate gradients on a stored K, preconditioned by a
partial pivoted Cholesky factor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gpytorch
import numpy as np
import torch
from _serve import serve  # type: ignore[import-not-found]
from linear_operator import to_linear_operator


def prepare(request: dict[str, Any]) -> Callable[[], Any]:
    """See serve(): the solution of (K + ridge I) d = y by conjugate gradients, (N,)."""
    arrays = np.load(request["arrays"])
    k, y = (torch.from_numpy(arrays[name]) for name in ("k", "y"))
    settings = gpytorch.settings

    def work() -> np.ndarray:
        with (
            torch.no_grad(),
            settings.max_cholesky_size(0),
            settings.min_preconditioning_size(1),
            settings.max_preconditioner_size(request["rank"]),
            settings.cg_tolerance(request["tolerance"]),
            settings.max_cg_iterations(request["max_iterations"]),
        ):
            d = to_linear_operator(k).add_diagonal(torch.tensor(request["ridge"]).to(k)).solve(y)
        return d.numpy()

    return work


if __name__ == "__main__":
    serve(prepare)
