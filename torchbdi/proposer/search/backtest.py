"""Would this have found my best designs? The best fifth of a table is hidden and looked for."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ...shared import ignore_warnings, warnings_handled
from ..model.part import fitted_part
from ..model.posterior import posterior_of
from ..model.problem import Problem
from ..settings import Settings
from .acquire import choose_batch

DRAWS = 5
# Shares of the designs: the best ones, which are hidden, and others that are hidden with them.
BEST, OTHERS = 0.2, 0.4
FEWEST = 40  # designs that this needs
MOST = 1000  # designs that it looks at, drawn at random from a larger table
PICKS = 32


@dataclass(frozen=True)
class Backtest:
    """How many of the first picks lie in the hidden best fifth.

    Attributes:
        shares: by method, the share of its first 1, 2, ... n picks that do, or are as good as the
            worst of it, mean over the draws, (n,).
        hidden: how many designs the fifth has.
        candidates: among how many hidden designs a method picks.
        draws: how often the others that are hidden were drawn.
        tied: how many other designs have the score of the worst of the fifth.
    """

    shares: dict[str, np.ndarray]
    hidden: int
    candidates: int
    draws: int
    tied: int = 0

    def lines(self) -> list[str]:
        """What came out, a sentence a line."""
        n = len(self.shares["random order"])
        by = sorted(self.shares, key=lambda name: -self.shares[name][-1])
        told = ", ".join(f"{name} {self.shares[name][-1]:.0%}" for name in by)
        tied = ""
        if self.tied:
            which = "1 other has" if self.tied == 1 else f"{self.tied} others have"
            tied = f" {which} the score of the worst of these, and count, too."
        return [
            f"The best fifth of the table ({self.hidden} designs) was hidden among "
            f"{self.candidates} designs, {self.draws} times.{tied}",
            f"Of the first {n} picks, so many were of that fifth: {told}.",
            f"torchbdi finds {self.shares['torchbdi'][-1] / self.shares['random order'][-1]:.1f} "
            "times as many of the best designs as picking at random."
            if self.shares["random order"][-1] > 0
            else "Picking at random finds none of them.",
        ]


def backtest(
    problem: Problem, settings: Settings, draws: int = DRAWS, progress: bool = False
) -> Backtest | None:
    """Hides the best fifth and some others, and lets every method pick among what is hidden.

    All methods see the same designs and their scores. The regression is chosen anew on them, so
    that nothing of what is hidden has a part in it.

    Args:
        problem: the table.
        settings: its acquisition decides what torchbdi picks.
        draws: how often the others are drawn.
        progress: show a progress bar.

    Returns:
        What came out, with scikit-learn's forest and botorch's Gaussian process where these are
        installed; None for tables of fewer than 40 designs.
    """
    rng = np.random.default_rng(0)
    rows = np.arange(len(problem.y_l))
    if len(rows) < FEWEST:
        return None
    if len(rows) > MOST:
        rows = np.sort(rng.permutation(rows)[:MOST])
    y = problem.y_l.numpy()
    order = rows[np.argsort(-y[rows], kind="stable")]
    best, rest = order[: int(BEST * len(rows))], order[int(BEST * len(rows)) :]
    good = y >= y[best].min()  # with the score of one of the best, a design is as good
    n = min(PICKS, len(best))
    hits: dict[str, list[np.ndarray]] = {}
    for _ in tqdm(range(draws), desc="Backtest", delay=2, disable=not progress, leave=False):
        mixed = rng.permutation(rest)
        hidden = np.concatenate([best, mixed[: int(OTHERS * len(rows))]])
        known = np.sort(mixed[int(OTHERS * len(rows)) :])
        hidden = rng.permutation(hidden)
        for name, pick in _methods(settings).items():
            picked = pick(problem, known, hidden, n)
            hits.setdefault(name, []).append(good[hidden[picked]])
        hits.setdefault("random order", []).append(np.full(n, good[hidden].mean()))
    count = np.arange(1, n + 1)
    shares = {name: np.mean(found, axis=0).cumsum() / count for name, found in hits.items()}
    return Backtest(shares, len(best), len(hidden), draws, int(good[rest].sum()))


_Pick = Callable[[Problem, np.ndarray, np.ndarray, int], np.ndarray]


def _methods(settings: Settings) -> dict[str, _Pick]:
    methods: dict[str, _Pick] = {"torchbdi": lambda *args: _own(settings, *args)}
    if importlib.util.find_spec("sklearn") is not None:
        methods["random forest"] = _forest
    if importlib.util.find_spec("botorch") is not None:
        methods["Gaussian process"] = _process
    return methods


def _own(
    settings: Settings, problem: Problem, known: np.ndarray, hidden: np.ndarray, n: int
) -> np.ndarray:
    part, chosen, solved = fitted_part(problem, known, settings)
    posterior, _ = posterior_of(part, chosen, solved)
    x = problem.x_l[hidden]
    inputs = chosen.inputs(x)
    with torch.no_grad():
        kernel = chosen.model.covariance()
        mean = kernel(inputs, chosen.inputs(part.x_l)) @ solved.coefficients
    picked = choose_batch(part, chosen, solved, posterior, settings.acquisition, x, mean, n)
    return picked.numpy()


def _forest(problem: Problem, known: np.ndarray, hidden: np.ndarray, n: int) -> np.ndarray:
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(100, random_state=0)
    model.fit(problem.x_l[known].numpy(), problem.y_l[known].numpy())
    return _first(model.predict(problem.x_l[hidden].numpy()), n)


def _process(problem: Problem, known: np.ndarray, hidden: np.ndarray, n: int) -> np.ndarray:
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from gpytorch.mlls import ExactMarginalLogLikelihood

    x, y = _in_unit_cube(problem.x_l), problem.part(known).y_l
    with warnings_handled(ignore_warnings):
        model = SingleTaskGP(x[known], y[:, None], outcome_transform=None)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        with torch.no_grad():
            mean = model.posterior(x[hidden]).mean[:, 0]
    return _first(mean.numpy(), n)


def _in_unit_cube(x: Tensor) -> Tensor:
    low, high = x.amin(0), x.amax(0)
    return (x - low) / torch.where(high > low, high - low, 1)


def _first(value: np.ndarray, n: int) -> np.ndarray:
    return np.argsort(-value, kind="stable")[:n]
