"""All designs of a space whose levels are coupled by rules, where they are few."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..space import Choice, Column, Space
from .objective import BATCH_NUMBERS, Counted
from .pool import Pool
from .sites import Sites

AT_ONCE = 1 << 20  # beginnings of designs that are looked at together
LOOKED_AT = 1 << 27  # beginnings that a column makes at most: seconds
EVALUATED = 1 << 14  # designs that are evaluated between two writes of a state
SLACK = 1e-6  # of a rule's terms: what a beginning may miss it by, :meth:`Space.allowed` decides


class Listing:
    """Designs by the numbers of their levels.

    Attributes:
        space: of the designs, fitted.
        grids: of every column its raw values, or the numbers of its classes, (L,).
        columns: positions of those that have several.
        levels: of these, (K, columns), int32.
    """

    def __init__(
        self, space: Space, grids: list[np.ndarray], columns: list[int], levels: np.ndarray
    ):
        self.space, self.grids, self.columns, self.levels = space, grids, columns, levels

    def __len__(self) -> int:
        return len(self.levels)

    def raw(self, first: int, last: int) -> np.ndarray:
        """Raw designs (last - first, C)."""
        own = self.levels[first:last]
        out = np.tile(np.array([grid[0] for grid in self.grids]), (len(own), 1))
        for i, at in zip(self.columns, own.T, strict=True):
            out[:, i] = self.grids[i][at]
        return out

    @property
    def starts(self) -> range:
        """Where batches of designs begin whose features are held together."""
        return range(0, len(self), max(1, min(EVALUATED, BATCH_NUMBERS // self.space.width)))

    @property
    def batches(self) -> int:
        """How many batches :meth:`evaluate` makes."""
        return len(self.starts)

    def allowed(self) -> np.ndarray:
        """Which of them meet the rules of the space, (K,) bool."""
        fits = [
            self.space.allowed(self.space.encode(self.raw(i, i + self.starts.step))).numpy()
            for i in self.starts
        ]
        return np.concatenate([np.zeros(0, bool), *fits])

    def evaluate(self, f: Counted, pool: Pool, begin: int, after: Callable[[int], None]) -> None:
        """Evaluates every design.

        Args:
            f: what is maximised.
            pool: receives the best.
            begin: designs that are done already.
            after: called with the number of designs that are done.
        """
        step = self.starts.step
        for first in range(begin, len(self), step):
            x = self.space.encode(self.raw(first, first + step))
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
        most: None is returned where there are more, or where they begin in more ways than this, or
            in very many ways that no design follows.

    Returns:
        None, too, where a column of numbers has no levels.
    """
    found = [_values(column, space) for column in space.columns]
    grids = [grid for grid in found if grid is not None]
    if len(grids) < len(found):
        return None
    rules = _Rules(space, grids)
    levels, sums = np.zeros((1, len(rules.order)), np.int32), rules.begun
    for place, i in enumerate(rules.order):
        if len(levels) * len(grids[i]) > LOOKED_AT:
            return None
        kept = [(levels[:0], sums[:0])]
        count, step = 0, max(1, AT_ONCE // len(grids[i]))
        for first in range(0, len(levels), step):
            part, totals = levels[first : first + step], sums[first : first + step]
            at = np.tile(np.arange(len(grids[i]), dtype=np.int32), len(part))
            totals = totals.repeat(len(grids[i]), 0) + rules.terms[i][at]
            good = rules.can_be_met(place, totals)
            grown = part.repeat(len(grids[i]), 0)[good]
            grown[:, place] = at[good]
            kept.append((grown, totals[good]))
            count += len(grown)
            if count > most:
                return None
        levels, sums = (np.concatenate(each) for each in zip(*kept, strict=True))
    made = Listing(space, grids, rules.order, levels)
    return Listing(space, grids, rules.order, levels[made.allowed()])


def _values(column: Column, space: Space) -> np.ndarray | None:
    """What a column can hold; None for any number."""
    if column.fixed is not None:
        return np.array([float(column.fixed)])
    if isinstance(column, Choice):
        return column.grid().astype(float)
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
        order: of the columns that have several levels, those that most rules name first.
        terms: what the levels of each column add to every rule, (L, rules).
        begun: what columns of one level add, (1, rules).
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
        several = [i for i, grid in enumerate(grids) if len(grid) > 1]
        self.order = sorted(several, key=lambda i: -named[i])
        size = sum((np.abs(t).max(0) for t in self.terms), np.ones(len(names)))
        self._ends = np.array(ends).reshape(-1, 2).T + np.stack([-SLACK * size, SLACK * size])
        nothing = np.zeros((1, len(names)))
        self.begun = sum((t for t in self.terms if len(t) == 1), nothing)
        added = [np.stack([self.terms[i].min(0), self.terms[i].max(0)]) for i in self.order]
        rest = [nothing.repeat(2, 0)]
        for own_ends in reversed(added[1:]):
            rest.append(rest[-1] + own_ends)
        self._rest = rest[::-1]

    def can_be_met(self, place: int, totals: np.ndarray) -> np.ndarray:
        """Which sums over the order up to a place, (n, rules), the rest can complete, (n,) bool."""
        (low, high), (least, most) = self._ends, self._rest[place]
        fits: np.ndarray = ((totals + least <= high) & (totals + most >= low)).all(1)
        return fits
