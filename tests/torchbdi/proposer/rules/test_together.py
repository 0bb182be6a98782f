"""Rules that contradict one another are refused while a table is read, and only those."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, refused

from torchbdi.proposer.rules.together import contradiction


def mixture() -> str:
    x = np.random.default_rng(0).dirichlet(np.ones(3), 40).round(2)
    lines = [f"{a:.2f},{b:.2f},{1 - a - b:.2f},{a - b * b:.3f}" for a, b, _ in x]
    return "\n".join(["A,B,C,yield", *lines]) + "\n"


@pytest.mark.parametrize(
    ("words", "named", "not_named"),
    [
        (
            ["--rule", "A+B<=0.2", "--rule", "A+B>=0.3"],
            ["A + B <= 0.2", "A + B >= 0.3"],
            "every row",
        ),
        (
            ["--rule", "A-B>=0.1", "--rule", "B-C>=0.1", "--rule", "C-A>=0.1"],
            ["A - B >= 0.1", "B - C >= 0.1", "C - A >= 0.1"],
            "every row",
        ),
        (["--rule", "A+B+C<=0.9"], ["A + B + C = 1 (in every row)", "--free A"], "fixed"),
        (["--rule", "A+B<=0.4", "--fix", "A=0.5"], ["A = 0.5 (fixed)", "A + B <= 0.4"], "--free"),
    ],
)
def test_what_contradicts_is_named(
    words: list[str], named: list[str], not_named: str, tmp_path: Path
) -> None:
    message = refused(tmp_path, mixture(), *words)
    assert "no design meets these at once" in message
    assert all(text in message for text in named), message
    assert not_named not in message


def test_a_way_out_that_is_named_works(tmp_path: Path) -> None:
    asked(tmp_path, mixture(), "--rule", "A+B+C<=0.9", "--free", "A")


def test_rules_that_can_just_be_met_are_taken(tmp_path: Path) -> None:
    asked(tmp_path, mixture(), "--rule", "A+B<=0.3", "--rule", "A+B>=0.3")


def _rules(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rules near a point of a box whose sides are of very different lengths."""
    m, c = rng.integers(1, 7), rng.integers(2, 7)
    a = rng.choice([0.0, 1.0, -1.0, 2.5, 0.1], (m, c))
    a[~a.any(1), 0] = 1.0
    low = rng.uniform(-5, 5, c) * 10.0 ** rng.integers(-2, 3, c)
    high = low + rng.uniform(0, 5, c) * 10.0 ** rng.integers(-2, 3, c)
    middle = a @ (low + rng.uniform(0, 1, c) * (high - low))
    off = rng.normal(size=m) * np.abs(a * (high - low)).sum(1) * rng.choice([0, 0.1, 0.5])
    kind = rng.integers(0, 3, m)
    ends = np.stack([
        np.where(kind == 0, -np.inf, middle + off),
        np.where(kind == 1, np.inf, middle + off),
    ])  # fmt: skip
    return a, ends, np.stack([low, high])


def test_a_contradiction_is_found_where_a_linear_program_has_no_solution() -> None:
    from scipy.optimize import linprog

    rng, found = np.random.default_rng(0), []
    for _ in range(150):
        a, ends, box = _rules(rng)
        below, above = np.isfinite(ends[1]), np.isfinite(ends[0])
        answer = linprog(
            np.zeros(a.shape[1]),
            A_ub=np.concatenate([a[below], -a[above]]),
            b_ub=np.concatenate([ends[1][below], -ends[0][above]]),
            bounds=box.T,
        )
        assert answer.status in (0, 2)
        weights = contradiction(a, ends, box)
        assert (weights is None) == (answer.status == 0)
        found.append(weights is not None)
        if weights is not None:  # Farkas: the least in the box is above the most that is allowed
            total = weights @ a
            least = np.minimum(total * box[0], total * box[1]).sum()
            there = weights != 0
            limits = np.where(weights > 0, ends[1], ends[0])[there]
            assert least > (weights[there] * limits).sum()
    assert 30 < sum(found) < 120


def test_levels_and_fixed_values_that_exclude_each_other_are_named(tmp_path: Path) -> None:
    lines = [f"{a},{b},{a * b % 7}" for a in (1, 2, 3, 4) for b in (1, 2, 3, 5)]
    content = "a,b,yield\n" + "\n".join(lines) + "\n"
    message = refused(tmp_path, content + "1,1,3\n", "--rule", "a+b<=4", "--fix", "b=5")
    assert "no design meets" in message and "b = 5 (fixed)" in message and "a + b <= 4" in message
