"""Between a person's columns and the space that a search goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...kernels.errors import InputError
from ...space import AtMost, Choice, Linear, Number, Space, sequence
from ...space.columns import Column
from ..columns.column import Classes, Numbers
from ..reading.table import Values


@dataclass(frozen=True)
class DesignSpace:
    """The columns that vary, and the :class:`torchbdi.Space` that they make.

    Attributes:
        columns: those that vary.
        space: fitted to the distinct designs; a sequence has a column a site there.
    """

    columns: tuple[Numbers | Classes, ...]
    space: Space

    @staticmethod
    def fit(
        columns: Sequence[Numbers | Classes],
        values: Mapping[str, Values],
        grids: Mapping[str, Number] | None = None,
        rules: Sequence[Linear] = (),
        at_most: Sequence[AtMost] = (),
    ) -> DesignSpace:
        """Takes mean and standard deviation from distinct designs, each column (N,).

        Args:
            columns: those that vary.
            values: of each, (N,).
            grids: number columns that keep to levels or are kept as logarithms, by name.
            rules: linear rules between columns of numbers.
            at_most: how many of some columns of numbers may be other than 0.

        Raises:
            InputError: no column varies by more than rounding, or nothing meets the rules.
        """
        grids = grids or {}
        made: list[Column] = []
        for column in columns:
            if isinstance(column, Numbers):
                made.append(grids.get(column.name, Number(column.name, column.low, column.high)))
            elif column.sequence:
                made.extend(_sites(column, values[column.name]))
            else:
                made.append(Choice(column.name, column.classes))
        plain = DesignSpace(tuple(columns), Space(tuple(made), tuple(rules), tuple(at_most)))
        raw = plain.raw(values)
        features = plain.space.layout.features(raw)
        if (np.ptp(features, axis=0) <= 1e-12 * np.abs(features).max(0)).all():
            raise InputError(
                "no column varies by more than rounding. Subtract what its values have in common."
            )
        return DesignSpace(plain.columns, plain.space.fit(raw))

    @property
    def column_of(self) -> Tensor:
        """The number of the space's column that every feature belongs to, (D,), those with one."""
        widths = torch.tensor([c.width for c in self.space.columns])
        return torch.repeat_interleave(torch.arange(len(widths)), widths)

    def raw(self, values: Mapping[str, Values]) -> np.ndarray:
        """Designs as the space has them: numbers, and numbers of classes, (n, C)."""
        parts = []
        for column in self.columns:
            own = values[column.name]
            if isinstance(column, Numbers):
                parts.append(own.astype(np.float64)[:, None])
            else:
                parts.append(column.codes(own).astype(np.float64))
        return np.concatenate(parts, axis=1)

    def encode(self, values: Mapping[str, Values]) -> Tensor:
        """Designs as standardised features, (n, D) float64.

        Args:
            values: every column that varies, (n,).
        """
        return self.space.encode(self.raw(values))

    def decode(self, raw: np.ndarray) -> dict[str, Values]:
        """Designs of the space, (n, C), in the person's own columns."""
        out: dict[str, Values] = {}
        at = 0
        for column in self.columns:
            width = 1 if isinstance(column, Numbers) else column.length
            part = raw[:, at : at + width]
            out[column.name] = (
                part[:, 0].astype(np.float64)
                if isinstance(column, Numbers)
                else column.texts(part.astype(np.int64))
            )
            at += width
        return out

    def held(self, values: Mapping[str, float | str]) -> Space:
        """The space in which some columns have a value, to the last digit.

        Args:
            values: of the columns that are held, by name.

        Raises:
            InputError: no design has them.
        """
        columns = list(self.space.columns)
        at = 0
        for column in self.columns:
            width = 1 if isinstance(column, Numbers) else column.length
            if column.name in values:
                value = values[column.name]
                if isinstance(column, Numbers):
                    own, number = columns[at], float(value)
                    assert isinstance(own, Number)
                    columns[at] = replace(
                        own, low=number, high=number, step=None, levels=None, fixed=number
                    )
                else:
                    codes = column.codes(np.array([value], dtype=object))[0]
                    for i, code in enumerate(codes):
                        site = columns[at + i]
                        assert isinstance(site, Choice)
                        columns[at + i] = Choice(site.name, site.classes, site.sequence, int(code))
            at += width
        return self.space.changed(columns)


def _sites(column: Classes, values: Values) -> tuple[Choice, ...]:
    """A column a site; a site with one letter in all rows keeps it."""
    codes = column.codes(values)
    same = (codes == codes[0]).all(0)
    fixed = [int(code) if stays else None for code, stays in zip(codes[0], same, strict=True)]
    return sequence(column.length, column.classes, column.name, fixed)
