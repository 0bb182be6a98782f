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


def test_genes_of_one_protein_are_told(tmp_path: Path) -> None:
    """A search over letters makes another protein."""
    rng = np.random.default_rng(1)
    codons = ("GCT GCC GCA GCG", "AAA AAG", "CTG CTC TTA", "TCT AGC TCA", "GGT GGC", "GAA GAG")
    genes = ["ATG" + "".join(rng.choice(own.split()) for own in codons) for _ in range(40)]
    for ahead, where in (("", ""), ("TT", " from letter 3 on")):
        rows = [[f"{ahead}{gene}", f"{rng.normal():.2f}"] for gene in genes]
        remarks = told(asked(tmp_path, text([["gene", "yield"], *rows]))[0])
        assert f"'gene' translate to MAKLSGE{where}, and proposals do not keep" in remarks
    places = [[gene[i : i + 3] for i in range(3, 21, 3)] for gene in genes]
    rows = [[*own, f"{rng.normal():.2f}"] for own in places]
    made, _ = asked(tmp_path, text([[*"abcdef", "yield"], *rows]))
    assert {c.name: set(c.classes) for c in made.columns}["a"] == set(codons[0].split())
    any_site = told(asked(tmp_path, beside(SITES, SITES), "--ignore", "second")[0])
    assert "translate to" not in any_site
