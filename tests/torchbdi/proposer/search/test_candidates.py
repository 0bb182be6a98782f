"""New designs to choose among: all of a small space, and neighbours of what is known."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from proposer_problems import problem, proposed
from proposer_tables import told

from torchbdi.proposer.search.candidates import candidates
from torchbdi.search import maximise

Rows = list[list[str]]


def catalysts(count: int = 12) -> Rows:
    """Part of the grid of catalysts, temperatures and pressures."""
    rng = np.random.default_rng(1)
    rows = [["cat", "temp", "pressure", "yield"]]
    for i, temp, pressure in itertools.product(range(count), (10, 20, 30, 40), (1, 2, 3)):
        if rng.uniform() < 0.6:
            score = 10 - 0.8 * i - ((temp - 22) / 10) ** 2 + pressure + rng.normal() * 0.05
            rows.append([f"cat{i:02d}", str(temp), str(pressure), f"{score:.3f}"])
    return rows


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "words",
    [
        ["--fix", "cat"], ["--fix", "cat", "--fix", "temp"],
        ["--fix", "temp", "--rule", "temp+pressure<=32"], ["--fix", "cat", "--fix", "pressure=2"],
    ],
)  # fmt: skip
def test_all_new_designs_are_there_where_columns_keep_known_values(
    words: list[str], tmp_path: Path
) -> None:
    """Not those of the eight best catalysts alone, and the number that is told is theirs."""
    rows = catalysts()
    known = {tuple(row[:3]) for row in rows[1:]}
    every = itertools.product(sorted({row[0] for row in rows[1:]}), ("10", "20", "30", "40"), "123")
    left = {design for design in every if design not in known}
    if "temp" in words and "cat" in words:
        left = {design for design in left if any(design[:2] == own[:2] for own in known)}
    if "--rule" in words:
        left = {design for design in left if int(design[1]) + int(design[2]) <= 32}
    if "pressure=2" in words:
        left = {design for design in left if design[2] == "2"}
    p, written = proposed(tmp_path, rows, "-n", "100", *words)
    assert {(row["cat"], row["temp"], row["pressure"]) for row in written} == left
    assert f"There are {len(left)} designs left without a score" in told(p.problem)


@pytest.mark.usefixtures("quick")
def test_where_all_is_known_nothing_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of hundreds of catalysts three have a temperature that was not tried."""
    searched = []

    def counted(*args: Any, **settings: Any) -> Any:
        searched.append(args)
        return maximise(*args, **settings)

    monkeypatch.setattr("torchbdi.proposer.search.candidates.maximise", counted)
    every = [(f"cat{i:02d}", temp) for i in range(30) for temp in (10, 20, 30)]
    left = {("cat07", 20), ("cat15", 10), ("cat28", 30)}
    rows = [["cat", "temp", "yield"]] + [
        [cat, str(temp), f"{int(cat[3:]) / 3 - temp / 9:.2f}"]
        for cat, temp in every
        if (cat, temp) not in left
    ]
    _, written = proposed(tmp_path, rows, "--fix", "cat", "--category", "cat", "-n", "9")
    assert {(row["cat"], int(row["temp"])) for row in written} == left
    assert len(searched) == 3


def test_candidates_lie_around_the_ends_of_ascents() -> None:
    """Of numbers; a beam has its best designs' neighbours already."""
    x = np.random.default_rng(0).uniform(size=(40, 3))
    made = problem({name: x[:, i] for i, name in enumerate("abc")}, -((x - 0.5) ** 2).sum(1))
    space, scale = made.space.space, torch.ones(3, dtype=torch.float64)
    top = space.encode(np.full((1, 3), 0.5))

    def hill(x: torch.Tensor) -> torch.Tensor:
        return -(x - top).square().sum(1)

    found = candidates(hill, space, scale, made.x_l, made.x_l[:5], 8, 0)
    assert found.around is not None and len(found.around) == len(found.x)
    far = (found.x - top).norm(dim=1)
    assert 500 < int(found.around.sum()) < 0.5 * len(found.x)
    assert far[found.around].median() < 0.6 * far[~found.around].median()
    known = torch.cdist(found.x, made.x_l).amin(1)
    assert float(known.min()) >= 0.1


def test_levels_have_no_candidates_around_ends() -> None:
    """A beam's designs lie around its best ones already, and levels apart from each other."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 6, (60, 9))
    made = problem(
        {f"x{i}": x[:, i].astype(float) for i in range(9)}, x.sum(1) + rng.normal(size=60)
    )
    space, scale = made.space.space, torch.ones(9, dtype=torch.float64)
    found = candidates(lambda x: x.sum(1), space, scale, made.x_l, made.x_l[:5], 8, 0)
    assert found.around is None and len(found.x) > 1000
