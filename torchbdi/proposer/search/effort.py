"""How hard a space is searched, by its size and by how many designs are known."""

from __future__ import annotations

import dataclasses

from torch import Tensor

from ...search import SearchOptions
from ...search.engine import planned_rounds
from ...search.sites import Sites
from ...space import Space
from .seen import with_seen_letters

# The designs predicted highest of a small space that are candidates, at least.
LEADING = 4096
# Spaces of levels alone with at most so many designs are gone through completely; those whose
# levels rules couple, where all of their designs can be candidates.
ENUMERATE, LISTED = 1_000_000, LEADING
OPTIONS = SearchOptions(width=64, rounds=20, pairs=32, restarts=1, starts=64, steps=60)
# Ascents and beams begin nothing new after so many values of the kernel, or evaluations.
NUMBERS, FEWEST_EVALUATIONS, MOST_EVALUATIONS = 1e9, 20_000, 2_000_000
# Above so many known designs ascents take fewer steps, but so many at least.
MANY, FEWEST_STEPS = 6000, 20


def options_for(space: Space, known: int) -> SearchOptions:
    """How hard to look where so many designs are known: an evaluation costs as many numbers."""
    budget = int(min(MOST_EVALUATIONS, max(FEWEST_EVALUATIONS, NUMBERS / known)))
    steps = min(OPTIONS.steps, max(FEWEST_STEPS, OPTIONS.steps * MANY // known))
    few = ENUMERATE if Sites(space).whole else LISTED
    return dataclasses.replace(OPTIONS, enumerate=few, budget=budget, steps=steps)


def rounds(space: Space, known: Tensor, n: int) -> int:
    """How many rounds a search tells of at most, if new letters need not stand anywhere.

    Args:
        space: what a design may be.
        known: features of the known designs, (N, D).
        n: how many designs will be chosen.
    """
    space = with_seen_letters(space.boxed(), known)
    return planned_rounds(space, options_for(space, 1), n)
