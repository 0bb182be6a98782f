"""Powers of a column plus a constant: kelvin of degrees, absolute pressures of a gauge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import proposed
from proposer_quick import be_quick
from proposer_tables import asked, names, refused, text, told

from torchbdi.proposer.rules.shifted import Shifted, shifted_of

RNG = np.random.default_rng(0)
T, P = np.round(RNG.uniform(-20, 95, 40), 1), np.round(RNG.uniform(1, 9, 40), 2)


def table(made: Callable[[float, float], float], form: str) -> list[list[str]]:
    """A header and rows of degrees, a pressure, what is made of them, and yield."""
    rows = [["T", "p", "made", "yield"]]
    for t, p in zip(T.tolist(), P.tolist(), strict=True):
        rows.append([f"{t}", f"{p}", format(made(t, p), form), f"{t / 10 + p:.2f}"])
    return rows


@pytest.mark.parametrize(
    ("made", "form", "formula"),
    [
        (lambda t, p: 1000 / (t + 273.15), ".4f", "1000 / ('T' + 273.15)"),
        (lambda t, p: 1 / (t + 273.15), ".6f", "1 / ('T' + 273.15)"),
        (lambda t, p: (t + 273.15) ** 0.5, ".4f", "('T' + 273.15)^0.5"),
        (lambda t, p: (1.8 * t + 132) ** 2, ".1f", "3.24 times ('T' + 73.3333)^2"),
        (lambda t, p: 1000 * p / (t + 273.15), ".4f", "1000 times 'p' / ('T' + 273.15)"),
        (lambda t, p: p * (t + 273.15), ".1f", "'p' times ('T' + 273.15)"),
        (lambda t, p: (t + 273.15) / (p * 10), ".3f", "0.1 times ('T' + 273.15) / 'p'"),
        (lambda t, p: (t + 40) / p, ".2f", "('T' + 40) / 'p'"),
    ],
)  # fmt: skip
def test_what_is_made_of_a_shifted_column_is_computed(
    made: Callable[[float, float], float], form: str, formula: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    be_quick(monkeypatch.setattr)
    found, written = proposed(tmp_path, table(made, form))
    remarks = "\n".join(found.problem.remarks)
    assert f"Column 'made' is {formula}" in remarks and "so it is in every proposal" in remarks
    for row in written:
        value = made(float(row["T"]), float(row["p"]))
        assert float(row["made"]) == pytest.approx(float(format(value, form)), rel=2e-4, abs=2e-6)


def test_numbers_that_only_look_so_are_not_computed(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(table(lambda t, p: 1000 / (t + 273.15), ".4f")))
    assert names(made) == ["T", "p"]
    noise = iter(RNG.normal(0, 0.002, 40).tolist())
    made, _ = asked(tmp_path, text(table(lambda t, p: 1000 / (t + 273.15) + next(noise), ".4f")))
    assert names(made) == ["T", "p", "made"]
    for other in (
        lambda t: 10 ** (8.07131 - 1730.63 / (233.426 + t)), lambda t: np.exp(t / 40),
        lambda t: np.log(t + 40), lambda t: 2 + np.tanh(t / 60), lambda t: 3 + 0.2 * t + t * t,
        lambda t: 2 + np.sin(t / 100),
    ):  # fmt: skip
        for digits in (3, 4, 6):
            own = np.array([float(f"{v:.{digits}g}") for v in other(T + 21)])
            half = 0.5 * 10.0 ** (np.floor(np.log10(own)) + 1 - digits)
            assert shifted_of(own, half, {"T": T + 21}) is None


def test_random_columns_follow_from_none() -> None:
    for _ in range(100):
        n = int(RNG.integers(10, 60))
        columns = {f"c{i}": np.round(RNG.uniform(1, 100, n), i % 3) for i in range(6)}
        columns["five"] = RNG.integers(1, 9, n) * 5.0
        assert shifted_of(np.round(RNG.uniform(1, 100, n), 1), np.full(n, 0.05), columns) is None


def test_three_functions_of_one_column_are_no_formula_of_each_other() -> None:
    """ln(1 + x) is x over a parabola within rounding; where both are chosen it is not."""
    for seed, slope, bend, factor in (
        (20, 4.3, 0.1, 2.0),
        (34, 4.6, 0.2, 2.2),
        (94, 3.1, 0.2, 1.5),
    ):
        x = np.round(np.random.default_rng(seed).uniform(0, 1, 16), 4)
        columns = {"x": x, "parabola": np.round(50 + slope * x - bend * x * x, 1)}
        own = np.round(factor * np.log1p(x), 2)
        assert shifted_of(own, np.full(16, 0.005), columns) is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
def test_numbers_of_any_size_are_looked_at(size: float) -> None:
    for own, x in ((T + 30, (T + 30) * size), ((T + 30) * size, T + 30)):
        shifted_of(own, np.full(40, 0.05) * own / 50, {"x": x, "y": P, "z": x * P})


def test_it_is_told_where_the_sum_may_be_none_or_less(tmp_path: Path) -> None:
    rows = table(lambda t, p: 1000 / (t + 21), ".4f")
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == ["T", "p"]
    made, _ = asked(tmp_path, text(rows), "--bounds", "T=-40:")
    assert "'made' is 1000 / ('T' + 21) in every row, and proposals do not keep" in told(made)
    formula = Shifted(2.0, "T", -3.0, -1.0, "p", -1.0)
    assert str(formula) == "2 / 'p' / ('T' - 3)" and formula.names == ("T", "p")
    own = formula({"T": np.array([4.0, 2.0, 5.0]), "p": np.array([2.0, 1.0, 0.0])})
    np.testing.assert_array_equal(own, [1.0, np.nan, np.nan])


def test_what_is_left_when_the_column_is_fixed(tmp_path: Path) -> None:
    rows = [[row[0], row[2], row[3]] for row in table(lambda t, p: 1000 / (t + 273.15), ".4f")]
    assert "'made' is 1000 / ('T' + 273.15)" in refused(tmp_path, text(rows), "--fix", "T=20")
