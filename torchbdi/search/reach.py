"""A largest distance from the designs of a table, of numbers and of sites."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..inputs import as_float64
from ..kernels.errors import InputError
from ..space import Space
from .mutants import Mutants

AT_ONCE = 1 << 24  # distances that are held together
WIDER = 1.5  # by which a limit of sites grows where there are too few designs within it


@dataclass(frozen=True, eq=False)
class Reach:
    """Where designs may be: no farther than a distance from the nearest of some designs.

    Attributes:
        rows: the designs, (N, D).
        distance: the largest root of the mean squared difference of the features that are numbers,
            in standard deviations.
        sites: the largest Euclidean distance of the features of sites, and the largest number of
            sites that differ. Sites are choices and numbers with levels that no constraint couples
            with others. A design that is farther from all rows is not found. None: no such limit.
        mutants: of ``rows`` and the sites of the space, where somebody has made them; the limits
            are those of ``sites``. None: a search makes them.

    Raises:
        InputError: there are no such designs, or a distance is not above 0.
    """

    rows: Tensor
    distance: float = math.inf
    sites: tuple[float, float] | None = None
    mutants: Mutants | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        rows = as_float64("rows", self.rows).detach().cpu()
        if rows.ndim != 2 or not len(rows) or not torch.isfinite(rows).all():
            raise InputError(f"Reach: rows must be finite, (N, D), got {tuple(rows.shape)}.")
        if not self.distance > 0:
            raise InputError(f"Reach: distance must be above 0, got {self.distance!r}.")
        if self.sites is not None and not min(self.sites) > 0:
            raise InputError(f"Reach: both numbers of sites must be above 0, got {self.sites!r}.")
        object.__setattr__(self, "rows", rows)

    def around(self, rows: Tensor) -> Reach:
        """The same limits around other designs, (N, D)."""
        return replace(self, rows=rows, mutants=None)

    def wider(self) -> Reach:
        """With a limit of sites that is larger by half, for where it leaves too few designs."""
        if self.sites is None:
            return self
        distance, count = (WIDER * most for most in self.sites)
        return replace(self, sites=(distance, math.ceil(count)))

    def pulled(self, x: Tensor, space: Space) -> Tensor:
        """Designs (n, D), those beyond the distance moved straight to the nearest row till there.

        That is the projection onto the union of the balls around the rows. Where rows and designs
        meet bounds and linear constraints, what is between them does.
        """
        apart, nearest = nearest_of(x, self.rows, space)
        share = (self.distance / apart.clamp_min(1e-300)).clamp_max(1.0)[:, None]
        row = self.rows[nearest]
        # Not x + ...: what is near enough keeps its last digit.
        moved = torch.where(share < 1, row + share * (x - row), x)
        return torch.where(space.logits, x, moved)

    def shortened(self, x: Tensor, before: Tensor, space: Space) -> Tensor:
        """Designs on the straight ways from some to others, as far as none goes out of reach.

        Args:
            x: where the ways go, (n, D).
            before: where they begin, (n, D); beyond the distance, too, none goes farther out.
            space: tells which features are numbers.

        Returns:
            (n, D), near the rows that are nearest to where the ways begin.
        """
        apart, nearest = nearest_of(before, self.rows, space)
        number = ~space.logits
        off, way = (before - self.rows[nearest])[:, number], (x - before)[:, number]
        most = apart.clamp_min(self.distance).square() * way.shape[1]
        along, size = (off * way).sum(1), way.square().sum(1).clamp_min(1e-300)
        room = (most - off.square().sum(1)).clamp_min(0)
        share = ((along.square() + size * room).sqrt() - along) / size
        return before + share.clamp(0, 1)[:, None] * (x - before)


def nearest_of(x: Tensor, rows: Tensor, space: Space) -> tuple[Tensor, Tensor]:
    """How far numbers are from the nearest of some designs, and from which.

    Args:
        x: designs, (n, D).
        rows: (N, D).
        space: tells which features are numbers.

    Returns:
        The root of the mean squared difference of the features that are numbers, (n,), and the
        row, (n,).
    """
    at = (~space.logits).nonzero()[:, 0]
    own, others = x[:, at], rows[:, at]
    apart, which = x.new_empty(len(x)), torch.empty(len(x), dtype=torch.int64)
    for part in torch.arange(len(x)).split(max(1, AT_ONCE // len(rows))):
        apart[part], which[part] = torch.cdist(own[part], others).min(1)
    return apart / max(1, len(at)) ** 0.5, which
