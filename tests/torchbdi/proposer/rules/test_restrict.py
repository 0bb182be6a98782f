"""What restricts a design beyond its bounds, and restrictions that leave nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_tables import asked, plain, refused, text, told

from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.settings import Settings

RNG = np.random.default_rng(0)


def test_a_part_cannot_be_absent_below_its_bounds(tmp_path: Path) -> None:
    words = ("--at-most", "2 of temp,time,conc", "--bounds", "time=10:50")
    message = refused(tmp_path, text(plain()), *words)
    assert "at-most: column 'time' may be absent, but its bounds begin at 10" in message
    assert "--bounds time=0:50" in message
    words = ("--at-most", "2 of temp,time,conc least 10", "--bounds", "time=0:50")
    made, _ = asked(tmp_path, text(plain()), *words, "--bounds", "conc=0:20")
    assert made.at_most[0].least == 10


def test_a_least_amount_is_offered_only_where_all_parts_reach_it(tmp_path: Path) -> None:
    rule = "1 of temp,conc"
    message = refused(tmp_path, text(plain()), "--at-most", rule, "--bounds", "temp=30:")
    assert "--bounds temp=0:)" in message and "least" not in message
    asked(tmp_path, text(plain()), "--at-most", rule, "--bounds", "temp=0:")
    message = refused(tmp_path, text(plain()), "--at-most", rule, "--bounds", "conc=0.5:")
    assert "--bounds conc=0:)" in message and "'least 0.5'" in message
    asked(tmp_path, text(plain()), "--at-most", f"{rule} least 0.5", "--bounds", "conc=0:")


def doses(n: int = 60) -> list[list[str]]:
    """Three parts in steps of 10 that begin at 5, and a score; two of the parts are in each row."""
    rng = np.random.default_rng(0)
    rows = [["a", "b", "c", "t", "yield"]]
    for i in range(n):
        own = rng.integers(0, 15, 3) * 10 + 5
        own[i % 3] *= i % 2
        rows.append([*map(str, own), f"{rng.uniform():.2f}", f"{own[0] - own[1] / 2:.1f}"])
    return rows


@pytest.mark.parametrize("words", [(), ("--step", "a=10", "--step", "b=10", "--step", "c=10")])
def test_a_part_that_may_be_absent_keeps_its_steps(words: tuple[str, ...], tmp_path: Path) -> None:
    """62.4914573 was proposed, since 0 is none of 5, 15, 25 and so on."""
    rows = [row for row in doses() if "0" not in row[:3]]
    made, _ = asked(tmp_path, text(rows), "--at-most", "2 of a,b,c", *words)
    assert made.grids["a"].number.grid().tolist() == [0, *range(5, 146, 10)]
    assert "Column 'a' is 0, or keeps to steps of 10." in told(made)
    problem = ready(made, Settings())
    drawn = problem.design_space.sample(50, torch.Generator().manual_seed(0))
    amounts = problem.design_space.decode(drawn)[:, :3]
    assert ((amounts == 0) | (amounts % 10 == 5)).all() and ((amounts > 0).sum(1) <= 2).all()


def parts(n: int = 40) -> str:
    x = np.random.default_rng(0).dirichlet(np.ones(3), n)
    lines = [f"{a:.3f},{b:.3f},{c:.3f},{a - b * c:.3f}" for a, b, c in x]
    return "\n".join(["A,B,C,yield", *lines]) + "\n"


def test_fixed_parts_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, parts(), "--fix", "A", "--fix", "B")
    assert "what is not fixed ('C') follows from A + B + C = 1" in message
    asked(tmp_path, parts(), "--fix", "A")
    message = refused(tmp_path, text(plain()), "--step", "temp=500")
    assert "step: column 'temp' has no two values in steps of 500 from" in message
    message = refused(tmp_path, text(plain()), "--at-most", "1 of temp,time least 500")
    assert "never has 500 at least" in message


def test_what_is_the_same_in_every_row_counts_in_rules(tmp_path: Path) -> None:
    rows = [["w", "a", "b", "yield"]]
    rows += [["10", f"{a:.1f}", f"{90 - a:.1f}", f"{a:.0f}"] for a in RNG.uniform(0, 90, 40)]
    made, _ = asked(tmp_path, text(rows), "--sum", "a+b+w=100", "--rule", "a+2*w<=60")
    assert [str(rule) for rule in made.rules[:2]] == ["a + b = 90", "a <= 40"]
    asked(tmp_path, text(rows), "--fix", "w=10")
    assert "the same in every row (10)" in refused(tmp_path, text(rows), "--fix", "w=11")
    assert "the same in every row" in refused(tmp_path, text(rows), "--rule", "2*w<=5")
