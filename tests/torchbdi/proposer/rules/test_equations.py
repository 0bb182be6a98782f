"""Sums and totals that hold in every row of a table: which are kept, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, refused, text, told

RNG = np.random.default_rng(0)


def parts(n: int, total: float, places: int, count: int = 4) -> dict[str, np.ndarray]:
    shares = RNG.dirichlet(np.ones(count) * 2, n) * total
    return {f"part{i}": np.round(shares[:, i], places) for i in range(count)}


def test_they_are_told_and_become_rules(tmp_path: Path) -> None:
    own = parts(60, 100, 1)
    rows = [[*own, "total", "yield"]]
    for i in range(60):
        cells = [own[name][i] for name in own]
        rows.append([*(f"{v:.1f}" for v in cells), f"{cells[0] + cells[1]:.1f}", f"{cells[0]:.1f}"])
    made, _ = asked(tmp_path, text(rows))
    design = {"part0": 10.0, "part1": 20.0, "part2": 30.0, "part3": 40.0, "total": 30.0}
    for change, held in (({}, True), ({"total": 31.0}, False), ({"part3": 41.0}, False)):
        changed = {**design, **change}
        sums = [sum(v * changed[n] for n, v in r.coefficients.items()) - r.low for r in made.rules]
        assert (np.abs(sums).max() < 1e-9) == held
    assert told(made).count("in every row") == 2
    rows = [["a", "b", "total", "yield"]]
    for i in range(40):
        a, b = RNG.uniform(0, 80, 2).round(1)
        rows.append([f"{a:.1f}", f"{b:.1f}", f"{a + b:.1f}", f"{abs(a - 3 * b) + i % 3:.1f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "Column 'total' is a + b in every row" in told(made)
    made, _ = asked(tmp_path, text(rows), "--sum", "a+b=90", "--ignore", "total")
    assert [str(rule) for rule in made.rules] == ["a + b = 90"]
    message = refused(tmp_path, text(rows), "--rule", "a+b<=-5")
    assert "within their bounds the columns give" in message


def mixtures(n: int = 60) -> list[list[str]]:
    """Three parts that add up to 100, a time, and a score."""
    rng = np.random.default_rng(4)
    rows = [["a", "b", "c", "t", "yield"]]
    for a, b, c in np.round(rng.dirichlet([1, 1, 1], n) * 100, 1):
        t, noise = rng.uniform(0, 20), rng.normal()
        cells = (a, b, 100 - a - b, t, a / 9 - abs(b - 30) - t + noise)
        rows.append([f"{v:.1f}" for v in cells] if c >= 0.1 else rows[-1])
    return rows


@pytest.mark.parametrize(
    ("words", "rules", "said"),
    [
        (["--rule", "a+2*t=40"], ["a + 2 t = 40", "a + b + c = 100"], ": so they do in every"),
        (["--sum", "a+b=40"], ["a + b = 40", "a + b + c = 100"], ": so they do in every"),
        (["--sum", "a+b+c=90"], ["a + b + c = 90"], ""),
        (["--sum", "a+b=40", "--sum", "c=50"], ["a + b = 40", "c = 50"], ""),
        (["--sum", "a+b+c+t=100"], ["a + b + c + t = 100"], "which a + b + c + t = 100 gives up"),
    ],
)
def test_an_equation_leaves_the_other_sums_of_its_parts(
    words: list[str], rules: list[str], said: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(mixtures()), *words)
    assert [str(rule) for rule in made.rules] == rules
    assert ("'a', 'b', 'c' add up to 100 in every row" in told(made)) == bool(said)
    assert said in told(made)


def test_a_sum_that_is_given_up_with_levels_is_told(tmp_path: Path) -> None:
    parts = np.round(100 * RNG.dirichlet([2, 2, 2], 40), 1)
    rows = [["A", "B", "C", "yield"], *([*map(str, p), f"{i % 7}.5"] for i, p in enumerate(parts))]
    made, _ = asked(tmp_path, text(rows), "--free", "A")
    assert "add up to 100 in every row, which --free A gives up, too" in told(made)
    assert not made.rules
    made, _ = asked(tmp_path, text(rows), "--free", "A", "--sum", "A+B+C=100")
    assert "gives up" not in told(made) and made.rules[0].low == 100
    assert "gives up" not in told(asked(tmp_path, text(rows))[0])


def test_how_far_a_sum_is_off_is_told_where_it_is(tmp_path: Path) -> None:
    """Rounding errors of a machine, 1.4e-14, were told as if they were the person's."""
    whole = RNG.multinomial(1000, [0.2, 0.3, 0.5], 40) / 10
    for off, said in ((0.0, "in every row: so"), (0.5, "in every row (within 0.5): so")):
        rows = [["a", "b", "c", "yield"]]
        rows += [[*(f"{v:.1f}" for v in own), f"{own[0]:.1f}"] for own in whole]
        rows[3][2] = f"{float(rows[3][2]) + off:.1f}"
        assert f"add up to 100 {said} they do" in told(asked(tmp_path, text(rows))[0])
