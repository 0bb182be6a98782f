"""How hard a search looks."""

from __future__ import annotations

from dataclasses import dataclass

from ..values import whole


@dataclass(frozen=True)
class SearchOptions:
    """How hard a search looks. All counts are limits: what converges earlier stops earlier.

    Attributes:
        enumerate: spaces without numbers and with at most so many designs are gone through
            completely.
        width: designs that a beam goes on from.
        rounds: rounds of a beam, each of which changes every site of every design once; also the
            alternations between sites and numbers where a space has both.
        pairs: of every design the so many best changes of one site that are combined to changes
            of two, once the changes of one have found all they find. 0 leaves that out.
        pair_rounds: how often that is done.
        restarts: further beams, each from random designs and half as wide.
        starts: points that the ascent of numbers begins from, a half of them random; never fewer
            than twice what is asked for.
        steps: steps of an ascent.
        budget: evaluations after which nothing new is begun, but for an enumeration, which goes
            through all designs; None for no such limit.

    Raises:
        InputError: a count is no whole number or negative, or one that must be positive is 0.
    """

    enumerate: int = 1_000_000
    width: int = 128
    rounds: int = 50
    pairs: int = 64
    pair_rounds: int = 1
    restarts: int = 2
    starts: int = 256
    steps: int = 200
    budget: int | None = None

    def __post_init__(self) -> None:
        for name, least in (
            ("enumerate", 0),
            ("width", 1),
            ("rounds", 1),
            ("pairs", 0),
            ("pair_rounds", 0),
            ("restarts", 0),
            ("starts", 1),
            ("steps", 1),
            ("budget", 1),
        ):
            if name != "budget" or self.budget is not None:
                value = whole("SearchOptions", name, getattr(self, name), least)
                object.__setattr__(self, name, value)

    def goes_through(self, count: int, n: int) -> bool:
        """Whether a space of ``count`` designs is gone through completely where n are wanted."""
        return count <= self.most_listed(n)

    def most_listed(self, n: int) -> int:
        """How many designs a space that is gone through may have."""
        return max(self.enumerate, n)
