"""Names for nothing and amounts of 0 that proposals keep together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..columns.column import Classes, class_name
from ..columns.nothing import ROUNDING, Absent, absences
from ..reading.table import Values
from ..settings import Settings
from .restrict import Restricted


def absent_of(
    restricted: Restricted, known: Mapping[str, Values], settings: Settings
) -> Iterator[Absent]:
    """The names for nothing, with their amounts, that proposals have as all designs have them.

    Without those of which the person says that the amount is a number, or fixes both, or fixes the
    name where the amount cannot be 0.

    Args:
        restricted: the columns that vary.
        known: of those columns, at the distinct designs, (N,) each.
        settings: the person's choices.
    """
    ruled = {name for rule in restricted.rules for name in rule.coefficients}
    ruled |= {name for rule in restricted.at_most for name in rule.names} | {*settings.fix}
    sequences = {c.name for c in restricted.columns if isinstance(c, Classes) and c.sequence}
    columns = {name: v for name, v in known.items() if name not in sequences}
    for own in absences(columns):
        number, wanted = restricted.grids[own.amount].number, settings.fix.get(own.name)
        without = wanted is not None and class_name(wanted) in own.nothing
        both = wanted is not None and settings.fix.get(own.amount) is not None
        if own.amount in settings.numbers or both or (without and number.low > 0):
            continue
        if own.least:
            # Where the person's bounds leave out 0, they say how little of it there can be.
            least = min(own.least, number.low) if number.low > 0 else own.least
            grid = number.grid()
            there = grid[(grid > 0) & (grid >= least * (1 - ROUNDING))]
            # What computing has added, 1.2000000000000002, is not told.
            least = float(f"{there[0]:.12g}") if len(there) else min(least, number.high)
            own = replace(own, least=least)
        yield replace(own, ruled=own.amount in ruled)
