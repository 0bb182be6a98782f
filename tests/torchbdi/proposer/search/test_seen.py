"""Letters of sequences are proposed at the sites at which some known design has them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from proposer_problems import proposed

from torchbdi.proposer.search.seen import with_seen_letters
from torchbdi.search import maximise
from torchbdi.space import Choice, Space, sequence

SITES = {2: "DEKN", 5: "ACST", 9: "FLWY"}
BACKBONE = list("MKHQRGIPVNMD")


def enzymes(count: int, seed: int = 0) -> list[list[str]]:
    """A header and variants of one protein with four letters at each of three sites."""
    rng = np.random.default_rng(seed)
    worth = {(at, c): rng.normal() for at, own in SITES.items() for c in own}
    every = list(itertools.product(*SITES.values()))
    rows = [["variant", "activity"]]
    for i in rng.permutation(len(every))[:count]:
        text = BACKBONE.copy()
        for at, letter in zip(SITES, every[i], strict=True):
            text[at] = letter
        score = sum(worth[own] for own in zip(SITES, every[i], strict=True))
        rows.append(["".join(text), f"{10 + score + 0.1 * rng.normal():.2f}"])
    return rows


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("count", "others"), [(30, False), (61, True)])
def test_letters_stand_where_they_were_measured(count: int, others: bool, tmp_path: Path) -> None:
    """Others stand there only where too few designs are left without them."""
    rows = enzymes(count)
    words = ["--score", "activity", "-n", "8", "--sequence", "variant"]
    p, _ = proposed(tmp_path, rows, *words)
    made = p.columns["variant"].tolist()
    assert len(made) == 8
    assert not set(made) & {row[0] for row in rows[1:]}
    new = [t for t in made if any(t[at] not in own for at, own in SITES.items())]
    assert bool(new) == others
    assert all(t[at] == BACKBONE[at] for t in made for at in range(12) if at not in SITES)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("count", "n"), [(30, 8), (61, 3), (61, 4)])
def test_new_designs_are_counted_and_searched_for_once(
    count: int, n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of letters that were seen are 64, less the known ones; of all letters 12 ** 3."""
    searched = []

    def counted(*args: Any, **settings: Any) -> Any:
        searched.append(args)
        return maximise(*args, **settings)

    monkeypatch.setattr("torchbdi.proposer.search.candidates.maximise", counted)
    rows = enzymes(count)
    p, _ = proposed(tmp_path, rows, "--score", "activity", "-n", str(n), "--sequence", "variant")
    letters = {c for row in rows[1:] for c in row[0]}
    assert p.unseen == (64 if n <= 64 - count else len(letters) ** 3) - count
    assert len(searched) == 1


@pytest.mark.usefixtures("quick")
def test_padding_that_moves_letters_leaves_them_where_they_were_seen(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    worth = rng.normal(size=(6, 4))
    rows = [["peptide", "activity"]]
    for _ in range(60):
        at = rng.integers(0, 3, 6) + np.arange(6) % 2  # no D at odd places, no A at even ones
        length = rng.integers(3, 7)
        text = "".join("ACDE"[i] for i in at[:length]).ljust(6, "-")
        rows.append([text, f"{worth[range(length), at[:length]].sum():.3f}"])
    words = ["--score", "activity", "-n", "24", "--sequence", "peptide"]
    p, _ = proposed(tmp_path, rows, *words)
    seen = [set(letters) for letters in zip(*(row[0] for row in rows[1:]), strict=True)]
    assert len(p.columns["peptide"]) == 24
    for text in p.columns["peptide"].tolist():
        assert "-" not in text.rstrip("-")
        assert all(letter in own for letter, own in zip(text, seen, strict=True))


def test_sites_keep_the_letters_that_were_seen_there() -> None:
    raw = np.array([[0, 1, 2, 0], [1, 1, 0, 0], [2, 0, 1, 0], [0, 3, 3, 0]])
    columns = (*sequence(3, "ACGT"), Choice("catalyst", tuple("xyz")))
    space = Space(columns).fit(raw)
    x = space.encode(raw)
    made = with_seen_letters(space, x)
    assert [c.grid().tolist() for c in made.columns] == [
        [0, 1, 2], [0, 1, 3], [0, 1, 2, 3], [0, 1, 2],
    ]  # fmt: skip
    assert torch.equal(made.encode(raw), x)
    assert with_seen_letters(made, x) is made
    assert with_seen_letters(made, x[:1]).columns[0] == Choice(
        "sequence[0]", tuple("ACGT"), "sequence", levels=(0,)
    )
    every = Space.sequence(1, "AC").fit(np.array([[0], [1]]))
    assert with_seen_letters(every, every.encode(np.array([[0], [1]]))) is every
    fixed = Space(sequence(3, "ACGT", fixed=[0, 1, None])).fit(raw[:, :3])
    assert with_seen_letters(fixed, fixed.encode(raw[:, :3])) is fixed
