"""BO-qEI: Bayesian optimisation by the expected improvement of batches, on an ensemble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from ..kernels.errors import InputError, MissingDependencyError, TorchBDIError
from ..network import seeded
from ._ensemble import Ensemble
from ._kept import Kept
from ._process import fitted_process, maximised, undisturbed
from ._surrogate import Surrogate
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_NOISE, _ROUND = 40, 41  # places of draws
# Deviations by which rounding may put a row outside of what it should keep: parts of a mixture in
# whole per cent often sum to 99 or 101.
_ROUNDED = 0.05


@dataclass(frozen=True)
class BOqEI(Surrogate):
    """Rounds of a Gaussian process and qEI (botorch), which ask the ensemble for labels.

    The process begins with the best rows and their true scores; the designs are those of the
    highest labels, rows among them. A row that the space forbids is moved into it, and the ensemble
    labels it. *Defect mended*: in design-baselines (commit 785dbcf,
    ``bo_qei``) a RuntimeError of the acquisition ends the rounds with no more than a printed line;
    here it is an error. The process is in float64 here, in float32 there.
    """

    revision: ClassVar[int] = 1
    fidelity = "defect mended"

    gp_rows: int = setting(500, at_least=1)
    """Best rows that the process begins with, all where the table has fewer.

    design-baselines: 500.
    """
    rounds: int = setting(10, at_least=0)
    """How often the process is fitted and asked.

    design-baselines: 10.
    """
    q: int = setting(32, at_least=1)
    """Points that a round adds.

    design-baselines: 32.
    """
    noise: float = setting(0.1, above=0.0)
    """Deviation of what is added to a label, and of the process's noise.

    design-baselines: 0.1.
    """
    samples: int = setting(128, at_least=1)
    """Sobol samples of the acquisition.

    design-baselines: 128.
    """
    restarts: int = setting(10, at_least=1)
    """Starts of its L-BFGS.

    design-baselines: 10.
    """
    raw_samples: int = setting(128, at_least=1)
    """Sets of points that the starts are chosen from.

    design-baselines: 128.
    """
    batch_limit: int = setting(5, at_least=1)
    """Starts that are followed at once.

    design-baselines: 5.
    """
    iterations: int = setting(200, at_least=1)
    """Iterations of a start at the most.

    design-baselines: 200.
    """
    as_published: bool = False
    """Bring back float32, and the silent end where an acquisition fails.

    Ours: off. design-baselines: on.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the labels.

        Raises:
            MissingDependencyError: botorch is not installed.
            InputError: rows and points together are fewer than n.
            TorchBDIError: the process could not be fitted, or its acquisition not be maximised.
        """
        own, run = self.begin(data, n, run)
        try:
            import botorch  # noqa: F401
        except ImportError as error:
            raise MissingDependencyError(
                "BOqEI needs the package botorch: pip install 'torchbdi[baselines]'"
            ) from error
        rows = min(own.gp_rows, len(data.x))
        if rows + own.rounds * own.q < n:
            raise InputError(
                f"BOqEI: {rows} rows and {own.rounds} rounds of {own.q} points are fewer than "
                f"n={n} designs. Raise gp_rows or rounds."
            )
        kept, device, width = Kept(run, own, data, n), run.device, data.x.shape[1]
        dtype = torch.float32 if own.as_published else torch.float64
        net = own.ensemble(data.x.float().to(device), width, data.y.float().to(device), kept)
        x, y, moved = rows_within(data, data.best(rows), lambda x: net.mean(x.float().to(device)))
        state = kept.read("rounds") or {
            "round": 0,
            "x": x.to(device, dtype),
            "y": y.to(device, dtype),
            "process": None,
        }
        with run.progress(own.rounds, "rounds", int(state["round"])) as bar:
            for i in range(int(state["round"]) + 1, own.rounds + 1):
                found = own._round(data, net, state, run, i)
                if found is None:
                    break
                state = found
                kept.write("rounds", **state)
                bar.update()
        order = state["y"].argsort(descending=True, stable=True)[:n]
        return Result(
            state["x"][order].double().cpu(),
            state["y"][order].double().cpu(),
            {
                "table_rows": int(torch.isin(order.cpu(), (~moved).nonzero()).sum()),
                "rounds_done": int(state["round"]),
            },
        )

    def _round(
        self, data: OfflineData, net: Ensemble, state: dict[str, Any], run: Run, i: int
    ) -> dict[str, Any] | None:
        """The state after round i; None where its acquisition failed, as published."""
        x, y = state["x"].to(run.device), state["y"].to(run.device)
        with undisturbed(seeded(run.seed, _ROUND, i), run.device):
            model = fitted_process(x, y, self.noise, state["process"])
            bounds = torch.stack([data.x.amin(0), data.x.amax(0)]).to(x)
            try:
                points, value = maximised(
                    model,
                    y.max(),
                    bounds,
                    q=self.q,
                    samples=self.samples,
                    restarts=self.restarts,
                    raw_samples=self.raw_samples,
                    batch_limit=self.batch_limit,
                    iterations=self.iterations,
                )
            except RuntimeError as error:
                if self.as_published:
                    return None
                raise TorchBDIError(
                    f"BOqEI: the acquisition of round {i} failed ({error}). Another seed may not, "
                    "and as_published=True ends the rounds there."
                ) from error
        points = data.space.project(points.double().cpu(), relax=True).to(x)
        labels = net.mean(points.float())
        noise = torch.randn(len(points), generator=seeded(run.seed, _NOISE, i)).to(labels)
        run.log(
            self.ensemble_epochs + i,
            **{"acquisition": float(value), "predicted/mean": float(labels.mean())},
        )
        labels = (labels + self.noise * noise).to(y)
        process = {
            "mean": model.mean_module.state_dict(),
            "covariance": model.covar_module.state_dict(),
        }
        x, y = torch.cat([x, points]), torch.cat([y, labels])
        return {"round": i, "x": x, "y": y, "process": process}


def rows_within(
    data: OfflineData, rows: Tensor, judge: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of the table, moved to where the space lets designs be.

    Args:
        data: the table.
        rows: which, (n,).
        judge: gives scores (n,) of designs (n, D).

    Returns:
        Designs, (n, D); their labels, (n,): the table's, and the judge's of those that were moved
        farther than rounding of the table does; and which these are, (n,) bool.
    """
    x = data.space.project(data.x[rows], relax=True)
    moved = (x - data.x[rows]).abs().amax(1) > _ROUNDED
    return x, torch.where(moved, judge(x).to(data.y), data.y[rows]), moved
