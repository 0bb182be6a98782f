"""All designs of a space whose levels are coupled by rules, where they are few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..space import Choice, Column, Space
from .objective import Counted
from .pool import Pool
from .sites import Sites

AT_ONCE = 1 << 20  # beginnings of designs that are looked at together
EVALUATED = 1 << 14  # designs that are evaluated between two writes of a state
SLACK = 1e-6  # of a rule's terms: what a beginning may miss it by, :meth:`Space.allowed` decides


class Listing:
    """Designs by the numbers of their levels.

    Attributes:
        levels: (K, C), int32.
        grids: of every column its raw values, or the numbers of its classes, (L,).
    """

    def __init__(self, levels: np.ndarray, grids: list[np.ndarray]):
        self.levels, self.grids = levels, grids

    def __len__(self) -> int:
        return len(self.levels)

    def raw(self, first: int, last: int) -> np.ndarray:
        """Raw designs (last - first, C)."""
        own = self.levels[first:last].T
        return np.stack([grid[at] for grid, at in zip(self.grids, own, strict=True)], axis=1)

    @property
    def batches(self) -> int:
        """How many batches :meth:`evaluate` makes."""
        return -(-len(self) // EVALUATED)

    def evaluate(
        self, f: Counted, space: Space, pool: Pool, begin: int, after: Callable[[int], None]
    ) -> None:
        """Evaluates every design.

        Args:
            f: what is maximised.
            space: of the designs.
            pool: receives the best.
            begin: designs that are done already.
            after: called with the number of designs that are done.
        """
        for first in range(begin, len(self), EVALUATED):
            x = space.encode(self.raw(first, first + EVALUATED))
            value = f(x)
            best = torch.argsort(value, descending=True, stable=True)[: pool.size]
            pool.add(x[best], value[best], first + best)
            after(first + len(x))


def size(space: Space, most: int) -> int | None:
    """How many designs a fitted space has; None where that is more, or may be, or has no end."""
    sites = Sites(space)
    if sites.whole:
        return sites.count if sites.count <= most else None
    every = every_design(space, most)
    return None if every is None else len(every)


def every_design(space: Space, most: int) -> Listing | None:
    """All designs that meet bounds, levels and rules, column by column.

    Args:
        space: fitted.
        most: None is returned where there are more, or where they begin in more ways than this.

    Returns:
        None, too, where a column of numbers has no levels.
    """
    found = [_values(column, space) for column in space.columns]
    grids = [grid for grid in found if grid is not None]
    if len(grids) < len(found):
        return None
    rules = _Rules(space, grids)
    levels, sums = np.zeros((1, len(grids)), np.int32), rules.nothing
    for i in rules.order:
        kept, count, step = [], 0, max(1, AT_ONCE // len(grids[i]))
        for first in range(0, len(levels), step):
            part, totals = levels[first : first + step], sums[first : first + step]
            at = np.tile(np.arange(len(grids[i]), dtype=np.int32), len(part))
            totals = totals.repeat(len(grids[i]), 0) + rules.terms[i][at]
            good = rules.can_be_met(i, totals)
            grown = part.repeat(len(grids[i]), 0)[good]
            grown[:, i] = at[good]
            kept.append((grown, totals[good]))
            count += len(grown)
            if count > most:
                return None
        levels, sums = (np.concatenate(each) for each in zip(*kept, strict=True))
    made = Listing(levels, grids)
    fits = [
        space.allowed(space.encode(made.raw(first, first + AT_ONCE))).numpy()
        for first in range(0, len(made), AT_ONCE)
    ]
    return Listing(levels[np.concatenate([np.zeros(0, bool), *fits])], grids)


def _values(column: Column, space: Space) -> np.ndarray | None:
    """What a column can hold; None for any number."""
    if column.fixed is not None:
        return np.array([float(column.fixed)])
    if isinstance(column, Choice):
        return np.arange(len(column.classes), dtype=float)
    if not column.discrete:
        return None
    grid = column.grid()
    least = max((r.least for r in space.at_most if column.name in r.names), default=-np.inf)
    return grid[~_there(grid) | (grid >= least - SLACK * least)] if least > 0 else grid


def _there(grid: np.ndarray) -> np.ndarray:
    """Which levels are other than 0 by more than rounding."""
    there: np.ndarray = np.abs(grid) > SLACK * np.abs(grid).max(initial=0)
    return there


class _Rules:
    """What linear constraints and limits of what is present add up to, column by column.

    Attributes:
        order: of the columns, those that most rules name first.
        terms: what the levels of each column add to every rule, (L, rules).
        nothing: what no column adds, (1, rules).
    """

    def __init__(self, space: Space, grids: list[np.ndarray]):
        linear = [dict(rule.coefficients) for rule in space.constraints]
        names = [*map(set, linear), *(set(rule.names) for rule in space.at_most)]
        self.terms = []
        for name, grid in zip(space.names, grids, strict=True):
            own = [grid * rule.get(name, 0.0) for rule in linear]
            own += [_there(grid) * float(name in rule.names) for rule in space.at_most]
            self.terms.append(np.array(own).reshape(len(names), len(grid)).T)
        ends = [(rule.low, rule.high) for rule in space.constraints]
        ends += [(-np.inf, rule.count) for rule in space.at_most]
        named = [sum(name in own for own in names) for name in space.names]
        self.order = sorted(range(len(grids)), key=lambda i: -named[i])
        self.nothing = np.zeros((1, len(names)))
        size = sum((np.abs(t).max(0) for t in self.terms), np.ones(len(names)))
        self._ends = np.array(ends).reshape(-1, 2).T + np.stack([-SLACK * size, SLACK * size])

    def can_be_met(self, i: int, totals: np.ndarray) -> np.ndarray:
        """Which sums over the columns up to i, (n, rules), the others can complete, (n,) bool."""
        rest = self.order[self.order.index(i) + 1 :]
        least = sum((self.terms[j].min(0) for j in rest), np.zeros(totals.shape[1]))
        most = sum((self.terms[j].max(0) for j in rest), np.zeros(totals.shape[1]))
        low, high = self._ends
        fits: np.ndarray = ((totals + least <= high) & (totals + most >= low)).all(1)
        return fits
