"""Sequences of DNA, RNA or protein among texts: which are some, and which only nearly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, names, refused, text, told, with_column

from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.columns.padded import padded_sites
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run
from torchbdi.proposer.reading.sequences import without_caps

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("letters", "length", "end"),
    [("ACGT", 8, ""), ("acgu", 7, ""), ("ACDEFGHIKLMNPQRSTVWY", 10, "*"), ("acdefghiklm", 9, "")],
)
def test_sequences_that_rows_repeat(letters: str, length: int, end: str, tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list(letters), length)) + end for _ in range(15)]
    made, _ = asked(tmp_path, text(with_column("site", [sites[i % 15] for i in range(40)])))
    column = made.columns[0]
    assert isinstance(column, Classes) and column.sequence and column.length == length + len(end)
    alone = text([["site", "yield"], *([sites[i % 15], str(i)] for i in range(40))])
    assert asked(tmp_path, alone)[0].n == 32


def test_letters_of_dna_and_rna_together_are_told(tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list("ACGU" if i % 2 else "ACGT"), 8)) for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("site", sites)))
    assert "T and U both occur" in told(made)


@pytest.mark.parametrize(
    ("letters", "open_letter", "what"),
    [("ACGT", "N", "bases"), ("acgt", "n", "bases"), ("ACGT", "K", "bases"),
     ("ACDEFGHIKL", "X", "amino acids")],
)  # fmt: skip
def test_letters_that_stand_for_several_are_asked_about(
    letters: str, open_letter: str, what: str, tmp_path: Path
) -> None:
    """N is any base, so GGNGG is nothing that can be made."""
    rng = np.random.default_rng(0)
    cells = ["".join(rng.choice(list(letters), 12)) for _ in range(40)]
    made, _ = asked(tmp_path, text(with_column("site", cells)))
    assert "was taken for sequences" in told(made)
    for i in (5, 9):
        cells[i] = cells[i][:3] + open_letter + cells[i][4:]
    message = refused(tmp_path, text(with_column("site", cells)))
    assert f"{open_letter.upper()!r} in {cells[5]!r} (row 7; 2 of 40" in message
    assert what in message
    made, _ = asked(tmp_path, text(with_column("site", cells)), "--sequence", "site")
    assert open_letter.upper() in made.columns[0].classes  # type: ignore[union-attr]


@pytest.mark.parametrize("letters", ["ABCD", "ABCDE", "AGNT", "ADKNRSW", "ACDEFGHIKLMNPQRSTVWY"])
def test_letters_that_stand_for_themselves(letters: str, tmp_path: Path) -> None:
    """B is no open letter among A, C and D, and N is asparagine in a peptide."""
    rng = np.random.default_rng(0)
    cells = ["".join(rng.choice(list(letters), 10)) for _ in range(40)]
    made, _ = asked(tmp_path, text(with_column("site", cells)))
    assert f"was taken for sequences over {letters}" in told(made)


def test_short_names_are_no_sequences_unless_said(tmp_path: Path) -> None:
    codes = [f"solv{'abcdefgh'[i % 8]}{'abcdefgh'[i // 8]}" for i in range(38)] + ["solvaa"] * 2
    content = text(with_column("solvent", codes))
    message = refused(tmp_path, content)
    for option in ("ignore", "category", "sequence"):
        assert f"--{option} solvent" in message
    made, _ = asked(tmp_path, content, "--sequence", "solvent")
    assert isinstance(made.columns[0], Classes) and made.columns[0].sequence


def test_several_sequences_and_letters_in_either_case(tmp_path: Path) -> None:
    rows = [["heavy", "light", "yield"]]
    for _ in range(60):
        heavy, light = ("".join(RNG.choice(list("ACGT"), k)) for k in (8, 6))
        rows.append([heavy.lower() if RNG.random() < 0.5 else heavy, light, f"{RNG.random():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    heavy_column, light_column = made.columns
    assert isinstance(heavy_column, Classes) and isinstance(light_column, Classes)
    assert (heavy_column.classes, heavy_column.length) == (tuple("ACGT"), 8)
    assert (light_column.sequence, light_column.length) == (True, 6)
    assert all(value.isupper() for value in made.values["heavy"])
    assert "written, in upper case" in told(made)


def test_small_letters_of_peptides_may_be_others(tmp_path: Path) -> None:
    rows = [["peptide", "yield"]]
    rows += [["".join(RNG.choice(list("AKLEkd"), 8)), f"{RNG.random():.2f}"] for _ in range(60)]
    assert "D-amino acids" in told(asked(tmp_path, text(rows))[0])
    dna = [["site", "yield"]]
    dna += [["".join(RNG.choice(list("ACGTg"), 8)), row[1]] for row in rows[1:]]
    assert "D-amino acids" not in told(asked(tmp_path, text(dna))[0])


def test_codes_of_digits_are_asked_about(tmp_path: Path) -> None:
    content = text(with_column("genes", ["".join(RNG.choice(list("01"), 6)) for _ in range(40)]))
    message = refused(tmp_path, content)
    for option in ("sequence", "category", "number", "ignore"):
        assert f"--{option} genes" in message
        asked(tmp_path, content, f"--{option}", "genes")


def test_texts_that_are_no_sequences_as_the_others_are(tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list("ACGT"), 9)) for _ in range(40)]
    content = text(with_column("site", [*sites[:6], "ACGT1ACGT", *sites[7:]]))
    message = refused(tmp_path, content)
    assert "'ACGT1ACGT' (row 8)" in message
    for option in ("sequence", "category", "ignore"):
        assert f"--{option} site" in message
        asked(tmp_path, content, f"--{option}", "site")
    made, _ = asked(tmp_path, text(with_column("site", [*sites[:6], "ACGTXACGT", *sites[7:]])))
    assert "All but 'ACGTXACGT' are DNA or RNA" in told(made)
    assert "All but" not in told(asked(tmp_path, text(with_column("site", sites)))[0])


@pytest.mark.parametrize("place", [3, 40])
def test_sequences_alone_in_their_line_are_to_be_chosen_from(place: int, tmp_path: Path) -> None:
    sites = ["".join(np.random.default_rng(i).choice(list("ACGT"), 9)) for i in range(48)]
    rows = [[site, "1.5", f"{i}", f"{i % 7}.5"] for i, site in enumerate(sites[:40])]
    alone = [[site, "", "", ""] for site in sites[40:]]
    content = text([["site", "Tm", "mass", "yield"], *rows[:place], *alone, *rows[place:]])
    made, _ = asked(tmp_path, content, "--ignore", "Tm", "--ignore", "mass")
    assert made.candidates is not None
    assert made.candidates["site"].tolist() == sites[40:]


@pytest.mark.parametrize(
    ("before", "letters", "after", "kept"),
    [
        ("M", "ACDEFGHIKL", "*", "*"), ("Ac-", "ACDEFGHIKL", "-NH2", "-2c"),
        ("", "ACGU", "dTdT", "Td"), ("5'-", "ACGT", "-3'", "'-35"), ("", "xyz", "!", "!"),
        ("", "ACGT", "NNN", "N"), ("", "ACGT", "", ""), ("M", "ACDEF", "W", ""),
        ("TTGTAT", "ACG", "TA", ""), ("MKLVWEDRHQ", "AG", "KSV*", "*"), ("AUUGU", "ACG", "TT", "T"),
    ],
)  # fmt: skip
def test_what_is_no_letter_of_a_choice_stays_where_it_is(
    before: str, letters: str, after: str, kept: str, tmp_path: Path
) -> None:
    """Else proposals have a stop, or a cap, in their middle."""
    sites = [before + "".join(RNG.choice(list(letters), 9)) + after for _ in range(40)]
    content = text(with_column("site", sites))
    made, _ = asked(tmp_path, content, "--sequence", "site")
    column = made.columns[0]
    assert isinstance(column, Classes)
    assert not set(kept) & set(column.classes)
    assert "".join(sorted(set(column.kept.values()))) == kept
    assert ("stays there" in told(made)) == bool(kept)
    codes = column.codes(made.values["site"])
    assert column.texts(codes).tolist() == made.values["site"].tolist()
    assert column.can_be(sites[0]) and not column.can_be(sites[0][:-1] + "?")


def test_signs_between_the_letters_of_dna_stay(tmp_path: Path) -> None:
    codons = ["-".join("".join(RNG.choice(list("ACGT"), 3)) for _ in range(4)) for _ in range(40)]
    made, settings = asked(tmp_path, text(with_column("cds", codons)))
    column = made.columns[0]
    assert isinstance(column, Classes) and column.classes == tuple("ACGT")
    p = run(ready(made, settings), settings, progress=False)
    assert all(text[3::4] == "---" and text.count("-") == 3 for text in p.columns["cds"])


def test_padding_stays_at_the_end_behind_a_cap(tmp_path: Path) -> None:
    own = ["".join(RNG.choice(list("ACDEFGHIKL"), RNG.integers(6, 10))) for _ in range(40)]
    sites = [f"*{text.ljust(9, '-')}" for text in own]
    made, settings = asked(tmp_path, text(with_column("p", sites)), "--sequence", "p")
    problem = ready(made, settings)
    [padded] = padded_sites(problem.space.space, problem.x_l)
    assert padded.ends == ("end",)
    p = run(problem, settings, progress=False)
    assert all(t[0] == "*" and "-" not in t.rstrip("-") for t in p.columns["p"])


@pytest.mark.parametrize(
    ("before", "after", "letters"),
    [("Ac-", "-NH2", "ACDEFGHIKLMNPQRSTVWY"), ("Ac-", "", "ACDEFGHIKLMNPQRSTVWY"),
     ("", "dTdT", "ACGU"), ("", "dTdT", "ACGT")],
)  # fmt: skip
def test_caps_and_overhangs_are_no_names(
    before: str, after: str, letters: str, tmp_path: Path
) -> None:
    """They stay as they are written, and what stands between is a sequence, unasked."""
    rng = np.random.default_rng(0)
    own = [before + "".join(rng.choice(list(letters), 12)) + after for _ in range(40)]
    made, _ = asked(tmp_path, text(with_column("strand", own)))
    assert f"'strand' was taken for sequences over {letters}" in told(made)
    assert made.values["strand"].tolist() == own


def test_variants_of_a_short_peptide_are_sequences(tmp_path: Path) -> None:
    """Some sites are the same in all of them; in abbreviations most are."""
    rng = np.random.default_rng(0)
    own = []
    for i in range(40):
        letters = list("DIQMTQSPSS")
        letters[1 + i % 8] = str(rng.choice(list("AEFGHKLNRVWY")))
        own.append("".join(letters))
    made, _ = asked(tmp_path, text(with_column("chain", own)))
    assert "'chain' was taken for sequences" in told(made)
    names = ["CATALYS" + str(letter) for letter in "ACDEFGHIKLMN"] * 3 + ["CATALYSP"] * 4
    assert "taken for sequences" not in told(asked(tmp_path, text(with_column("c", names)))[0])


def test_abbreviations_with_open_letters_are_names(tmp_path: Path) -> None:
    """No amino acid is called B or X, and names of eight letters can share one."""
    own = ["DAVEPHSS", "CYMPHALS", "DTBPFALS", "PADLLETS", "PDKLDTAS", "MESITYLS", "TRIPHENS"]
    own += ["CATACXIS", "PEPPSIIS", "MANDYPHS", "KITPHSSS"]
    made, _ = asked(tmp_path, text(with_column("lig", [own[i * 7 % 11] for i in range(40)])))
    assert names(made)[0] == "lig"


def test_zeolites_have_no_caps() -> None:
    assert without_caps(["H-BEAT", "H-MFIS"]) == ["H-BEAT", "H-MFIS"]
    assert without_caps(["H-GLKV-OH", "H-AWKV-OH"]) == ["GLKV", "AWKV"]


def test_which_ends_are_cut_off_does_not_depend_on_the_order() -> None:
    """A set of texts has another order each time Python begins."""
    texts = ["AUGCAdTdT", "AUGC-dTdT"]
    assert without_caps(texts) == texts
    assert without_caps(texts[::-1]) == texts[::-1]
