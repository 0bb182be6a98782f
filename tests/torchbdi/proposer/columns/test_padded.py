"""Sequences padded with '-' to equal length: proposals have the padding where the table has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_quick import be_quick
from proposer_tables import asked, text, told

import torchbdi
from torchbdi.proposer.columns.padded import padded_sites, with_padding
from torchbdi.proposer.reading.sequences import padded_at
from torchbdi.space import Space, sequence

RNG = np.random.default_rng(0)


def test_where_sequences_are_padded() -> None:
    assert padded_at(["ACG-", "AC--", "ACGT"]) == ("end",)
    assert padded_at(["-ACG", "--AC", "ACGT"]) == ("start",)
    assert padded_at(["-ACG", "AC--"]) == ("start", "end")
    assert padded_at(["A-CG", "AC--"]) == padded_at(["ACGT"]) == ()
    assert padded_at(["+--", "-+-", "--+", "+++"]) == ()


@pytest.mark.parametrize("ends", [("end",), ("start",), ("start", "end")])
def test_padding_is_moved_to_where_it_belongs(ends: tuple[str, ...]) -> None:
    known = {"end": ["ACG-", "AC--", "CCGT"], "start": ["-ACG", "--AC", "CCGT"]}
    texts = [t for end in ends for t in known[end]]
    place = {letter: i for i, letter in enumerate("-ACGT")}
    raw = np.array([[place[letter] for letter in t] for t in texts])
    space = Space(sequence(4, "-ACGT")).fit(raw)
    padded = padded_sites(space, space.encode(raw))
    assert [own.ends for own in padded] == [ends]
    every = np.stack(np.meshgrid(*[np.arange(5)] * 4), -1).reshape(-1, 4)
    made = space.decode(with_padding(space.encode(every), space, padded))
    written = {"".join("-ACGT"[i] for i in row) for row in made}
    allowed = {"".join("-ACGT"[i] for i in row) for row in every}
    allowed = {
        t for t in allowed
        if "-" not in t.strip("-") and t != "----"
        and ("start" in ends or t[0] != "-") and ("end" in ends or t[-1] != "-")
    }  # fmt: skip
    assert written == allowed


def test_gaps_of_an_alignment_and_fixed_sequences_are_left_alone() -> None:
    raw = np.array([[1, 0, 2, 0], [1, 2, 0, 0], [1, 2, 2, 2]])
    space = Space(sequence(4, "-AC")).fit(raw)
    x = space.encode(raw)
    assert not padded_sites(space, x)
    assert with_padding(x, space, []) is x
    fixed = Space(sequence(4, "-AC", fixed=[1, 2, 0, 0])).fit(raw[1:])
    assert not padded_sites(fixed, fixed.encode(raw[1:]))


def lengths(count: int, most: int = 8) -> list[str]:
    return ["".join(RNG.choice(list("ACGT"), k)) for k in RNG.integers(4, most + 1, count)]


@pytest.mark.parametrize("most", [6, 14])
def test_no_proposal_has_a_gap_inside(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """C lowers the score and a gap does not: one in its place would be predicted to be good."""
    be_quick(monkeypatch.setattr)
    short = lengths(60, most)
    y = torch.tensor([t.count("G") - 2.0 * t.count("C") for t in short])
    x = np.array([t.ljust(most, "-") for t in short])
    proposals = torchbdi.propose(x, y, n=12, progress=False)
    assert len(proposals.columns["sequence"]) == 12
    for own in proposals.columns["sequence"]:
        assert "-" not in own.rstrip("-")


def test_padding_is_told(tmp_path: Path) -> None:
    rows = [["site", "yield"], *([t.ljust(8, "-"), str(t.count("G"))] for t in lengths(60))]
    assert "Column 'site' is padded with '-' at the end" in told(asked(tmp_path, text(rows))[0])
