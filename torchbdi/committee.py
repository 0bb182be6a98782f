"""Several regressions that are asked together, and what is held against what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from .kernels.zonal.sums import Part
from .posterior import Posterior, factor_of
from .selection import Model, with_constant
from .solved import Prediction, SingleLoss, Summed

Ridges: TypeAlias = Callable[[Model], Sequence[float]]
"""The ridges of a model whose fits are averaged."""


class Committee:
    """The mean of several functions of designs.

    Args:
        members: what is averaged, one or more; committees count as one each.
    """

    def __init__(self, members: Sequence[Summed | Committee]):
        self.members = tuple(members)
        quick = all(member.pairs is not None for member in self.members)
        self.pairs: Callable[..., Tensor] | None = self._pairs if quick else None

    def __call__(self, x: Tensor) -> Tensor:
        """Designs (n, D) to values (n,); differentiable where x asks for it."""
        return torch.stack([member(x) for member in self.members]).mean(0)

    def _pairs(
        self, left: Tensor, right: Sequence[Part], old: Tensor | None, norm: Tensor
    ) -> Tensor:
        """See :class:`torchbdi.kernels.zonal.sums.ZonalSums`."""
        calls = [member.pairs for member in self.members]
        values = [call(left, right, old, norm) for call in calls if call is not None]
        return torch.stack(values).mean(0)


class Cautious:
    """What regressions predict, less the standard deviation of the first one's process.

    Args:
        mean: the prediction.
        posterior: of the first regression, whose designs have its constant feature.
        constant: that feature.
    """

    pairs = None

    def __init__(self, mean: Committee, posterior: Posterior, constant: float):
        self.mean, self.posterior, self.constant = mean, posterior, constant

    def __call__(self, x: Tensor) -> Tensor:
        """Designs (n, D) to values (n,); differentiable where x asks for it."""
        own = self.posterior
        whole = with_constant(x.to(own.x.device), self.constant)
        cross = own.kernel.gram(whole, own.x)
        white = torch.linalg.solve_triangular(own.factor, cross.mT, upper=False)
        variance = (own.kernel.diagonal(whole) - white.square().sum(0)).to(x.device)
        # The root has no slope at 0, where the design is one of the table's.
        return self.mean(x) - (own.scale * variance).clamp_min(1e-12).sqrt()


@dataclass(frozen=True)
class Fitted:
    """Kernel ridge regressions of one table.

    Attributes:
        models: their settings, the most trusted first.
        x: designs, (N, D).
        y: scores, (N,).
        coefficients: (K + ridge I)^-1 y of each, (N,), the mean where it has several ridges.
        added: what each one's ``ridge`` adds to the diagonal of K.
    """

    models: Sequence[Model]
    x: Tensor
    y: Tensor
    coefficients: Sequence[Tensor]
    added: Sequence[float]

    @staticmethod
    @torch.no_grad()
    def of(models: Sequence[Model], ridges: Ridges, x: Tensor, y: Tensor) -> Fitted:
        """Fits by Cholesky factorisation; for a thousand rows or some.

        Args:
            models: their kernels.
            ridges: of each model, on the scale of the trace; coefficients are averaged over them.
            x: designs, (N, D).
            y: scores, (N,).

        Raises:
            NotPositiveDefiniteError: a ridge is too small for equal designs.
        """
        coefficients, added = [], []
        for model in models:
            k = model.covariance()(with_constant(x, model.feature(x.shape[1])))
            size, own = float(k.diagonal().mean()), []
            for ridge in ridges(model):
                adding = ridge * size
                factor = factor_of(k + adding * torch.eye(len(k), dtype=k.dtype), adding)
                own.append(torch.cholesky_solve(y[:, None], factor)[:, 0])
            coefficients.append(torch.stack(own).mean(0))
            added.append(model.ridge * size)
        return Fitted(models, x, y, coefficients, added)

    def to(self, device: torch.device) -> Fitted:
        """The same on a device, which is where what they say is computed."""
        means = [d.to(device) for d in self.coefficients]
        return Fitted(self.models, self.x.to(device), self.y.to(device), means, self.added)

    def mean(self) -> Committee:
        """What they predict."""
        return Committee(
            [
                Prediction(m.covariance(), self.x, d, m.feature(self.x.shape[1]))
                for m, d in zip(self.models, self.coefficients, strict=True)
            ]
        )

    def loss(self, target: float, alpha: float) -> Committee:
        """The loss of BDI of single designs (Eq. 14), with its sign changed."""
        return Committee(
            [
                SingleLoss(
                    m.covariance(), self.x, self.y, d, target=target, alpha=alpha, ridge=m.ridge,
                    constant=m.feature(self.x.shape[1]),
                )
                for m, d in zip(self.models, self.coefficients, strict=True)
            ]
        )  # fmt: skip

    def posterior(self, rows: Tensor) -> Posterior:
        """How far the first one can be off, by the process given some of the rows, (R,)."""
        first = self.models[0]
        x = with_constant(self.x[rows], first.feature(self.x.shape[1]))
        return Posterior(first.covariance(), x, self.y[rows], self.added[0])

    def cautious(self, rows: Tensor) -> Cautious:
        """What they predict, less one standard deviation."""
        return Cautious(self.mean(), self.posterior(rows), self.models[0].feature(self.x.shape[1]))
