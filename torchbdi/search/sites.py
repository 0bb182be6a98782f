"""The columns of a space that have levels, as numbers of levels and as features."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..space import Choice, Number, Space

MANY_LEVELS = 256  # a column of numbers with more levels is searched as numbers


class Sites:
    """The columns that a search changes level by level: S of them, with A levels in all.

    They are the choices and the numbers with at most 256 levels, where they are free and no
    constraint couples them with others.

    Args:
        space: what a design may be.

    Attributes:
        columns: their positions among the columns of the space.
        sizes: levels of each, (S,).
        offset: number of the first level of each, (S,).
        site: of every level the number of its site, (A,).
        level: of every level its place within its site, (A,).
        parts: features and their values for every level, as :class:`ZonalSums` takes them.
        square: squared length of the features of every level, (A,).
    """

    def __init__(self, space: Space):
        self.space = space
        coupled = {name for rule in space.constraints for name in rule.coefficients}
        coupled |= {name for rule in space.at_most for name in rule.names}
        self.columns: list[int] = []
        self.parts: list[tuple[slice, Tensor]] = []
        self.grids: list[Tensor | None] = []
        assert space.mean is not None
        assert space.std is not None
        mean, std = torch.from_numpy(space.mean), torch.from_numpy(space.std)
        starts = space.layout.starts
        tables = {len(t): torch.from_numpy(t) for _, _, t in space.layout.choices}
        for i, column in enumerate(space.columns):
            if column.fixed is not None or column.name in coupled:
                continue
            part = slice(int(starts[i]), int(starts[i]) + column.width)
            if isinstance(column, Choice):
                if len(column.classes) > 1:
                    table = tables[len(column.classes)]
                    self._add(i, part, (table - mean[part]) / std[part], None)
            elif column.discrete and len(column.grid()) <= MANY_LEVELS:
                grid = torch.from_numpy(column.grid())
                feature = (grid.log10() if column.log else grid)[:, None]
                self._add(i, part, (feature - mean[part]) / std[part], grid)
        self.sizes = torch.tensor([len(t) for _, t in self.parts], dtype=torch.int64)
        self.offset = torch.cumsum(self.sizes, 0) - self.sizes
        self.levels = int(self.sizes.sum())
        self.site = torch.repeat_interleave(torch.arange(len(self.parts)), self.sizes)
        self.level = torch.arange(self.levels) - self.offset[self.site]
        squares = [t.square().sum(1) for _, t in self.parts]
        self.square = torch.cat(squares) if squares else torch.zeros(0, dtype=torch.float64)
        generator = torch.Generator().manual_seed(0x5EED)
        low, high = torch.iinfo(torch.int64).min, torch.iinfo(torch.int64).max
        # Sums of random 64-bit numbers tell sets of levels apart (Zobrist 1970).
        self.codeword = torch.randint(low, high, (self.levels,), generator=generator)

    def _add(self, column: int, part: slice, table: Tensor, grid: Tensor | None) -> None:
        self.columns.append(column)
        self.parts.append((part, table))
        self.grids.append(grid)

    def __len__(self) -> int:
        return len(self.parts)

    @property
    def count(self) -> int:
        """How many sets of levels there are."""
        return math.prod(self.sizes.tolist())

    @property
    def whole(self) -> bool:
        """Whether the sites are all that is free in a design."""
        free = [
            i
            for i, c in enumerate(self.space.columns)
            if c.fixed is None and (isinstance(c, Number) or len(c.classes) > 1)
        ]
        return free == self.columns

    def codes(self, x: Tensor) -> Tensor:
        """The levels of designs (n, D), (n, S) int64."""
        raw = torch.from_numpy(self.space.decode(x))
        out = torch.empty(len(x), len(self), dtype=torch.int64)
        for s, (column, grid) in enumerate(zip(self.columns, self.grids, strict=True)):
            own = raw[:, column]
            out[:, s] = own if grid is None else torch.searchsorted(grid, own - 1e-12 * own.abs())
        return out.clamp_(max=self.sizes - 1) if len(self) else out

    def put(self, x: Tensor, codes: Tensor) -> Tensor:
        """Designs with these levels, all else as in x: (n, S) and (n, D) or (D,) to (n, D)."""
        out = x.expand(len(codes), -1).clone()
        for s, (part, table) in enumerate(self.parts):
            out[:, part] = table[codes[:, s]]
        return out

    def keys(self, codes: Tensor) -> Tensor:
        """A number for each set of levels, (n, S) to (n,); two have one by a chance of 2^-64."""
        return self.codeword[codes + self.offset].sum(1)
