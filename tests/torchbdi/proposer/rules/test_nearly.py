"""Sums of parts that hold in most rows of a table, and not in all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told


def parts(change: dict[int, float], n: int = 60) -> str:
    x = np.random.default_rng(0).dirichlet(np.ones(4), n)
    for row, factor in change.items():
        x[row - 2] *= factor
    lines = [",".join(f"{v:.4g}" for v in (*row, 3 * row[0] / row.sum())) for row in x]
    return "\n".join(["A,B,C,D,yield", *lines]) + "\n"


def test_a_sum_that_some_rows_break(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, parts({9: 1.1}))
    remark = next(r for r in made.remarks if "most rows" in r)
    assert "'A', 'B', 'C', 'D' add up to 1 in most rows, but not in row 9 (1.1)" in remark
    kept, _ = asked(tmp_path, parts({9: 1.1}), "--sum", "A+B+C+D=1")
    assert (kept.rules[0].low, kept.rules[0].high) == (1, 1)
    assert "most rows" not in told(kept)
    assert "most rows" not in told(asked(tmp_path, parts({}))[0])


def test_fractions_and_percent(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, parts({i: 100.0 for i in range(10, 40)}))
    assert "Are these fractions, and those percent?" in told(made)


def test_rows_without_any_part_are_no_break(tmp_path: Path) -> None:
    """In a vacuum there is no gas, and elsewhere gases add up."""
    lines = parts({}).splitlines()
    for i in range(10, 40):
        lines[i] = f"0,0,0,0,{lines[i].split(',')[-1]}"
    content = "\n".join(lines)
    made, _ = asked(tmp_path, content)
    remark = next(r for r in made.remarks if "add up to 1" in r)
    assert "in all rows but those in which all of them are 0" in remark
    kept, _ = asked(tmp_path, content, "--sum", "A+B+C+D=1")
    assert kept.rules[0].low == 1 and "add up to" not in told(kept)


def test_a_sum_without_any_part_in_some_rows_is_told_once(tmp_path: Path) -> None:
    """Neither as a column that others tell, nor as parts of a whole."""
    rng = np.random.default_rng(3)
    rows = [["N2", "O2", "Ar", "x", "yield"]]
    for i in range(80):
        a, b, _ = (100 * rng.dirichlet([1, 1, 1])).round(1) if i > 29 else (0, 0, 0)
        gases = [a, b, 100 - a - b if i > 29 else 0]
        rows.append([*(f"{v:.1f}" for v in gases), f"{rng.uniform():.2f}", f"{rng.normal():.2f}"])
    said = told(asked(tmp_path, text(rows))[0])
    assert "'N2', 'O2', 'Ar' add up to 100 in all rows but those in which all of them are 0" in said
    assert "seems to follow" not in said and "add up to 100 at most" not in said
