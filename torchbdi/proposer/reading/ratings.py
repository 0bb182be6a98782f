"""Words in the place of scores: those of scales from the least to the best, and counts."""

from __future__ import annotations

import re
from collections.abc import Collection

_COUNT = re.compile(r"(\d{1,3})( ?/ ?\d+|\D+)")
# Words of scales, from the least to the best; words of one line mean as much.
_SCALE = """
none no false n f fail failed negative neg - inactive absent dead crashed bad \
strongly_disagree very_dissatisfied very_unlikely never not_at_all
disagree dissatisfied unlikely dislike rarely seldom slightly \
terrible very_low worst poor weak low lo slow small trace
neutral undecided neither neither_agree_nor_disagree sometimes occasionally moderately \
fair medium med mid-range moderate mid average intermediate partial ok okay +/- ±
agree satisfied likely like often frequently very \
good high hi strong fast large y yes true t pass passed positive pos + active present alive success
strongly_agree very_satisfied very_likely always extremely \
very_good very_high excellent best great ++
+++
++++
"""
_RANK = {word: rank for rank, line in enumerate(_SCALE.split("\n")) for word in line.split()}


def in_order(words: Collection[str]) -> list[str]:
    """Words of a scale from the least to the best, where all are known; else by the alphabet."""
    known = are_of_scale(words)
    return sorted(words, key=lambda w: ((_rank(w) or 0) if known else 0, w.casefold()))


def are_of_scale(words: Collection[str]) -> bool:
    """Whether the order of words is known."""
    return all(_rank(word) is not None for word in words)


def counts_of(words: Collection[str]) -> dict[str, int]:
    """The number that each word says, in order: 4/10 and 7/10, 3B and 5B, two stars and three.

    Nothing where words end differently or two say the same.
    """
    signs = set("".join(words))
    if len(signs) == 1 and "-" not in signs:  # of these more are worse
        own = {word: len(word) for word in words}
    else:
        parts = {word: _COUNT.fullmatch(word) for word in words}
        if len({part and part[2] for part in parts.values()}) != 1 or None in parts.values():
            return {}
        own = {word: int(part[1]) for word, part in parts.items() if part is not None}
    in_turn = sorted(own, key=own.__getitem__)
    return {word: own[word] for word in in_turn} if len(set(own.values())) == len(own) else {}


def _rank(word: str) -> int | None:
    return _RANK.get("_".join(word.casefold().split()))
