"""Whether the proposals are many ideas or one: what they share, and how far apart they lie."""

from __future__ import annotations

import numpy as np

from ..columns.column import Numbers
from ..reading.ways import Ways
from ..result import Proposals
from ..search.novelty import APART
from .listing import WIDE
from .writing import written

SHOWN = 12  # columns that are named


def alike_told(p: Proposals) -> str:
    """What all proposals have in common and how far each lies from the next; "" for one alone."""
    if len(p) < 2:
        return ""
    shared, zeros, others = [], 0, []
    wide = len(p.problem.columns) > WIDE
    for column in p.problem.columns:
        own = p.columns[column.name]
        if column.name in p.problem.fixed:
            continue
        if (own != own[0]).any():
            others.append(column.name)
        elif wide and isinstance(column, Numbers) and own[0] == 0:
            zeros += 1
        else:
            text = written(p, column.name)[0] if isinstance(column, Numbers) else own[0]
            shared.append(f"{column.name} {text}")
    if zeros:
        shared.append(f"{zeros} columns 0")
    told = ""
    if shared:
        told = f"All have {_listed(shared)}; they differ in {_listed(others)}. "
    return (
        f"{told}In the median a proposal lies {np.median(p.apart):.3g} from the nearest other one, "
        f"and a known design {np.median(p.quality.gaps):.3g} from its nearest (standard "
        "deviations). If the first is much smaller, the list is nearly one idea with small "
        "changes."
    )


def close_told(p: Proposals) -> str:
    """How many proposals are hardly experiments of their own, and why; "" where none."""
    if not p.close:
        return ""
    return (
        f"{p.close} of {len(p)} proposals {'lies' if p.close == 1 else 'lie'} less than {APART[0]} "
        "standard deviations from a known design or from another proposal: the new designs that "
        "lie farther apart have run out, and of these all were taken, poor ones too. Ask for fewer "
        f"({Ways(p.problem.table.typed)('n', 'NUMBER')})."
    )


def _listed(texts: list[str]) -> str:
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more
