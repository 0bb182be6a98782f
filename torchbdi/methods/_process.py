"""The Gaussian process of BO-qEI and its acquisition, by botorch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ..kernels.errors import TorchBDIError
from ..shared import alone_with_draws, ignore_warnings, warnings_handled


def fitted_process(x: Tensor, y: Tensor, noise: float, before: dict[str, Any] | None) -> Any:
    """botorch 0.3.3's process with fixed noise, its settings fitted by marginal likelihood.

    Constant mean; scaled Matern-5/2 with a length scale a feature, Gamma(3, 6) and Gamma(2, 0.15)
    being the priors of length scales and scale.

    Args:
        x: points, (n, D).
        y: labels, (n,).
        noise: deviation of the labels.
        before: states of "mean" and "covariance" to begin with.

    Raises:
        TorchBDIError: the fit failed.
    """
    from botorch.exceptions import ModelFittingError
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from gpytorch.kernels import MaternKernel, ScaleKernel
    from gpytorch.means import ConstantMean
    from gpytorch.mlls import ExactMarginalLogLikelihood
    from gpytorch.priors import GammaPrior

    matern = MaternKernel(nu=2.5, ard_num_dims=x.shape[1], lengthscale_prior=GammaPrior(3.0, 6.0))
    scores = y.unsqueeze(1)
    model = SingleTaskGP(
        x,
        scores,
        torch.full_like(scores, noise**2),
        mean_module=ConstantMean(),
        covar_module=ScaleKernel(matern, outputscale_prior=GammaPrior(2.0, 0.15)),
        outcome_transform=None,
    ).to(x)
    if before is not None:
        model.mean_module.load_state_dict(before["mean"])
        model.covar_module.load_state_dict(before["covariance"])
    try:
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    except ModelFittingError as error:
        raise TorchBDIError(f"BOqEI: the Gaussian process could not be fitted: {error}") from error
    return model


def maximised(
    model: Any,
    best: Tensor,
    bounds: Tensor,
    *,
    q: int,
    samples: int,
    restarts: int,
    raw_samples: int,
    batch_limit: int,
    iterations: int,
) -> tuple[Tensor, Tensor]:
    """The q points of the largest expected improvement, by L-BFGS.

    Args:
        model: the process.
        best: the label that is to be improved on.
        bounds: (2, D).
        q: how many points.
        samples: Sobol samples of the acquisition.
        restarts: starts.
        raw_samples: sets of points that the starts are chosen from.
        batch_limit: starts that are followed at once.
        iterations: of a start at the most.

    Returns:
        The points, (q, D), and the acquisition's value.

    Raises:
        RuntimeError: botorch's, where numbers fail.
    """
    from botorch.acquisition import qExpectedImprovement
    from botorch.optim import optimize_acqf
    from botorch.sampling import SobolQMCNormalSampler

    seed = int(torch.randint(1 << 31, ()))
    sampler = SobolQMCNormalSampler(torch.Size([samples]), seed=seed)
    points, value = optimize_acqf(
        qExpectedImprovement(model, best_f=best, sampler=sampler),
        bounds=bounds,
        q=q,
        num_restarts=restarts,
        raw_samples=raw_samples,
        options={"batch_limit": batch_limit, "maxiter": iterations},
    )
    assert points is not None and value is not None
    return points.detach(), value.detach()


@contextmanager
def undisturbed(generator: torch.Generator, device: torch.device) -> Iterator[None]:
    """Global draws that are a function of the generator, without botorch's advice."""
    devices = [device] if device.type == "cuda" else []
    with alone_with_draws(devices), torch.enable_grad(), warnings_handled(ignore_warnings):
        torch.manual_seed(generator.initial_seed())
        yield
