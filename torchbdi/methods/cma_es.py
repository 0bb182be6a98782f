"""CMA-ES: evolution strategies with a covariance matrix, which ask an ensemble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..kernels.errors import InputError, MissingDependencyError
from ..kernels.memory import require
from ._codec import Codec
from ._kept import Kept
from ._surrogate import Surrogate
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_BLOCK_BYTES = 1e9  # of the covariances of the strategies that run side by side
_MATRICES = 6  # (D, D) float64 that a strategy holds


@dataclass(frozen=True)
class CMAES(Surrogate):
    """Each of the n best rows begins an evolution strategy (Hansen's ``cma``) of its own.

    Every strategy minimises -(mean of the ensemble) over the standardised features, without
    bounds, and gives its best point. *As published* in design-baselines (commit 785dbcf,
    ``cma_es``); candidates of all strategies are judged at once here and one by one there.
    """

    revision: ClassVar[int] = 1

    sigma: float = setting(0.5, above=0.0)
    """First step size, in standard deviations of a feature.

    design-baselines: 0.5.
    """
    generations: int = setting(100, at_least=1)
    """Generations of a strategy at the most; it may stop before by cma's own rules.

    design-baselines: 100.
    """
    separable: bool = False
    """Keep the covariance diagonal, where (D, D) matrices are too large.

    design-baselines: false. True is an adaptation of ours.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first.

        Raises:
            MissingDependencyError: cma is not installed.
            InputError: the table has one feature; cma needs two.
            DoesNotFitError: the covariances of the strategies do not fit into memory.
        """
        own, run = self.begin(data, n, run)
        try:
            import cma
        except ImportError as error:
            raise MissingDependencyError(
                "CMAES needs the package cma: pip install 'torchbdi[baselines]'"
            ) from error
        width = data.x.shape[1]
        if width < 2:
            raise InputError("CMAES: the table has one feature; cma needs two or more.")
        size = min(n, own._block(width))
        require(
            size * own._bytes(width),
            torch.device("cpu"),
            f"CMAES: {size} strategies in D = {width} features",
            "separable=true keeps the diagonals of their covariances alone.",
        )
        kept, device = Kept(run, own, data, n), run.device
        x, y = data.x.float().to(device), data.y.float().to(device)
        net = own.ensemble(x, width, y, kept)
        starts = data.best(n)

        def predict(designs: np.ndarray) -> np.ndarray:
            found = net.mean(torch.from_numpy(designs).float().to(device))
            return found.double().cpu().numpy()

        begun = data.x[starts].cpu().double().numpy()
        state = kept.read("strategies") or {"best": torch.empty(0, width, dtype=torch.float64)}
        best = state["best"]
        with run.progress(n, "strategies", len(best)) as bar:
            while (done := len(best)) < n:
                which = range(done, min(n, done + size))
                options = [own._options(run.seed, i) for i in which]
                made = [
                    cma.CMAEvolutionStrategy(begun[i], own.sigma, option)
                    for i, option in zip(which, options, strict=True)
                ]
                step = own.ensemble_epochs + done // size * own.generations
                best = torch.cat([best, own._evolve(made, predict, run, step)])
                kept.write("strategies", best=best)
                bar.update(len(made))
        found = Codec(data.space).within(best)
        return Result(found, torch.from_numpy(predict(found.numpy())), {}, starts)

    def _evolve(
        self, made: list[Any], predict: Callable[[np.ndarray], np.ndarray], run: Run, step: int
    ) -> Tensor:
        """The best points of strategies that go on until each has stopped, (len(made), D)."""
        while going := [es for es in made if not es.stop()]:
            asked = [es.ask() for es in going]
            values = predict(np.concatenate([np.stack(points) for points in asked]))
            at = 0
            for es, points in zip(going, asked, strict=True):
                es.tell(points, (-values[at : at + len(points)]).tolist())
                at += len(points)
            step += 1
            run.log(step, **{"search/best": float(np.mean([-es.best.f for es in made]))})
        return torch.from_numpy(np.stack([es.best.x for es in made]))

    def _bytes(self, width: int) -> int:
        """What one strategy holds."""
        return 8 * _MATRICES * (width if self.separable else width**2)

    def _block(self, width: int) -> int:
        """How many strategies run side by side."""
        return max(1, int(_BLOCK_BYTES / self._bytes(width)))

    def _options(self, seed: int, place: int) -> dict[str, Any]:
        """cma's, with draws of the strategy's own."""
        draws = np.random.default_rng((seed, place))
        return {
            "maxiter": self.generations,
            "CMA_diagonal": self.separable,
            "seed": np.nan,  # leave numpy's global generator alone
            "randn": lambda *shape: draws.standard_normal(shape),
            "verbose": -9,
        }
