"""What was asked of proposals holds for what is written of them, where options meet."""

from __future__ import annotations

import csv
import io
import itertools
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import asked, plain, refused, text, told
from propose_children import be_quick

from torchbdi.proposer.columns.column import Numbers
from torchbdi.proposer.columns.grids import Grid, grid_of
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import make_problem, ready
from torchbdi.proposer.pipeline import run
from torchbdi.proposer.reading.table import as_texts
from torchbdi.proposer.report.writing import proposals_csv
from torchbdi.proposer.result import Proposals
from torchbdi.proposer.rules.restrict import Restricted
from torchbdi.proposer.rules.room import Room, room_of
from torchbdi.proposer.search.backtest import _own, backtest
from torchbdi.proposer.settings import Settings
from torchbdi.search import maximise
from torchbdi.space import Number

Rows = list[list[str]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)


def proposed(folder: Path, rows: Rows, *words: str) -> tuple[Proposals, list[dict[str, str]]]:
    """The proposals, and the rows of proposals.csv."""
    understood, settings = asked(folder, text(rows), *words)
    p = run(ready(understood, settings), settings, progress=False)
    return p, list(csv.DictReader(io.StringIO(proposals_csv(p))))


def test_the_row_of_a_proposal_is_its_own_however_small_its_numbers(tmp_path: Path) -> None:
    """Concentrations in mol/l: 3e-10 and 8e-10 differ by less than 1e-8."""
    rng = np.random.default_rng(0)
    rows = [["conc", "temp", "yield"]]
    for i in range(40):
        conc, temp = 10 ** rng.uniform(-10, -8.5), 50 if i >= 30 else rng.integers(20, 80)
        score = -((np.log10(conc) + 9) ** 2) - ((temp - 50) / 20) ** 2
        rows.append([f"{conc:.3g}", str(temp), f"{score:.3f}" if i < 30 else ""])
    p, written = proposed(tmp_path, rows, "-n", "8")
    assert p.candidate_row is not None
    assert len(set(p.candidate_row.tolist())) == 8
    for row in written:
        own = rows[int(row["row"]) - 1]
        assert (row["conc"], row["temp"], "") == (own[0], own[1], own[2])


def catalysts(count: int = 12) -> Rows:
    """Part of the grid of catalysts, temperatures and pressures."""
    rng = np.random.default_rng(1)
    rows = [["cat", "temp", "pressure", "yield"]]
    for i, temp, pressure in itertools.product(range(count), (10, 20, 30, 40), (1, 2, 3)):
        if rng.uniform() < 0.6:
            score = 10 - 0.8 * i - ((temp - 22) / 10) ** 2 + pressure + rng.normal() * 0.05
            rows.append([f"cat{i:02d}", str(temp), str(pressure), f"{score:.3f}"])
    return rows


@pytest.mark.parametrize(
    "words",
    [
        ["--fix", "cat"], ["--fix", "cat", "--fix", "temp"],
        ["--fix", "temp", "--rule", "temp+pressure<=32"], ["--fix", "cat", "--fix", "pressure=2"],
    ],
)  # fmt: skip
def test_all_new_designs_are_there_where_columns_keep_known_values(
    words: list[str], tmp_path: Path
) -> None:
    """Not those of the eight best catalysts alone, and the number that is told is theirs."""
    rows = catalysts()
    known = {tuple(row[:3]) for row in rows[1:]}
    every = itertools.product(sorted({row[0] for row in rows[1:]}), ("10", "20", "30", "40"), "123")
    left = {design for design in every if design not in known}
    if "temp" in words and "cat" in words:
        left = {design for design in left if any(design[:2] == own[:2] for own in known)}
    if "--rule" in words:
        left = {design for design in left if int(design[1]) + int(design[2]) <= 32}
    if "pressure=2" in words:
        left = {design for design in left if design[2] == "2"}
    p, written = proposed(tmp_path, rows, "-n", "100", *words)
    assert {(row["cat"], row["temp"], row["pressure"]) for row in written} == left
    assert f"There are {len(left)} designs left without a score" in told(p.problem)


def test_rows_to_choose_from_keep_what_any_known_design_has(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [["cat", "temp", "yield"]]
    for i in range(70):
        temp = rng.uniform(20, 80)
        score = f"{10 - 0.8 * (i % 12) - ((temp - 50) / 20) ** 2:.3f}" if i < 54 else ""
        rows.append([f"cat{i % 12:02d}" if i < 68 else "new", f"{temp:.1f}", score])
    p, written = proposed(tmp_path, rows, "-n", "20", "--fix", "cat")
    assert "2 of the rows without a score do not meet" in told(p.problem)
    assert sorted(int(row["row"]) for row in written) == list(range(56, 70))


@pytest.mark.parametrize("low", [0.23, 0.6, 1.17, -0.37, 12.34])
@pytest.mark.parametrize("step", [0.1, 0.05, 0.2, 0.25])
def test_steps_lie_within_the_observed_range(low: float, step: float) -> None:
    """0.23 + 0.07 is 0.30000000000000004 to a computer; multiples of 0.1 begin at 0.3 for it."""
    values = np.round(low + np.random.default_rng(0).uniform(0, 1.3, 40), 2)
    values[0] = low
    column = Numbers("v", float(values.min()), float(values.max()))
    grid = grid_of(column, values, as_texts([f"{v:.2f}" for v in values]), step)
    first, last = np.ceil(low / step - 1e-9), np.floor(values.max() / step + 1e-9)
    assert grid.number.low == round(first * step, 2)
    assert grid.number.high == round(last * step, 2)
    assert grid.decimals is not None


def test_steps_begin_at_a_bound_only_where_one_is_given(tmp_path: Path) -> None:
    cells = [[f"{0.23 + 0.07 * i:.2f}", f"{i * 7 % 10}", f"{i * 3 % 17}.5"] for i in range(30)]
    content = text([["v", "w", "yield"], *cells])

    def lowest(bounds: str) -> float:
        words = ["--bounds", bounds] if bounds else []
        return asked(tmp_path, content, "--step", "v=0.1", *words)[0].grids["v"].number.low

    assert (lowest(""), lowest("v=:1.5")) == (0.3, 0.3)
    assert (lowest("v=0.25:"), lowest("v=0.25:1.5")) == (0.25, 0.25)


@pytest.mark.parametrize("sign", ["<=", ">="])
def test_rules_and_bounds_hold_for_what_is_written(sign: str, tmp_path: Path) -> None:
    """At a rule's edge a number has more than six digits, unless the other one has few."""
    rng = np.random.default_rng(3)
    rows = [["a", "b", "c", "yield"]]
    for _ in range(40):
        a, b, c = 10 ** rng.uniform(-3, 1), rng.uniform(1, 9), rng.uniform(1, 9)
        good = a + b if sign == "<=" else -a - b
        rows.append([f"{a:.3g}", f"{b:.2f}", f"{c:.2f}", f"{good + c:.3f}"])
    _, written = proposed(
        tmp_path, rows, "-n", "8", "--free", "b", "--free", "c",
        "--rule", f"a+2*b{sign}11", "--bounds", "c=2.123456:7.654321", "--fix", "a=0.000107",
    )  # fmt: skip
    for row in written:
        a, b, c = (float(row[name]) for name in "abc")
        assert (a + 2 * b - 11) * (1 if sign == "<=" else -1) <= 1e-9
        assert 2.123456 <= c <= 7.654321


def test_a_part_cannot_be_absent_below_its_bounds(tmp_path: Path) -> None:
    words = ("--at-most", "2 of temp,time,conc", "--bounds", "time=10:50")
    message = refused(tmp_path, text(plain()), *words)
    assert "at-most: column 'time' may be absent, but its bounds begin at 10" in message
    assert "--bounds time=0:50" in message
    words = ("--at-most", "2 of temp,time,conc least 10", "--bounds", "time=0:50")
    made, _ = asked(tmp_path, text(plain()), *words, "--bounds", "conc=0:20")
    assert made.at_most[0].least == 10


def test_a_least_amount_is_offered_only_where_all_parts_reach_it(tmp_path: Path) -> None:
    rule = "1 of temp,conc"
    message = refused(tmp_path, text(plain()), "--at-most", rule, "--bounds", "temp=30:")
    assert "--bounds temp=0:)" in message and "least" not in message
    asked(tmp_path, text(plain()), "--at-most", rule, "--bounds", "temp=0:")
    message = refused(tmp_path, text(plain()), "--at-most", rule, "--bounds", "conc=0.5:")
    assert "--bounds conc=0:)" in message and "'least 0.5'" in message
    asked(tmp_path, text(plain()), "--at-most", f"{rule} least 0.5", "--bounds", "conc=0:")


def test_a_column_of_many_decades_can_be_fixed_at_nothing(tmp_path: Path) -> None:
    rows = plain()
    rows = [["dose", *rows[0]], *([f"1e-{i % 5}", *row] for i, row in enumerate(rows[1:]))]
    for fixed in ("0", "-1"):
        made, settings = asked(tmp_path, text(rows), "--fix", f"dose={fixed}")
        assert not made.grids["dose"].number.log
        ready(made, settings).space.held({"dose": float(fixed)})


def test_names_that_are_numbers_are_counted_as_known() -> None:
    """A whole number of Python's is the name 3; so is 3.0."""
    every = list(itertools.product((1.0, 2.0, 3.0), (10.0, 20.0, 30.0), (1.0, 2.0)))
    x = np.array(every[:-1] * 2)
    y = np.arange(len(x)) % 7 * 1.5
    for three in (3, 3.0, "3"):
        problem = made_of(x, y, categories=("x0",), fix={"x0": three})
        assert "There is 1 design left without a score" in told(problem)


def made_of(x: Any, y: Any, **settings: Any) -> Any:
    return make_problem(*table_of(x, y), Settings(**settings))


def test_the_backtest_counts_designs_that_are_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grades: a fifth of the table is less than all that have the best one."""
    only: dict[str, Any] = {"torchbdi": lambda *args: _own(Settings(), *args)}
    monkeypatch.setattr("torchbdi.proposer.search.backtest._methods", lambda _: only)
    x = np.random.default_rng(0).uniform(-1, 1, (60, 2))
    found = backtest(made_of(x, np.where(x[:, 0] > -0.1, 5.0, 1.0 + (x[:, 0] > -0.5))), Settings())
    assert found is not None
    best = int((x[:, 0] > -0.1).sum())
    assert (found.hidden, found.tied) == (12, best - 12)
    assert found.shares["torchbdi"][-1] > 0.95
    # Of the others, half are hidden with the fifth.
    expected = (12 + (best - 12) / 2) / 36
    assert found.shares["random order"][-1] == pytest.approx(expected, abs=0.1)
    assert f"{best - 12} others have the score of the worst of these" in found.lines()[0]
    assert "1 other has the score" in replace(found, tied=1).lines()[0]


def test_only_scores_have_the_unit_of_the_score(tmp_path: Path) -> None:
    """A score that is called distance is none in standard deviations."""
    rows = plain()
    rows = [["temp", "time", "conc", "distance"], *([*r[:3], f"{r[3]} km"] for r in rows[1:])]
    _, written = proposed(tmp_path, rows, "-n", "2", "--score", "distance")
    assert written[0]["predicted_distance"].endswith(" km")
    assert written[0]["nearest_distance"].endswith(" km")
    assert float(written[0]["distance"]) > 0


def test_what_is_below_a_limit_may_lie_on_it_and_that_is_told(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(plain()), "--rule", "temp<60", "--rule", "time>=10")
    assert "Rule 'temp<60' is kept as temp <= 60: proposals can lie on its limit." in told(made)
    assert "time>=10" not in told(made)


@pytest.mark.parametrize("fixed", ["temp", "temp=50.7"])
def test_a_fixed_column_has_no_steps(fixed: str, tmp_path: Path) -> None:
    message = refused(tmp_path, text(plain()), "--step", "temp=0.5", "--fix", fixed)
    assert "column 'temp' has both step and fix: choose one" in message


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


def test_many_known_designs_among_many_levels_are_counted_in_little_memory() -> None:
    """Of 20,000 rows and 100,000 levels each pair would take 16 GB."""
    rng = np.random.default_rng(0)
    levels = rng.choice(100_000, 20_000, replace=False)
    number = Number("n", 0, 99_999, step=1)
    restricted = Restricted(
        (Numbers("n", 0, 99_999),), {"n": Grid(number, 0, None, "whole")}, (), ()
    )
    tracemalloc.start()
    room = room_of(restricted, {"n": levels.astype(float)}, Settings())
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    assert room == Room(100_000, 80_000)


def test_where_all_is_known_nothing_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of hundreds of catalysts three have a temperature that was not tried."""
    searched = []

    def counted(*args: Any, **settings: Any) -> Any:
        searched.append(args)
        return maximise(*args, **settings)

    monkeypatch.setattr("torchbdi.proposer.search.candidates.maximise", counted)
    every = [(f"cat{i:02d}", temp) for i in range(30) for temp in (10, 20, 30)]
    left = {("cat07", 20), ("cat15", 10), ("cat28", 30)}
    rows = [["cat", "temp", "yield"]] + [
        [cat, str(temp), f"{int(cat[3:]) / 3 - temp / 9:.2f}"]
        for cat, temp in every
        if (cat, temp) not in left
    ]
    _, written = proposed(tmp_path, rows, "--fix", "cat", "--category", "cat", "-n", "9")
    assert {(row["cat"], int(row["temp"])) for row in written} == left
    assert len(searched) == 3
