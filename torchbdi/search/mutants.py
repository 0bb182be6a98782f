"""Designs whose sites are near to those of some rows."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor

from ..network import seeded
from .sites import Levels, Sites

AT_ONCE = 1 << 24  # distances that are held together
ROUNDING = 1e-5  # of a squared distance
NEAREST = 512  # rows that the changes of a design are compared with
# Where a model is asked: no farther from a row than this share of the rows is from a tenth of the
# others; beyond hardly anything was tested. The nearest other one would not do, where designs are
# variants of one another in a column.
TESTED, TESTED_ON, NEAR_ONES = 0.99, 1000, 0.1


class Mutants:
    """Designs whose sites are near to those of some rows.

    The squared distance of the features is a sum over sites, of what their levels differ by, as is
    the number of sites that differ; so a change of one site changes each by the difference of two
    numbers of a table.

    Args:
        sites: of the space.
        rows: (N, D); 2 A N numbers are kept for them, A levels of all sites.
        distance: the largest Euclidean distance of the sites' features from the nearest row.
        count: the largest number of sites that differ from the row nearest in that.
    """

    def __init__(
        self, sites: Sites, rows: Tensor, distance: float = math.inf, count: float = math.inf
    ):
        self.sites = sites
        codes = sites.codes(rows).unique(dim=0)
        squares, other = [], []
        for s, (_, table) in enumerate(sites.parts):
            apart = torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist")
            squares.append(apart.square().float()[:, codes[:, s]])
            other.append((torch.arange(len(table))[:, None] != codes[:, s]).float())
        # Of each level from each row's at the site, (A, N): in features, and whether they differ.
        self._tables = torch.cat(squares), torch.cat(other)
        self._most = distance**2 * (1 + ROUNDING), count

    def within(self, distance: float, count: float) -> Mutants:
        """The same rows with other limits."""
        other = copy.copy(self)
        other._most = distance**2 * (1 + ROUNDING), count
        return other

    def allow(self, x: Tensor) -> Tensor:
        """Which designs (n, D) are among them, (n,) bool."""
        out = torch.ones(len(x), dtype=torch.bool)
        for table, most in zip(self._tables, self._most, strict=True):
            for part in self._split(torch.arange(len(x))):
                out[part] &= self._apart(x[part], table).amin(1) <= most
        return out

    def apart(self, x: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """How far some of the rows (R, D) are from others: distances and numbers of sites, (R,).

        Args:
            x: the rows.
            share: of all different other rows; the farthest of so many nearest ones counts.
        """
        others = self._tables[0].shape[1] - 1
        if others < 1:
            return x.new_zeros(len(x)), x.new_zeros(len(x))
        out = torch.empty(2, len(x))
        for i, table in enumerate(self._tables):
            for part in self._split(torch.arange(len(x))):
                # The row itself is the nearest of all.
                k = 1 + max(1, math.ceil(share * others))
                out[i, part] = self._apart(x[part], table).kthvalue(k, dim=1).values.clamp_min(0)
        return out[0].sqrt(), out[1]

    def allow_changes(self, x: Tensor, levels: Levels) -> Tensor:
        """Which changes of one site of designs (B, D) are among them, (B, A) bool.

        All that it allows are among them; of many rows it can miss designs near a row that 512
        others were nearer than before the change.

        Args:
            x: the designs.
            levels: of the space's sites, or some of them; those that are put in.
        """
        codes = self.sites.codes(x) + self.sites.offset
        old = codes[:, self.sites.site[levels.numbers]]
        out = torch.ones(old.shape, dtype=torch.bool)
        for table, most in zip(self._tables, self._most, strict=True):
            # Beyond that no change of one site suffices.
            most_moved = (most + float(table.max())) * (1 + ROUNDING)
            for b, apart in enumerate(self._apart(x, table)):
                near = (apart <= most_moved).nonzero()[:, 0]
                if len(near) > NEAREST:
                    near = apart.topk(NEAREST, largest=False).indices
                elif not len(near):
                    out[b] = False
                    continue
                there = table[:, near]
                moved = apart[near] - there[old[b]] + there[levels.numbers]
                out[b] &= moved.amin(1) <= most
        return out

    def _split(self, at: Tensor) -> tuple[Tensor, ...]:
        return at.split(max(1, AT_ONCE // self._tables[0].shape[1])) if len(at) else ()

    def _apart(self, x: Tensor, table: Tensor) -> Tensor:
        """What designs (n, D) differ by from all rows, (n, N)."""
        marks = torch.zeros(len(x), self.sites.levels)
        return marks.scatter_(1, self.sites.codes(x) + self.sites.offset, 1.0) @ table


def tested(mutants: Mutants, rows: Tensor) -> tuple[float, int] | None:
    """How far from rows (N, D) predictions were tested, in features and in sites.

    None where the rows do not differ at sites that are free.
    """
    some = rows[torch.randperm(len(rows), generator=seeded(0, 1))[:TESTED_ON]]
    apart, count = mutants.apart(some, NEAR_ONES)
    most = float(apart.quantile(TESTED)), math.ceil(float(count.quantile(TESTED)))
    return most if min(most) > 0 else None
