"""Steps that are too many for a search: proposals are put on them, and keep the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proposer_problems import proposed
from proposer_quick import be_quick
from proposer_tables import refused, text

from torchbdi.proposer.columns.grids import Grid
from torchbdi.proposer.search.on_steps import on_steps
from torchbdi.space import AtMost, Linear, Number


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)


def shares(total: int, step: int = 1, n: int = 40, seed: int = 0) -> list[list[str]]:
    """A table of three whole amounts that add up to a total, two of them in steps."""
    rng = np.random.default_rng(seed)
    rows = [["a", "b", "c", "yield"]]
    for a, b, _ in rng.dirichlet([1, 1, 1], n):
        own = [int(a * total) // step * step, int(b * total) // step * step]
        score = -((a - 0.3) ** 2) - (b - 0.2) ** 2 + rng.normal() * 0.01
        rows.append([*map(str, own), str(total - sum(own)), f"{score:.4f}"])
    return rows


@pytest.mark.parametrize(
    ("total", "step", "words"),
    [
        (900_000, 1, []), (1_000_000, 1, ["--sum", "a+b+c=1000000"]), (30_000_000, 1, []),
        (6_000_003, 5, []), (30_000_000, 1, ["--rule", "2*a<=b+7", "--bounds", "c=:20000000.5"]),
        (30_000_000, 1, ["--at-most", "2 of a,b,c least 2000000"]),
        (30_000_000, 1, ["--fix", "a=123457"]), (3_000_000, 1, ["--step", "a=1000"]),
    ],
)  # fmt: skip
def test_whole_numbers_stay_whole_and_add_up(
    total: int, step: int, words: list[str], tmp_path: Path
) -> None:
    made, written = proposed(tmp_path, shares(total, step), *words, "-n", "6")
    assert len(written) == 6
    for row in written:
        a, b, c = (int(row[name]) for name in "abc")  # each is written as a whole number
        assert a + b + c == total
        assert a % step == b % step == 0
        if "--rule" in words:
            assert 2 * a <= b + 7 and c <= 20_000_000
        if "--at-most" in words:
            assert 0 in (a, b, c) and all(v == 0 or v >= 2_000_000 for v in (a, b, c))
        if "--fix" in words:
            assert a == 123_457
        if "--step" in words:
            assert a % 1000 == 0
    assert "Whole numbers stay whole: " in "\n".join(made.problem.remarks)


def test_whole_numbers_below_a_million_stay_whole(tmp_path: Path) -> None:
    """They have six digits at most, which leave room for decimals in the smaller ones."""
    rng = np.random.default_rng(0)
    rows = [["a", "b", "yield"]]
    for a, b in zip(rng.integers(1000, 150_000, 40), rng.uniform(0, 1, 40), strict=True):
        rows.append([str(a), f"{b:.2f}", f"{-abs(a - 9000) / 1e5 - abs(b - 0.4):.4f}"])
    _, written = proposed(tmp_path, rows)
    assert all(row["a"].isdigit() for row in written)


def two(n: int = 40) -> list[list[str]]:
    """A table of two whole amounts that keep to no equation."""
    rng = np.random.default_rng(0)
    rows = [["a", "b", "yield"]]
    for a, b in rng.integers(1000, 9_000_000, (n, 2)).tolist():
        rows.append([str(a), str(b), f"{b / 1e7 - a / 1e6 + rng.normal() * 0.1:.3f}"])
    return rows


def test_steps_of_which_others_are_multiples_are_farther_apart(tmp_path: Path) -> None:
    """Of a only each hundredth number has a whole b."""
    _, written = proposed(tmp_path, two(), "--rule", "a+100*b=30000000", "-n", "6")
    assert len(written) == 6
    assert all(int(row["a"]) + 100 * int(row["b"]) == 30_000_000 for row in written)


def test_rules_hold_where_no_near_steps_keep_them(tmp_path: Path) -> None:
    """Rounded to whole numbers they were broken in silence; few whole numbers keep both."""
    words = ["--rule", "b-1.37*a>=1000000.22", "--rule", "b-1.37*a<=1000000.24", "-n", "4"]
    _, written = proposed(tmp_path, two(), *words)
    for row in written:
        total = float(row["b"]) - 1.37 * float(row["a"])
        assert 1_000_000.2199 <= total <= 1_000_000.2401
        whole = row["a"].isdigit() and row["b"].isdigit()
        assert whole != ("between the steps of" in row["note"])
    assert any("." in row["b"] for row in written)


def test_the_least_amount_of_what_is_present_holds_on_steps(tmp_path: Path) -> None:
    """The nearest whole number was below it."""
    rows = [[*row[:2], *row[1:]] for row in two()]
    for i, row in enumerate(rows[1:]):
        row[:3] = [row[0], *("0" if i % 3 else row[1], row[1] if i % 3 else "0")]
    rows[0] = ["a", "b", "c", "yield"]
    words = ["--at-most", "2 of a,b,c least 1500000.4", "-n", "8"]
    _, written = proposed(tmp_path, rows, *words)
    cells = [int(row[name]) for row in written for name in "abc"]
    assert min(cells) == 0 and min(v for v in cells if v) > 1_500_000
    grid = Grid(Number("a", 0, 5e6), 0, None, "whole", (3.0, 5.0))
    least = [AtMost(("a", "b"), 1, 9.5)]
    made = on_steps({"a": np.array([9.6, 0])}, {"a": grid}, [], least, [()] * 2)
    assert made["a"].tolist() == [13, 0]


def test_no_whole_number_is_missed_however_large_a_sum_is() -> None:
    """A share of 1e-9 of a billion billions is many steps."""
    grids = {n: Grid(Number(n, 0, 9e12), 0, None, "whole", (0.0, 1.0)) for n in "abc"}
    values = {"a": np.array([1e12 + 0.4]), "b": np.array([2e12 + 0.4]), "c": np.array([6e12 + 0.2])}
    rule = Linear({"a": 1.0, "b": 1.0, "c": 1.0}, 9e12 + 1, 9e12 + 1)
    made = on_steps(values, grids, [rule], [], [()])
    assert sum(int(made[n][0]) for n in "abc") == 9 * 10**12 + 1
    grids["c"] = Grid(Number("c", 0, 6e12), 0, None, "whole", (0.0, 1.0))
    values = {"a": np.array([1e12]), "b": np.array([2e12]), "c": np.array([6e12])}
    rule = Linear({"a": 1.0, "b": 1.0, "c": 1.0}, 9e12 + 3, 9e12 + 3)
    made = on_steps(values, grids, [rule], [], [("a", "b")])
    assert made["c"][0] <= 6e12


def test_what_whole_numbers_never_add_up_to_is_told(tmp_path: Path) -> None:
    made, _ = proposed(tmp_path, shares(6_000_000), "--sum", "a+b+c=6000000.5")
    assert "No values on the levels, steps or whole numbers of 'a', 'b', 'c' meet" in "\n".join(
        made.problem.remarks
    )
    message = refused(tmp_path, text(shares(600_000)), "--sum", "a+b+c=600000.5",
                      *["--step", "a=2", "--step", "b=2", "--step", "c=2"])  # fmt: skip
    assert "no values in these steps meet" in message


@st.composite
def designs(draw: st.DrawFn) -> dict[str, Any]:
    """Columns with steps, designs near them that keep some rules, and what is held."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width, n = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    names = [f"c{i}" for i in range(width)]
    places = draw(st.sampled_from([0, 0, 2, 6]))
    counts = rng.integers(10**5, 10**7, width)
    size = [10.0**-places * k for k in rng.choice([1, 1, 5], width)]
    start = [round(float(v), places) for v in rng.uniform(-3, 3, width)]
    at = np.array([rng.integers(20, count - 20, n) for count in counts])
    on = np.array(start)[:, None] + np.array(size)[:, None] * at
    stepless = draw(st.booleans()) and width > 2
    grids = {
        name: Grid(Number(name, low, low + step * count), places, None, "", (low, step))
        if not (stepless and i == width - 1)
        else Grid(Number(name, low, low + step * count), None, 12, "")
        for i, (name, low, step, count) in enumerate(zip(names, start, size, counts, strict=True))
    }
    parts = names[: draw(st.integers(2, width))]
    signs = dict(zip(parts, rng.choice([1.0, -1.0], len(parts)), strict=True))
    held = [{*rng.choice(names, draw(st.integers(0, width - 2)), replace=False)} for _ in range(n)]
    # One equation, which all designs keep, and a limit that some of them touch.
    on[:, 1:] = on[:, :1]
    rules = [Linear(signs, *[sum(v * on[names.index(p), 0] for p, v in signs.items())] * 2)]
    move = rng.uniform(-0.5, 0.5, on.shape) * np.array(size)[:, None]
    for i, own in enumerate(held):
        move[[name in own for name in names], i] = 0
        free = [names.index(p) for p in parts if p not in own]
        if free:
            off = sum(v * move[names.index(p), i] for p, v in signs.items())
            move[free[0], i] -= off * signs[names[free[0]]]
    values = dict(zip(names, on + move, strict=True))
    if draw(st.booleans()):
        most = max(float(values[names[0]].max()), float(on[0, 0]))
        rules.append(Linear({names[0]: 1.0}, high=most))
    return {"values": values, "grids": grids, "rules": rules, "at_most": [], "held": held}


@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(designs())
def test_near_steps_keep_the_rules(given_: dict[str, Any]) -> None:
    made = on_steps(**given_)
    values, grids = given_["values"], given_["grids"]
    for name, grid in grids.items():
        low, high = grid.number.low, grid.number.high
        slack = 1e-9 * (high - low)
        assert (made[name] >= low - slack).all() and (made[name] <= high + slack).all()
        for i, own in enumerate(given_["held"]):
            if name in own:
                assert made[name][i] == values[name][i]
            elif grid.steps is not None:
                place = (made[name][i] - grid.steps[0]) / grid.steps[1]
                assert abs(place - round(place)) < 1e-3
                assert abs(made[name][i] - values[name][i]) <= 10 * grid.steps[1]
    for rule in given_["rules"]:
        total = sum(v * made[name] for name, v in rule.coefficients.items())
        slack = 1e-9 * sum(np.abs(v * made[name]) for name, v in rule.coefficients.items()) + 1e-9
        assert (total >= rule.low - slack).all() and (total <= rule.high + slack).all()


def test_what_is_absent_stays_so_and_what_no_step_meets_stays_as_it_is() -> None:
    grids = {
        "a": Grid(Number("a", 0, 5e6), 0, None, "whole", (3.0, 1.0)),
        "b": Grid(Number("b", 0, 5e6), 0, None, "whole", (0.0, 1.0)),
    }
    values = {"a": np.array([0.0, 2.4]), "b": np.array([7.5, 5.1])}
    at_most = [AtMost(("a", "b"), 1)]
    made = on_steps(values, grids, [], at_most, [(), ()])
    assert made["a"].tolist() == [0, 2] and made["b"].tolist() == [8, 5]
    rule = Linear({"a": 1.0, "b": 1.0}, 7.5, 7.5)
    made = on_steps(values, grids, [rule], at_most, [(), ()])
    assert made["a"].tolist() == [0, 2.4] and made["b"].tolist() == [7.5, 5.1]
