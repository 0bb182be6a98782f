"""What to hope for from some proposals: the best known score, and how many may be better."""

from __future__ import annotations

import numpy as np

from .digits import figures, places_of
from .model.problem import Problem
from .reading.ways import Ways, listed
from .rules.count import freed
from .settings import Settings
from .within import within_limits


def outlook(
    known: Problem,
    settings: Settings,
    predicted: np.ndarray,
    unknown: np.ndarray,
    to_choose: bool,
) -> str:
    """The best known score, and how many proposals are predicted above it, in a sentence.

    Args:
        known: the table as it was understood.
        settings: the person's choices.
        predicted: scores of the proposals, (n,).
        unknown: which of them say nothing, (n,).
        to_choose: whether proposals are rows of the table, which have no score yet.
    """
    order, kept = known.best(), within_limits(known, settings)
    first = order[0]
    best = order[kept[order]][0] if kept.any() else first
    sign = -1 if settings.minimize else 1
    better = sign * predicted > sign * known.taken[best]
    above = int((better & ~unknown).sum())
    side = "below" if settings.minimize else "above"
    counts, most = "", places_of(known.scores)
    if known.taken[best] != known.scores[best]:
        counts = f", which counts as {figures(known.taken[best], most)}"
    where = ""
    if not kept.any():
        where = ", but no known design keeps the limits that were given"
    elif best != first:
        where = (
            ", of the designs that keep the limits that were given "
            f"({figures(known.scores[first], most)} in row {known.rows[first]} does not)"
        )
    if known.limits is not None and known.taken[best] == known.limits[0 if sign < 0 else 1]:
        return (
            f"The best known {known.score} is {figures(known.scores[best], most)} (row "
            f"{known.rows[best]}){where}, the better one of its two values: no prediction "
            f"can lie {side} it."
        )
    text = (
        f"The best known {known.score} is {figures(known.scores[best], most)} "
        f"(row {known.rows[best]}){counts}{where}; {above} of {len(predicted)} proposals "
        f"{'is' if above == 1 else 'are'} predicted {side} it.{_unknown_told(unknown)}"
    )
    if not above and not unknown.all() and kept.any():
        whom = "the others" if unknown.any() else "them"
        text += (
            f" Warning: none of {whom} is expected to be better than what is known; making "
            "them would teach the model, and little more."
        )
        if not to_choose:  # rows without a score are as they are, levels or not
            text += _levels_told(known, settings)
    return text


def _unknown_told(unknown: np.ndarray) -> str:
    """How many proposals (n,) are called unknown, and why; "" where none."""
    count = int(unknown.sum())
    if not count:
        return ""
    return (
        f" {count} of {len(unknown)} {'is' if count == 1 else 'are'} not counted there and called "
        "unknown: the prediction or its error reaches so far beyond the known scores that only a "
        "measurement can tell."
    )


def _levels_told(problem: Problem, settings: Settings) -> str:
    """Which numbers keep to levels, between which something better may lie; "" where none."""
    names = [
        name for name, grid in problem.grids.items()
        if grid.kind == "levels" and name not in settings.fix
    ]  # fmt: skip
    if not names:
        return ""
    way = freed(names, problem.rules, Ways(problem.table.typed))
    return (
        f" Something better may lie between the levels of the table, to which {listed(names)} "
        f"keep{'s' if len(names) == 1 else ''} (to give that up: {way})."
    )
