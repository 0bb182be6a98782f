"""Sequences whose units are written in several letters each."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, refused, text, told, with_column

from torchbdi.proposer.reading.monomers import monomer_of

RNG = np.random.default_rng(0)


def peptides(units: list[str], between: str, length: int = 6, n: int = 40) -> list[str]:
    return [between.join(RNG.choice(units, length)) for _ in range(n)]


@pytest.mark.parametrize(
    ("units", "between"),
    [
        (["Ala", "Gly", "Aib", "Orn"], "-"), (["ALA", "GLY", "VAL"], "-"),
        (["Ala", "Leu", "Val"], ""), (["Ala", "β-Ala", "Dap"], " "),
    ],
)  # fmt: skip
def test_units_of_several_letters_are_no_letters(
    units: list[str], between: str, tmp_path: Path
) -> None:
    """A search over letters makes Aeb of Aib and Leu, which nobody can make."""
    content = text(with_column("peptide", peptides(units, between)))
    said = refused(tmp_path, content, "--sequence", "peptide")
    assert "Give each place a column of its own, or write each unit as one letter" in said
    made, _ = asked(tmp_path, content, "--ignore", "peptide")
    assert made.order == ("temp", "time", "conc")


def test_what_to_do_is_told_where_such_a_column_is_left_out(tmp_path: Path) -> None:
    own = sorted(set(peptides(["Ala", "Gly", "Val", "Leu"], "-", 8, 60)))[:40]
    remark = told(asked(tmp_path, text(with_column("peptide", own)))[0])
    assert "Column 'peptide' has a text of its own in every row" in remark
    assert "have several letters each, such as 'Ala'" in remark
    assert "--sequence peptide" not in remark


def test_other_texts_have_letters() -> None:
    for texts in (
        ["".join(RNG.choice(list("ACGT"), 12)) for _ in range(20)],
        ["-".join("".join(RNG.choice(list("ACGT"), 3)) for _ in range(5)) for _ in range(20)],
        [f"Ac-{''.join(RNG.choice(list('ACDEFGHIKL'), 8))}-NH2" for _ in range(20)],
        ["Sample-Smith-1", "Sample-Jones-2", "Sample-Brown-3"],
        [f"{n}% {m}/{s}" for n in (1, 5) for m in ("Ru", "Pd", "Rh") for s in ("C", "Al2O3")],
        [],
    ):
        assert monomer_of(texts) == ""


def test_one_unit_of_several_letters_is_enough_in_long_texts(tmp_path: Path) -> None:
    """With caps and groups in brackets most of the different units are single letters."""
    own = [f"H-{one}-OH" for one in peptides(["A", "K", "W", "L", "Orn", "K(Ac)"], "-", 8)]
    remark = told(asked(tmp_path, text(with_column("peptide", own)))[0])
    assert "such as 'Orn'" in remark and "--sequence peptide" not in remark
    short = ["-".join(pair) for pair in itertools.product("ABCD", ["E", "F", "Ni"])] * 4
    assert not monomer_of(short)
