"""Relations between columns of numbers that hold in every row of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_problems import proposed
from proposer_tables import asked, plain, text, told

from torchbdi.proposer.rules.relations import constant_sums, round_value, sums_of_columns

RNG = np.random.default_rng(0)
ROWS = plain()


def parts(n: int, total: float, places: int, count: int = 4) -> dict[str, np.ndarray]:
    shares = RNG.dirichlet(np.ones(count) * 2, n) * total
    return {f"part{i}": np.round(shares[:, i], places) for i in range(count)}


@pytest.mark.parametrize(("total", "places"), [(100.0, 1), (1.0, 3), (1.0, 2), (37.4, 2)])
def test_constant_sums_are_found_and_kept_at_their_round_value(total: float, places: int) -> None:
    columns = {**parts(60, total, places), "temp": np.round(RNG.uniform(20, 90, 60), 1)}
    (rule,) = constant_sums(columns)
    assert set(rule.coefficients) == {f"part{i}" for i in range(4)}
    assert (rule.low, rule.high) == (total, total)


def test_what_only_seems_a_sum_is_none() -> None:
    free = {name: np.round(RNG.uniform(0, 10, 60), 1) for name in "abc"}
    assert constant_sums(free) == []
    steady = {"pressure": 1000 + RNG.normal(size=60), "x": RNG.uniform(0, 1, 60)}
    assert constant_sums(steady) == []


def test_small_parts_belong_to_a_sum_that_is_nearer_to_constant_with_them() -> None:
    """Without them it stays within 1.5 %, too, but proposals would not add up."""
    rng = np.random.default_rng(4)
    columns = {name: np.round(rng.uniform(5, 30, 40), 1) for name in ("resin", "chalk")}
    columns["silica"] = rng.choice([0.3, 0.5, 0.8], 40)
    columns["wax"] = np.round(rng.uniform(0.2, 1, 40), 2)
    columns["water"] = np.round(100 - sum(columns.values()), 2)
    columns["temp"] = np.round(rng.uniform(20, 90, 40), 1)
    (rule,) = constant_sums(columns)
    assert set(rule.coefficients) == {"resin", "chalk", "silica", "wax", "water"}
    assert rule.low == 100
    both = {**columns, "a": columns["temp"] / 90, "b": 1 - columns["temp"] / 90}
    assert sorted(len(rule.coefficients) for rule in constant_sums(both)) == [2, 5]


def test_round_values() -> None:
    assert round_value(99.97, 0.1) == 100
    assert round_value(0.9999999999, 0) == 1
    assert round_value(37.4217, 0.001) == 37.4217
    assert round_value(37.4217, 0.05) == 37.4


def test_columns_that_follow_from_others_are_found() -> None:
    a, b = np.round(RNG.uniform(0, 80, (2, 40)), 1)
    units = {"a": 0.1, "b": 0.1, "total": 0.1, "kelvin": 0.01, "other": 0.1}
    other = np.round(RNG.uniform(0, 80, 40), 1)
    (rule,) = sums_of_columns({"a": a, "b": b, "total": np.round(a + b, 1), "other": other}, units)
    assert dict(rule.coefficients) == {"total": 1, "a": -1, "b": -1} and rule.low == 0
    (rule,) = sums_of_columns({"a": a, "kelvin": np.round(a + 273.15, 2)}, units)
    assert dict(rule.coefficients) == {"kelvin": 1, "a": -1}
    assert rule.low == pytest.approx(273.15)
    assert sums_of_columns({"a": a, "b": b, "other": other}, units) == []


def test_equations_have_no_terms_that_are_rounding() -> None:
    celsius = np.array([float(row[0]) for row in ROWS[1:]])
    other = np.array([float(row[1]) for row in ROWS[1:]])
    kelvin = np.round(celsius + 273.15, 1)
    units = {"C": 0.1, "K": 0.1, "t": 0.1}
    (rule,) = sums_of_columns({"C": celsius, "K": kelvin, "t": other}, units)
    assert dict(rule.coefficients) == {"K": 1, "C": -1}
    assert rule.low == pytest.approx(273.15, abs=0.06)


def test_a_total_whose_parts_are_rounded(tmp_path: Path) -> None:
    x = np.random.default_rng(3).uniform(0, 9, (40, 3))
    units = dict.fromkeys(["a", "b", "c", "sum"], 0.1)
    columns = {**dict(zip("abc", np.round(x.T, 1), strict=True)), "sum": np.round(x.sum(1), 1)}
    (rule,) = sums_of_columns(columns, units)
    assert dict(rule.coefficients) == {"sum": 1, "a": -1, "b": -1, "c": -1} and rule.low == 0


@pytest.mark.usefixtures("quick")
def test_whole_numbers_that_follow_to_the_last_digit_are_kept(tmp_path: Path) -> None:
    """Each of the terms could be rounded by half of one, but none is."""
    rng = np.random.default_rng(5)
    pairs = zip(rng.integers(10, 50, 50), rng.integers(10, 30, 50), strict=True)
    rows = [["a", "b", "total", "yield"]]
    rows += [
        [f"{a}", f"{b}", f"{2 * a + b + 37}", f"{b / 5 - (a - 30) ** 2 / 50}"] for a, b in pairs
    ]
    p, written = proposed(tmp_path, rows, "-n", "3")
    assert "Column 'total' is 2 a + b + 37 in every row" in told(p.problem)
    for row in written:
        assert int(row["total"]) == 2 * int(row["a"]) + int(row["b"]) + 37
    rows[7][2] = str(int(rows[7][2]) + 1)
    made, _ = asked(tmp_path, text(rows))
    assert not made.rules


def test_whole_numbers_that_are_rarely_there_follow_from_nothing(tmp_path: Path) -> None:
    """Two additives that were in the same two rows have one ratio there, and 0 elsewhere."""
    rows = plain(20)
    a, b = {4: "5", 11: "3"}, {4: "10", 11: "6"}
    rows = [["a", "b", *rows[0]]] + [
        [a.get(i, "0"), b.get(i, "0"), *row] for i, row in enumerate(rows[1:])
    ]
    made, _ = asked(tmp_path, text(rows))
    assert not made.rules
    assert "'a' and 'b' always changed together" in told(made)


def test_a_small_table_of_counts_keeps_its_total(tmp_path: Path) -> None:
    rows = plain(14)
    counts = [(i % 5, i * 3 % 4) for i in range(14)]
    rows = [["a", "b", "total", *rows[0]]] + [
        [f"{a}", f"{b}", f"{a + b}", *row] for (a, b), row in zip(counts, rows[1:], strict=True)
    ]
    made, _ = asked(tmp_path, text(rows))
    assert [str(rule) for rule in made.rules] == ["total - a - b = 0"]


def test_small_parts_of_a_total_count_where_they_show_in_its_digits(tmp_path: Path) -> None:
    """Purges of 5 and 10 s are no rounded numbers, beside pulses of 0.02 s."""
    rng = np.random.default_rng(0)
    own = {"pulse": [0.02, 0.05, 0.1, 0.2], "purge": [5, 10, 20], "pulse2": [0.015, 0.03],
           "purge2": [5, 10, 20], "T": [100, 150, 200]}  # fmt: skip
    columns = {name: rng.choice(levels, 40) for name, levels in own.items()}
    columns["cycle"] = sum(columns[n] for n in own if n != "T")
    units = dict.fromkeys(columns, 0.001) | {"pulse": 0.01, "purge": 1, "purge2": 1, "T": 1}
    (rule,) = sums_of_columns(columns, units)
    assert rule.coefficients == {"cycle": 1} | {n: -1 for n in own if n != "T"}
    # Of one that is rounded itself nobody knows.
    columns["cycle"], units["cycle"] = columns["cycle"].round(), 1.0
    (rule,) = sums_of_columns(columns, units)
    assert rule.coefficients == {"cycle": 1, "purge": -1, "purge2": -1}


@pytest.mark.parametrize("twice", [False, True])
def test_what_equations_keep_is_not_told_to_be_lost(twice: bool, tmp_path: Path) -> None:
    """Some parts nearly make another one, since the last is small; and all stand in mg, too."""
    rng = np.random.default_rng(0)
    own = {"drug": 5 * rng.integers(6, 12, 48), "salt": rng.choice([5, 10, 15], 48),
           "wax": rng.choice([1, 1.5, 2.5], 48)}  # fmt: skip
    own["sugar"] = 100 - sum(own.values())
    if twice:
        own |= {f"{name} mg": 2.5 * v for name, v in own.items()}
    names = [*own, "force", "yield"]
    cells = [*own.values(), rng.choice([5, 10, 15], 48), rng.normal(60, 9, 48).round(1)]
    rows = [[f"{v:g}" for v in row] for row in zip(*cells, strict=True)]
    remarks = told(asked(tmp_path, text([names, *rows]))[0])
    assert "add up to 100 in every row: so they do in every proposal" in remarks
    for lost in ("seems to follow", "always changed together", "Designs have", "do not keep"):
        assert lost not in remarks
