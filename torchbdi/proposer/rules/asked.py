"""The columns that vary, and what a person said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.column import Classes, Numbers
from ..columns.grids import Grid
from ..reading.table import Table, Values
from ..reading.ways import Ways
from ..settings import Settings


@dataclass(frozen=True)
class Asked:
    """The columns that vary, and what a person said of them.

    Attributes:
        table: its rows, with the cells as they came.
        columns: those that vary.
        values: of those columns, (N,) each.
        grids: of those that hold numbers, by name, in the order of the columns.
        given: the rules that the person gave.
        at_most: the rules on how many parts are present.
        settings: the person's other choices.
    """

    table: Table
    columns: Sequence[Numbers | Classes]
    values: Mapping[str, Values]
    grids: Mapping[str, Grid]
    given: Sequence[Linear]
    at_most: Sequence[AtMost]
    settings: Settings

    @property
    def ways(self) -> Ways:
        """How options are typed."""
        return Ways(self.table.typed)

    @property
    def spoken(self) -> set[str]:
        """The columns of which the person said something: they stay part of the design."""
        ruled = {name for rule in self.given for name in rule.coefficients}
        return ruled | self.settings.named | {name for rule in self.at_most for name in rule.names}

    @property
    def bounded(self) -> set[str]:
        """Those of them of which the person gave bounds, and said nothing else."""
        more = replace(self, settings=replace(self.settings, bounds={})).spoken
        return self.settings.bounds.keys() - more

    @property
    def not_free(self) -> dict[str, Values]:
        """The numbers of the columns that may be parts of sums that nobody gave, (N,) each."""
        return {n: self.values[n] for n in self.grids if n not in self.settings.free}
