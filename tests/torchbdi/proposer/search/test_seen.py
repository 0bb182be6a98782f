"""Letters of sequences are proposed at the sites at which some known design has them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_problems import proposed

from torchbdi.proposer.search.seen import seen_letters, with_seen
from torchbdi.space import Space, sequence

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


def test_only_what_no_site_has_gives_way() -> None:
    raw = np.array([[0, 1, 2], [1, 1, 0], [2, 0, 1], [0, 3, 3]])
    space = Space(sequence(3, "ACGT")).fit(raw)
    x = space.encode(raw)
    seen = seen_letters(space, x)
    assert {i: codes.tolist() for i, codes in seen.items()} == {0: [0, 1, 2], 1: [0, 1, 3]}
    every = space.encode(np.stack(np.meshgrid(*[np.arange(4)] * 3), -1).reshape(-1, 3))
    made = with_seen(every, space, seen)
    codes = space.decode(made)
    assert {tuple(row) for row in codes} == set(itertools.product([0, 1, 2], [0, 1, 3], range(4)))
    same = (space.decode(every) == codes).all(1)
    assert torch.equal(made[same], every[same])
    assert with_seen(x, space, {}) is x
    fixed = Space(sequence(3, "ACGT", fixed=[0, 1, None])).fit(raw)
    assert not seen_letters(fixed, fixed.encode(raw))
