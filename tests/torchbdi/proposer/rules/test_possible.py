"""Whether rules can be met on the steps of their columns, and which steps are given up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told

from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run

ROWS = plain()


def test_steps_that_are_given_are_not_given_up_for_a_sum(tmp_path: Path) -> None:
    steps = ["--step", "temp=5", "--step", "time=5"]
    message = refused(tmp_path, text(ROWS), *steps, "--sum", "temp+time=83")
    assert "no values in these steps meet" in message and "'temp' begins at 25" in message
    made, _ = asked(tmp_path, text(ROWS), *steps, "--sum", "temp+time=80")
    assert made.grids["temp"].number.step == 5
    steps = ["--step", "temp=10", "--step", "time=15", "--bounds", "temp=20:80"]
    made, _ = asked(tmp_path, text(ROWS), *steps, "--bounds", "time=15:60", "--sum", "temp+time=95")
    assert [made.grids[name].number.step for name in ("temp", "time")] == [10, 15]
    free, _ = asked(tmp_path, text(ROWS), "--sum", "temp+time=83.05")  # steps that nobody gave
    assert free.grids["temp"].number.step is None


def test_what_follows_leaves_its_grid_and_the_others_keep_theirs(tmp_path: Path) -> None:
    """Of degrees in two scales the whole ones stay whole, and steps that were given hold."""
    rows = [["F", "C", "time", "yield"]]
    rows += [[f"{float(r[0]) * 1.8 + 32:.0f}", r[0], r[1], r[3]] for r in ROWS[1:]]
    made, _ = asked(tmp_path, text(rows))
    assert "Column 'C' is 0.556 F - 17.8" in told(made)
    assert (made.grids["F"].number.step, made.grids["C"].number.step) == (1, None)
    assert made.grids["C"].write(58.8983) == "58.9"
    made, _ = asked(tmp_path, text(rows), "--step", "C=5")
    assert (made.grids["F"].number.step, made.grids["C"].number.step) == (None, 5)
    made, _ = asked(tmp_path, text(rows), "--fix", "C=60")
    assert made.grids["F"].number.step is None  # 60 belongs to no whole number
    message = refused(tmp_path, text(rows), "--step", "C=5", "--step", "F=10")
    assert "no values in these steps meet" in message


def counts(n: int = 120) -> list[list[str]]:
    """Three columns of whole numbers, one of decimals, and a score."""
    rng = np.random.default_rng(4)
    rows = [["a", "b", "k", "t", "yield"]]
    for _ in range(n):
        a, b, k, t = rng.integers(7), rng.integers(5), rng.integers(1, 20), rng.uniform(0, 9)
        score = 50 - (a - 3) ** 2 - (b - 2) ** 2 - (k - 9) ** 2 / 20 - t / 5
        rows.append([str(a), str(b), str(k), f"{t:.1f}", f"{score:.2f}"])
    return rows


@pytest.mark.parametrize(
    ("words", "loose", "between"),
    [
        (["--rule", "2*a+3*b=12"], "", False),
        (["--rule", "3*a+5*k=57"], "", False),
        (["--rule", "2*a+3*b+2*k=30", "--fix", "k=3"], "", False),
        (["--rule", "2*a+t=12.33"], "t", False),
        (["--rule", "2*a+4*b=13"], "ab", True),
    ],
)
def test_whole_numbers_stay_whole_where_an_equation_leaves_some(
    words: list[str], loose: str, between: bool, tmp_path: Path
) -> None:
    made, settings = asked(tmp_path, text(counts()), *words)
    assert "".join(n for n, g in made.grids.items() if not g.number.discrete) == loose
    assert ("proposals have values between them" in told(made)) == between
    p = run(ready(made, settings), settings, progress=False)
    for name in set("abk") - set(loose):
        assert (p.columns[name] % 1 == 0).all()
    (rule,) = made.rules
    total = sum(v * p.columns[name] for name, v in rule.coefficients.items())
    np.testing.assert_allclose(total, rule.low, atol=1e-6)
