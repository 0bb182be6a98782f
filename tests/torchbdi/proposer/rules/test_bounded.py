"""Bounds of columns that are computed: they hold of what is computed, or it is said why not."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import proposed
from proposer_quick import be_quick
from proposer_tables import asked, names, refused, text, told

from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.rules.bounded import bounded_rules
from torchbdi.proposer.rules.derived import Formula
from torchbdi.proposer.rules.lines import Line
from torchbdi.proposer.rules.logarithms import Logarithm
from torchbdi.proposer.rules.powers import PowerLaw
from torchbdi.proposer.rules.shares import Share
from torchbdi.proposer.rules.shifted import Shifted

RNG = np.random.default_rng(0)


def table(made: Callable[[float, float], float]) -> list[list[str]]:
    """A header and rows of two columns, of what is made of them, and of yield."""
    rows, rng = [["a", "b", "made", "yield"]], np.random.default_rng(0)
    for _ in range(40):
        a, b = round(rng.uniform(1, 9), 2), round(rng.uniform(1, 9), 2)
        score = a - b + rng.normal() * 0.1
        rows.append([f"{a}", f"{b}", f"{made(a, b):.4f}", f"{score:.3f}"])
    return rows


@pytest.mark.parametrize(
    ("made", "low", "high"),
    [
        (lambda a, b: a / b, 0.0, 2.0), (lambda a, b: a / b, 1.4, 1.6),
        (lambda a, b: a / (a + b), 0.4, 0.6), (lambda a, _: 1000 / (a + 273.15), 3.58, 3.62),
        (lambda a, _: math.log(a), 0.5, 1.5), (lambda a, _: a * a, 4.0, 25.0),
        (lambda a, b: (a + 2.5) / b, 1.0, 2.0),
    ],
)  # fmt: skip
def test_bounds_hold_of_what_is_computed(
    made: Callable[[float, float], float], low: float, high: float, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """They took the column away from what it is computed from: a / b was 1, and written as 0."""
    be_quick(monkeypatch.setattr)
    words = ["--bounds", f"made={low}:{high}", "-n", "6"]
    found, rows = proposed(tmp_path, table(made), *words)
    assert len(rows) == 6 and names(found.problem) == ["a", "b"]
    for row in rows:
        value = made(float(row["a"]), float(row["b"]))
        assert float(row["made"]) == pytest.approx(value, abs=1e-4)
        assert low <= float(row["made"]) <= high
    assert "so it is in every proposal, and within its bounds (" in told(found.problem)


def test_bounds_that_no_linear_rule_keeps_are_refused(tmp_path: Path) -> None:
    rows = table(lambda a, b: a * b)
    message = refused(tmp_path, text(rows), "--bounds", "made=:20")
    assert "column 'made' is 'a' times 'b' in every row, and no linear rule" in message
    assert "--bounds a=LOW:HIGH" in message and "--number made beside them" in message
    made, _ = asked(tmp_path, text(rows), "--bounds", "made=:20", "--number", "made")
    assert names(made) == ["a", "b", "made"]
    made, _ = asked(tmp_path, text(rows), "--bounds", "made=0:2000")  # nothing goes beyond these
    assert names(made) == ["a", "b"] and made.rules == ()


def test_what_is_computed_of_levels_is_not_told_to_move_by_its_bounds(tmp_path: Path) -> None:
    """Rows with the same whole a have the same number, which is computed with bounds, too."""
    rows = [[row[0].split(".")[0], *row[1:]] for row in table(lambda a, _: a)]
    for row in rows[1:]:
        row[2] = f"{1000 / (int(row[0]) + 273.15):.4f}"
    made, _ = asked(tmp_path, text(rows), "--bounds", "made=:3.6")
    assert "so it is in every proposal, and within its bounds (a >= 4.62778)" in told(made)
    assert "need not keep that" not in told(made)
    made, _ = asked(tmp_path, text(rows), "--bounds", "made=:3.6", "--rule", "made>=3.5")
    assert "need not keep that" in told(made)


def test_bounds_that_nothing_can_meet_are_refused(tmp_path: Path) -> None:
    rows = table(lambda a, b: a / b)
    message = refused(tmp_path, text(rows), "--bounds", "made=50:100")
    assert "column 'made' is 'a' / 'b' in every row, which is 0." in message
    assert "--number made gives the formula up" in message


@pytest.mark.parametrize(
    "formula",
    [
        Line({"x": 2.0, "z": -1.0}, 3.0), Share(3.0, "x", ("x", "z")),
        Share(30.0, None, ("x", "z")),
        PowerLaw(2.0, {"x": 1.0, "z": -1.0}), PowerLaw(2.0, {"x": -1.0, "z": 1.0}),
        PowerLaw(3.0, {"x": 2.0}), PowerLaw(3.0, {"x": -0.5}), Logarithm("x", "-log10", 2.0),
        Logarithm("x", "ln", 0.0), Shifted(900.0, "x", 20.0, -1.0), Shifted(2.0, "x", 5.0, 0.5),
        Shifted(2.0, "x", 5.0, 1.0, "z", -1.0), Shifted(2.0, "x", 5.0, -1.0, "z", 1.0),
    ],
)  # fmt: skip
def test_rules_say_what_bounds_say(formula: Formula) -> None:
    columns = {"x": RNG.uniform(1, 9, 2000), "z": RNG.uniform(1, 9, 2000)}
    values = formula(columns)
    low, high = (float(v) for v in np.quantile(values, [0.3, 0.6]))
    ranges = {"x": (1.0, 9.0), "z": (1.0, 9.0), "y": (float(values.min()), float(values.max()))}
    for bounds in ((low, high), (None, high), (low, None)):
        rules = bounded_rules({"y": formula}, {"y": bounds}, ranges, ["x", "z"], Ways(True))["y"]
        inside = (values >= (bounds[0] or -np.inf)) & (values <= (bounds[1] or np.inf))
        kept = np.ones(2000, bool)
        for rule in rules:
            total = sum(v * columns[name] for name, v in rule.coefficients.items())
            kept &= (total >= rule.low) & (total <= rule.high)
        np.testing.assert_array_equal(kept, inside)
