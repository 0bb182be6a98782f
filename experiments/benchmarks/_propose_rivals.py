"""Rivals of ``torchbdi propose``: each ranks one pool of new designs and takes its n best."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

# Of qLogEI: candidates by expected improvement, others at random, and samples of the posterior.
LEADING, OTHERS, SAMPLES = 1000, 500, 64

Rival = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int], np.ndarray]
"""Features of what is seen (N, D), its scores (N,) with large ones good, those of the pool (P, D),
n, and a seed, to n positions in the pool."""


def forest(x: np.ndarray, y: np.ndarray, pool: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Random forest of 300 trees."""
    from sklearn.ensemble import RandomForestRegressor

    return top(RandomForestRegressor(300, random_state=seed).fit(x, y).predict(pool), n)


def boosting(x: np.ndarray, y: np.ndarray, pool: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Boosted trees with scikit-learn's defaults."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(random_state=seed)
    return top(model.fit(x, y).predict(pool), n)


def gp_mean(x: np.ndarray, y: np.ndarray, pool: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Gaussian process of botorch: what it predicts."""
    return top(_posterior(_gp(x, y), pool)[0], n)


def gp_qlogei(x: np.ndarray, y: np.ndarray, pool: np.ndarray, n: int, seed: int) -> np.ndarray:
    """The same process: qLogEI, one after the other with those before pending."""
    import torch
    from botorch.acquisition.logei import qLogExpectedImprovement
    from botorch.sampling.normal import SobolQMCNormalSampler
    from scipy.stats import norm

    model = _gp(x, y)
    mean, deviation = _posterior(model, pool)
    best = (y.max() - y.mean()) / y.std()
    z = (mean - best) / np.maximum(deviation, 1e-12)
    improvement = (mean - best) * norm.cdf(z) + deviation * norm.pdf(z)
    leading = top(improvement, min(LEADING, len(pool)))
    rest = np.setdiff1d(np.arange(len(pool)), leading)
    others = np.random.default_rng(seed).permutation(rest)[:OTHERS]
    at = np.concatenate([leading, others])
    candidates = torch.from_numpy(pool[at])[:, None]
    picked: list[int] = []
    free = torch.ones(len(at), dtype=torch.bool)
    for _ in range(n):
        acquisition = qLogExpectedImprovement(
            model,
            best_f=float(best),
            sampler=SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=seed),
            X_pending=candidates[picked, 0] if picked else None,
        )
        with torch.no_grad():
            value = torch.cat([acquisition(part) for part in candidates.split(500)])
        choice = int(torch.where(free, value, -torch.inf).argmax())
        free[choice] = False
        picked.append(choice)
    return at[picked]


def random(x: np.ndarray, y: np.ndarray, pool: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Random ones."""
    return np.random.default_rng(seed).permutation(len(pool))[:n]


def top(value: np.ndarray, n: int) -> np.ndarray:
    """Positions of the n largest, the first where they are equal."""
    return np.argsort(-value, kind="stable")[:n]


def _gp(x: np.ndarray, y: np.ndarray):  # type: ignore[no-untyped-def]
    """Matern 5/2, one length scale a feature, botorch's priors for it; on standardised scores."""
    import torch
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
    from gpytorch.mlls import ExactMarginalLogLikelihood

    kernel = get_covar_module_with_dim_scaled_prior(ard_num_dims=x.shape[1], use_rbf_kernel=False)
    scores = torch.from_numpy((y - y.mean()) / y.std())[:, None]
    model = SingleTaskGP(torch.from_numpy(x), scores, covar_module=kernel, outcome_transform=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model.eval()


def _posterior(model, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    import torch

    means, deviations = [], []
    with torch.no_grad():
        for part in torch.from_numpy(pool).split(2000):
            posterior = model.posterior(part)
            means.append(posterior.mean[:, 0])
            deviations.append(posterior.variance[:, 0].clamp_min(0).sqrt())
    return torch.cat(means).numpy(), torch.cat(deviations).numpy()


RIVALS: dict[str, Rival] = {
    "forest": forest,
    "boosting": boosting,
    "gp_mean": gp_mean,
    "gp_qlogei": gp_qlogei,
    "random": random,
}
