"""Columns that always changed together, and scores that follow the order of the rows."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told, with_column

from torchbdi.proposer.columns.collinear import drift_remark
from torchbdi.proposer.reading.ways import IN_PYTHON, Ways

RNG = np.random.default_rng(0)
TEMP = np.array([float(row[0]) for row in plain()[1:]])


def remark_of(folder: Path, content: str, *words: str) -> str:
    """The one remark on columns that changed together."""
    made, _ = asked(folder, content, *words)
    return next(r for r in made.remarks if "changed together" in r)


@pytest.mark.parametrize("slope", [2.0, -0.5, 1e-4])
def test_columns_that_changed_together_are_told(slope: float, tmp_path: Path) -> None:
    cells = [f"{slope * (t + e):.8f}" for t, e in zip(TEMP, RNG.normal(size=40), strict=True)]
    content = text(with_column("wall temp", cells))
    remark = remark_of(tmp_path, content)
    assert remark.startswith("'wall temp' and 'temp' always changed together (correlation ")
    assert "--ignore temp" in remark
    way = remark[remark.index("--rule") : remark.index(").", remark.index("--rule"))]
    for words in (shlex.split(way), ["--ignore", "temp"], ["--fix", "temp"]):
        made, _ = asked(tmp_path, content, *words)
        assert "changed together" not in told(made)
        for rule in made.rules:
            total = sum(v * made.values[name] for name, v in rule.coefficients.items())
            assert (total >= rule.low).all() and (total <= rule.high).all()  # type: ignore[operator]


def test_logarithms_that_changed_together_are_told(tmp_path: Path) -> None:
    power = RNG.uniform(0, 4, 40)
    rows = plain()
    rows[0][:2] = ["dose", "cells"]
    for row, p, e in zip(rows[1:], power, RNG.normal(size=40), strict=True):
        row[:2] = [f"{10**p:.5g}", f"{10 ** (1 + p + 0.05 * e):.5g}"]
    remark = remark_of(tmp_path, text(rows))
    assert "'dose' and 'cells'" in remark and "--ignore cells" in remark and "--rule" not in remark


@pytest.mark.parametrize(
    "cells",
    [
        [f"{v:.1f}" for v in RNG.uniform(0, 9, 40)],
        [f"{100 - t:.1f}" for t in TEMP],  # a sum
        [f"{1.8 * t + 32:.2f}" for t in TEMP],  # another scale
        [f"{t + 6 * e:.1f}" for t, e in zip(TEMP, RNG.normal(size=40), strict=True)],
        ["1" if t > 60 else "0" for t in TEMP],
        ["5"] * 40,
    ],
)
def test_other_columns_are_not_said_to_change_together(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("own", cells)))
    assert "changed together" not in told(made)


def test_what_was_said_to_follow_is_not_told_again(tmp_path: Path) -> None:
    rows = with_column("inverse", [f"{1000 / (t + 273.15):.8f}" for t in TEMP])
    for row in rows[1:]:
        row[1] = f"{float(row[1]) + 273.15:.2f}"
    made, _ = asked(tmp_path, text(rows), "--free", "inverse")
    assert "1000 / 'temp' in every row" in told(made) and "changed together" not in told(made)


def test_parts_of_a_product_that_changed_together_are_told(tmp_path: Path) -> None:
    """The product is computed in proposals, which says nothing of the one part with the other."""
    rows = with_column(
        "width", [f"{t / 2 + 0.1 * e:.2f}" for t, e in zip(TEMP, RNG.normal(size=40), strict=True)]
    )
    rows = [[*row[:2], "area" if i == 0 else f"{float(row[0]) * float(row[1]):.4f}", *row[2:]]
            for i, row in enumerate(rows)]  # fmt: skip
    made, _ = asked(tmp_path, text(rows))
    assert "'area' is 'width' times 'temp' in every row: so it is in every proposal" in told(made)
    assert "'width' and 'temp' always changed together" in told(made)


def test_one_row_far_from_the_others_makes_no_line(tmp_path: Path) -> None:
    rows = plain()
    rows[4][0] = rows[4][1] = "99999"
    assert "changed together" not in told(asked(tmp_path, text(rows))[0])


def test_many_that_changed_together_are_counted(tmp_path: Path) -> None:
    rows = [[*(f"{t + 0.1 * e:.3f}" for e in RNG.normal(size=5)), str(i % 7)]
            for i, t in enumerate(TEMP)]  # fmt: skip
    made, _ = asked(tmp_path, text([[*"abcde", "yield"], *rows]))
    assert told(made).count("always changed together") == 5
    assert "So did 5 more pairs" in told(made)


def test_scores_that_follow_the_order_of_the_rows_are_told(tmp_path: Path) -> None:
    rows = with_column("humidity", [f"{40 + i / 2 + RNG.normal():.1f}" for i in range(40)])
    for i, row in enumerate(rows[1:]):
        row[-1] = f"{i + RNG.normal():.2f}"
    remark = next(r for r in asked(tmp_path, text(rows))[0].remarks if "order of the rows" in r)
    assert "'yield' follows" in remark and "'humidity' changed with the order" in remark
    assert "--ignore humidity" in remark and "drifted" in remark
    left, _ = asked(tmp_path, text(rows), "--ignore", "humidity")
    assert "order of the rows" in told(left) and "'humidity'" not in told(left)


def test_rows_that_are_sorted_or_few_are_said_to_follow_nothing(tmp_path: Path) -> None:
    rows = sorted(plain()[1:], key=lambda row: float(row[3]))
    for own in (rows, rows[::-1], plain()[1:]):
        made, _ = asked(tmp_path, text([plain()[0], *own]))
        assert "order of the rows" not in told(made)
    order = np.arange(40.0)
    y = order + RNG.normal(size=40)
    assert drift_remark("y", y, order, [], {}, IN_PYTHON)
    assert drift_remark("y", -y, order, [], {}, Ways(True))
    assert not drift_remark("y", y[:14], order[:14], [], {}, IN_PYTHON)
    assert not drift_remark("y", y, order, [order // 5], {}, IN_PYTHON)
    assert not drift_remark("y", y, order, [], {"dose": -order}, IN_PYTHON)


def test_doses_with_a_0_change_together_with_their_logarithms(tmp_path: Path) -> None:
    doses = np.array([0, 0.01, 0.1, 1, 10, 100])[np.arange(40) % 6]
    cells = [f"{v:.3f}" for v in np.log10(doses + 0.001) + 0.01 * RNG.normal(size=40)]
    rows = with_column("ramp", cells)
    own = [[f"{d:g}", *row] for d, row in zip(doses, rows[1:], strict=True)]
    assert "'dose' and 'ramp' always" in remark_of(tmp_path, text([["dose", *rows[0]], *own]))
