"""What belongs to sequences that several designs share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, names, text, told

RNG = np.random.default_rng(0)
GUIDES = ["".join(RNG.choice(list("ACGT"), 12)) for _ in range(12)]
GENES = ["CD33", "NF1", "HPRT"]


def doses(own: list[list[str]], times: int) -> str:
    """Guides with what belongs to them, each at several doses."""
    rows = [["gene", "place", "guide", "dose", "yield"]]
    for at, guide in enumerate(GUIDES):
        for dose in RNG.uniform(1, 9, times):
            rows.append([*own[at], guide, f"{dose:.2f}", f"{RNG.normal():.2f}"])
    return text(rows)


OWN = [[GENES[i % 3], str(107 + 31 * i)] for i in range(12)]


@pytest.mark.parametrize("times", [2, 4])
def test_what_belongs_to_a_sequence_is_told(times: int, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, doses(OWN, times))
    assert "All rows with the same 'guide' have the same 'gene', 'place', and" in told(made)
    assert ("--category guide" in told(made)) == (times == 4)
    if times == 4:
        made, _ = asked(tmp_path, doses(OWN, times), "--category", "guide")
        assert set(made.following) == {"gene", "place"}


def test_a_name_that_a_sequence_follows_from_is_told(tmp_path: Path) -> None:
    """Two strains have one barcode."""
    rows = [["strain", "barcode", "dose", "yield"]]
    for at in range(13):
        for dose in "1234":
            rows.append([f"s{at}", GUIDES[at % 12], dose, f"{RNG.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "All rows with the same 'strain' have the same 'barcode', and" in told(made)


def test_settings_of_sequences_that_stand_once_are_none_of_theirs(tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list("ACGT"), 12)) for _ in range(40)]
    rows = [
        [
            RNG.choice(GENES),
            f"{RNG.integers(9)}",
            site,
            "1" if i % 2 else "2",
            f"{RNG.normal():.2f}",
        ]
        for i, site in enumerate(sites)
    ]
    made, _ = asked(tmp_path, text([["gene", "place", "guide", "dose", "yield"], *rows]))
    assert "All rows with the same" not in told(made)
    assert names(made) == ["gene", "place", "guide", "dose"]
