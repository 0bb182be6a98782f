"""Sequences that follow from other ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text, told

RNG = np.random.default_rng(0)
PAIRS = str.maketrans("ACGT", "TGCA")
SITES = ["".join(RNG.choice(list("ACGT"), 12)) for _ in range(40)]
OTHERS = ["".join(RNG.choice(list("ACGT"), 12)) for _ in range(40)]
CODONS = {"K": "AAA", "R": "CGT", "L": "CTG", "W": "TGG", "D": "GAT"}
PEPTIDES = ["".join(RNG.choice(list("KRLWD"), 8)) for _ in range(40)]
GENES = ["ATG" + "".join(CODONS[one] for one in text) + "TAA" for text in PEPTIDES]


def beside(first: list[str], second: list[str]) -> str:
    rows = [[a, b, f"{RNG.normal():.2f}"] for a, b in zip(first, second, strict=True)]
    return text([["first", "second", "yield"], *rows])


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (SITES, [f"TTGA{s}GG" for s in SITES], "'first' stands letter for letter in 'second'"),
        (SITES, [s.replace("T", "U") for s in SITES], "'second' stands letter for letter in"),
        ([s[3:9] for s in SITES], SITES, "'first' stands letter for letter in 'second'"),
        (SITES, [s.translate(PAIRS)[::-1] for s in SITES], "is the reverse complement of 'first'"),
        (SITES, [s.translate(PAIRS) + "TT" for s in SITES], "'first' is the complement of"),
        (SITES, [s[::-1] for s in SITES], "'second' reads backwards as 'first'"),
        (PEPTIDES, GENES, "'first' is the translation of 'second'"),
    ],
)
def test_sequences_that_follow_are_told(
    first: list[str], second: list[str], what: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, beside(first, second))
    assert what in told(made)
    assert "--ignore first" in told(made) and "--ignore second" in told(made)
    made, _ = asked(tmp_path, beside(first, second), "--ignore", "first")
    assert "proposals do not keep" not in told(made)


@pytest.mark.parametrize(
    "second",
    [
        OTHERS,
        [s[:6] + o[6:] for s, o in zip(SITES, OTHERS, strict=True)],
        [s.translate(PAIRS)[::-1] for s in SITES[1:] + SITES[:1]],
        [*SITES[:-1], OTHERS[-1]],
    ],
)
def test_sequences_that_are_alike_here_and_there_are_not_said_to(
    second: list[str], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, beside(SITES, second))
    assert "proposals do not keep" not in told(made)


def test_names_that_stand_in_a_sequence_are_told(tmp_path: Path) -> None:
    """The PAM behind a guide, of which only the first base varies."""
    bases = [s[-1] for s in SITES]
    rows = beside([f"{s}GG" for s in SITES], [f"{base}GG" for base in bases])
    made, _ = asked(tmp_path, rows)
    assert "Column 'second' stands letter for letter in 'first' in every row" in told(made)
    other = [{"A": "C"}.get(base, base) for base in bases]
    made, _ = asked(tmp_path, beside(SITES, [f"{base}GG" for base in other]))
    assert "proposals do not keep" not in told(made)


def test_names_with_letters_of_other_alphabets_are_no_part_of_a_sequence(tmp_path: Path) -> None:
    """The capitals of ß are two letters."""
    made, _ = asked(tmp_path, beside(SITES, [("weiß", "gelb")[i % 2] for i in range(len(SITES))]))
    assert "proposals do not keep" not in told(made)
