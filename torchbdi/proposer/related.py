"""What columns are of others in all designs, by nothing that proposals keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .columns.column import Classes, Numbers
from .columns.nothing import kept_together
from .columns.remark import told_to_leave_out, told_together
from .reading.ways import Ways
from .rules.counted import counted_remarks
from .rules.crossed import not_crossed
from .rules.foretold import foretold, foretold_remarks
from .rules.looked_up import LookedUp
from .rules.own_ranges import own_range_remarks
from .rules.restrict import Restricted
from .rules.seen_pairs import seen_pair_remarks
from .rules.tabled import tabled
from .scored import Scored
from .settings import Settings

# So many designs are looked at.
MOST_DESIGNS = 2000


def related_remarks(
    scored: Scored, restricted: Restricted, settings: Settings, said: Sequence[str], ways: Ways
) -> list[str]:
    """Says what columns are of others: counts, look-ups, functions, ranges and pairs of their own.

    Args:
        scored: the designs.
        restricted: the columns that vary, and the rules between them.
        settings: the person's choices.
        said: earlier remarks, which are not repeated.
        ways: how options are typed.
    """
    grids = restricted.grids
    own = {name: scored.values[name] for name in unordered(restricted.columns)}
    few = [name for name, grid in grids.items() if grid.kind == "levels"]
    equal = [rule.coefficients for rule in restricted.rules if rule.is_equation]
    # What was told to follow from others, or to go with them, tells nothing by itself.
    follow = told_to_leave_out(said, "equal", "follows")
    own = {name: v for name, v in own.items() if name not in follow}
    stay = {*settings.fix, *settings.numbers, *settings.categories}
    summed = {name for rule in equal for name in rule}
    names, rows = not_crossed(own)
    counts = counted_remarks({n: v[:MOST_DESIGNS] for n, v in own.items()}, stay | summed, ways)
    counted = told_to_leave_out(counts)
    names = [name for name in names if name not in counted]
    some = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_DESIGNS])
    own = {name: own[name][some] for name in names}
    found = tabled(own, stay | summed, said)
    own = {name: v for name, v in own.items() if name not in found}
    logs = {name: grid.number.offset for name, grid in grids.items() if grid.number.log}
    plain = {n: np.log(v + logs[n]) if n in logs else v for n, v in own.items()}
    found |= foretold(plain, few, equal, stay)
    made = {next(iter(rule)) for rule in equal}  # proposals keep to what equations make
    told = made | told_to_leave_out(said)
    found = {
        name: by for name, by in found.items()
        if name not in told and not told_together((name, *by), said, "equal")
    }  # fmt: skip
    remarks = [*counts, *foretold_remarks(found, ways)]
    own = {name: v for name, v in own.items() if name not in found}
    said = [*said, *remarks]
    common = {
        name: (up.of, up(own)) for name, up in restricted.following.items()
        if isinstance(up, LookedUp) and up.of in own
    }  # fmt: skip
    settled = {**settings.bounds, **settings.fix}
    none = kept_together(restricted.absent)
    kept = [*({*rule} for rule in equal), *none]
    remarks += own_range_remarks(own, few, settled, said, ways, common, kept)
    said = [*said, *remarks]
    rules = restricted.rules
    return remarks + seen_pair_remarks(own, few, settings.fix, said, ways, rules, common, none)


def unordered(columns: Sequence[Numbers | Classes]) -> list[str]:
    """Names of the columns that are no sequences."""
    return [c.name for c in columns if isinstance(c, Numbers) or not c.sequence]
