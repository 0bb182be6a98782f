"""What restricts a design beyond its bounds, and restrictions that leave nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, plain, refused, text

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
