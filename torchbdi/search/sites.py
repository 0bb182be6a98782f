"""The columns of a space that have levels, as numbers of levels and as features."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..kernels.zonal.sums import Part
from ..space import Choice, Number, Space

MANY_LEVELS = 256  # a column of numbers with more levels is searched as numbers


class Levels:
    """Levels of some columns, as features.

    Args:
        parts: of every site, its features and their values for every level (k, w).
        numbers: of the levels in the space that they are some of, (A,); None where they are all.

    Attributes:
        parts: as given, as :class:`ZonalSums` takes them.
        sizes: levels of each site, (S,).
        offset: number of the first level of each, (S,).
        levels: how many there are in all, A.
        numbers: as given, or 0 to A - 1.
        site: of every level the number of its site, (A,).
        level: of every level its place within its site, (A,).
        square: squared length of the features of every level, (A,).
    """

    def __init__(self, parts: Sequence[Part], numbers: Tensor | None = None):
        self.parts = list(parts)
        self.sizes = torch.tensor([len(t) for _, t in self.parts], dtype=torch.int64)
        self.offset = torch.cumsum(self.sizes, 0) - self.sizes
        self.levels = int(self.sizes.sum())
        self.numbers = torch.arange(self.levels) if numbers is None else numbers
        self.site = torch.repeat_interleave(torch.arange(len(self.parts)), self.sizes)
        self.level = torch.arange(self.levels) - self.offset[self.site]
        squares = [t.square().sum(1) for _, t in self.parts]
        self.square = torch.cat(squares) if squares else torch.zeros(0, dtype=torch.float64)

    def __len__(self) -> int:
        return len(self.parts)

    def put(self, x: Tensor, codes: Tensor) -> Tensor:
        """Designs with these levels, all else as in x: (n, S) and (n, D) or (D,) to (n, D)."""
        out = x.expand(len(codes), -1).clone()
        for s, (part, table) in enumerate(self.parts):
            out[:, part] = table[codes[:, s]]
        return out

    def some(self, numbers: Tensor) -> Levels:
        """Those of some numbers (A',) alone, which ascend; sites that have none are left out."""
        site, level = self.site[numbers], self.level[numbers]
        parts = [
            (self.parts[s][0], self.parts[s][1][level[site == s]]) for s in site.unique().tolist()
        ]
        return Levels(parts, self.numbers[numbers])


class Sites(Levels):
    """The columns that a search changes level by level: S of them, with A levels in all.

    They are the choices and the numbers with at most 256 levels, where they are free and no
    constraint couples them with others.

    Args:
        space: what a design may be.

    Attributes:
        columns: their positions among the columns of the space.
        coupled: the names of columns that constraints couple, or limits of what is present.
    """

    def __init__(self, space: Space):
        self.space = space
        self.coupled = {name for rule in space.constraints for name in rule.coefficients}
        self.coupled |= {name for rule in space.at_most for name in rule.names}
        self.columns: list[int] = []
        self.grids: list[Tensor | None] = []
        parts: list[Part] = []
        assert space.mean is not None
        assert space.std is not None
        mean, std = torch.from_numpy(space.mean), torch.from_numpy(space.std)
        starts = space.layout.starts
        tables = {len(t): torch.from_numpy(t) for _, _, t in space.layout.choices}
        for i, column in enumerate(space.columns):
            if column.fixed is not None or column.name in self.coupled:
                continue
            part = slice(int(starts[i]), int(starts[i]) + column.width)
            grid = None
            if isinstance(column, Choice):
                own = torch.from_numpy(column.grid())
                if len(own) < 2:
                    continue
                grid = None if column.levels is None else own
                feature = tables[len(column.classes)][own]
            elif column.discrete and len(column.grid()) <= MANY_LEVELS:
                grid = torch.from_numpy(column.grid())
                feature = ((grid + column.offset).log10() if column.log else grid)[:, None]
            else:
                continue
            self.columns.append(i)
            self.grids.append(grid)
            parts.append((part, (feature - mean[part]) / std[part]))
        super().__init__(parts)
        generator = torch.Generator().manual_seed(0x5EED)
        low, high = torch.iinfo(torch.int64).min, torch.iinfo(torch.int64).max
        # Sums of random 64-bit numbers tell sets of levels apart (Zobrist 1970).
        self.codeword = torch.randint(low, high, (self.levels,), generator=generator)

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
            if c.fixed is None and (isinstance(c, Number) or len(c.grid()) > 1)
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

    def keys(self, codes: Tensor) -> Tensor:
        """A number for each set of levels, (n, S) to (n,); two have one by a chance of 2^-64."""
        return self.codeword[codes + self.offset].sum(1)
