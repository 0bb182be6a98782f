"""What is called like a setting is no result; how many designs are left is told where it counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text, told


def rising(name: str) -> str:
    draws = np.random.default_rng(0)
    own = draws.permutation(np.linspace(20, 98, 40))
    y = 0.8 * own + draws.normal(0, 0.05, 40)
    x = draws.uniform(0, 1, 40)
    rows = [[f"{a:.1f}", f"{b:.2f}", f"{c:.2f}"] for a, b, c in zip(own, x, y, strict=True)]
    return text([[name, "x", "yield"], *rows])


@pytest.mark.parametrize("name", ["T (°C)", "temperature", "pH", "dose (mg)", "catalyst loading"])
def test_a_setting_that_the_score_follows_is_no_result(name: str, tmp_path: Path) -> None:
    said = told(asked(tmp_path, rising(name))[0])
    assert f"'yield' rises evenly with {name!r}" in said
    assert "probably a result" not in said


def test_what_has_no_such_name_may_be_one(tmp_path: Path) -> None:
    said = told(asked(tmp_path, rising("conversion"))[0])
    assert "Column 'conversion' is probably a result" in said


@pytest.mark.parametrize(("n", "told_of"), [(8, False), (19, True), (30, True)])
def test_that_no_more_can_be_proposed_is_told_where_no_more_can(
    n: int, told_of: bool, tmp_path: Path
) -> None:
    grid = [(a, b) for a in "abcdef" for b in "PQRSTU"]
    rows = [[a, b, str(3 * i % 17)] for i, (a, b) in enumerate(grid) if i % 7 < 3]
    content = text([["a", "b", "y"], *rows])
    left = len(grid) - len(rows)
    made, _ = asked(tmp_path, content, "--score", "y", "-n", str(n))
    assert made.n == min(n, left)
    assert ("no more can be proposed" in told(made)) == (n >= left)
