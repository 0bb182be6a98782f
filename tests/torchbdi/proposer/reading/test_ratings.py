"""Words in the place of scores: those of scales from the least to the best, and counts."""

from __future__ import annotations

from torchbdi.proposer.reading.ratings import counts_of


def test_signs_are_counted_where_more_are_better() -> None:
    assert counts_of(["++", "+"]) == {"+": 1, "++": 2}
    assert counts_of(["--", "-"]) == {}
