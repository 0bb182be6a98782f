"""Columns made from the score, numbers far from all others, sums that break, scores with errors."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

from torchbdi import InputError
from torchbdi.proposer.columns.suspects import name_remarks
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand

RNG = np.random.default_rng(0)
Y = np.array([float(row[3]) for row in plain()[1:]])


@pytest.mark.parametrize(
    "cells",
    [
        [f"{round(y, -1):.0f}" for y in Y],
        [f"{-round(y / 8)}" for y in Y],
        ["bad" if y < np.quantile(Y, 0.3) else "good" if y > np.median(Y) else "fair" for y in Y],
        ["fail" if y < np.median(Y) else "pass" for y in Y],
    ],
)
def test_grades_of_the_score(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("class", cells)))
    assert any(
        "'class'" in remark and "--ignore class" in remark and "result" in remark
        for remark in made.remarks[:1]
    )


@pytest.mark.parametrize(
    "cells",
    [
        ["a", "b"] * 20,
        ["b" if y == Y.max() else "a" for y in Y],  # one row parts any scores
        [f"{10 * round(float(row[0]) / 10)}" for row in plain()[1:]],
        [str(v) for v in RNG.permutation([1, 2, 3, 4, 5] * 8)],
    ],
)
def test_levels_that_can_be_chosen(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("class", cells)))
    assert "made from the score" not in told(made)


def test_two_levels_of_a_score_of_two_values(tmp_path: Path) -> None:
    rows = [[*row[:3], str(int(float(row[3]) > 60))] for row in plain()[1:]]
    made, _ = asked(tmp_path, text([plain()[0], *rows]))
    assert "made from the score" not in told(made)


def test_numbers_of_designs_far_from_all_others(tmp_path: Path) -> None:
    rows = plain()
    rows[4][0] = rows[9][0] = "-999"
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "'temp'" in r)
    assert "-999 in row 5, -999 in row 10" in remark
    words = shlex.split(remark[remark.index("--bounds") : remark.index(" says")])
    kept, _ = asked(tmp_path, text(rows), *words)
    column = kept.columns[0]
    others = [float(row[0]) for row in rows[1:] if row[0] != "-999"]
    assert (column.low, column.high) == (min(others), max(others))  # type: ignore[union-attr]
    assert "far from all others" not in told(kept)
    assert "far from all others" not in told(asked(tmp_path, text(plain()))[0])


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


@pytest.mark.parametrize(("unit", "read"), [(" turns", True), (" €", True), ("A", False)])
def test_any_one_word_after_numbers_is_their_unit(unit: str, read: bool, tmp_path: Path) -> None:
    rows = [[row[0] + (unit if i else ""), *row[1:]] for i, row in enumerate(plain())]
    rows = [[row[0].replace("A", "-A"), *row[1:]] for row in rows]
    made, _ = asked(tmp_path, text(rows))
    assert ("temp" in [c.name for c in made.columns]) == read
    if read:
        np.testing.assert_array_equal(made.values["temp"], [float(r[0]) for r in plain()[1:]])
        assert f"every number has {unit.strip()!r} after it" in told(made)


@pytest.mark.parametrize("error", [" ± 0.1", " +/- 1.5", "(3)", "±0.25"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_scores_with_their_errors(error: str, decimal: str, tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] += error
    separator = "," if decimal == "." else ";"
    if decimal == ",":
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    made, _ = asked(tmp_path, text(rows, separator))
    np.testing.assert_array_equal(made.scores, Y)
    assert f"as in {rows[1][3]!r}, was left out" in told(made)


def test_scores_that_are_words(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = "TRUE" if float(row[3]) > 60 else "FALSE"
    message = refused(tmp_path, text(rows))
    way = message[message.index("--take") : message.index("; or choose")]
    made, _ = asked(tmp_path, text(rows), *shlex.split(way))
    np.testing.assert_array_equal(made.scores, Y > 60)


def test_a_score_that_is_not_finite_can_be_left_out(tmp_path: Path) -> None:
    rows = plain()
    rows[4][3] = "-inf"
    message = refused(tmp_path, text(rows))
    way = message[message.index("--take") : message.index("), or")]
    made, _ = asked(tmp_path, text(rows), *shlex.split(way))
    assert 5 not in made.rows.tolist()


def test_words_and_booleans_among_the_scores_in_python() -> None:
    x = np.array([[float(cell) for cell in row[:3]] for row in plain()[1:]])
    high = Y > 60
    table, score, y = table_of(x, high)
    made = understand(table, score, y, Settings())
    np.testing.assert_array_equal(made.scores, high)
    table, score, y = table_of(x, np.where(high, "good", "bad"))
    with pytest.raises(InputError) as caught:
        understand(table, score, y, Settings())
    assert "takes={'bad': 0, 'good': 1}" in str(caught.value)
    made = understand(table, score, y, Settings(takes={"bad": 0, "good": 1}))
    np.testing.assert_array_equal(made.scores, high)


@pytest.mark.parametrize("share", [12, 3])
@pytest.mark.parametrize("gap", ["-999", "9999"])
def test_what_programs_write_for_a_gap_is_named_however_often(
    gap: str, share: int, tmp_path: Path
) -> None:
    rows = plain(60)
    for row in rows[1::share]:
        row[2] = gap
    remark = next(r for r in asked(tmp_path, text(rows))[0].remarks if "'conc'" in r)
    assert f"{gap} in row 2, {gap} in row {2 + share}" in remark and "--drop-missing" in remark
    for row in rows[1::share]:
        row[2], row[3] = "1.0", gap
    said = told(asked(tmp_path, text(rows))[0])
    assert f"Scores lie far from all others: {gap} in row 2" in said
    assert "the best of all" not in said


def test_the_highest_dose_of_a_series_is_no_gap(tmp_path: Path) -> None:
    doses = np.array(["0", "0.01", "0.1", "1", "10", "100"])[RNG.integers(6, size=60)]
    made, _ = asked(tmp_path, text(with_column("dose", doses.tolist(), 60)))
    assert "far from all others" not in told(made)


def test_a_single_row_with_another_value(tmp_path: Path) -> None:
    rows = [["flow", "gas", *plain()[0]], *(["5", "N2", *row] for row in plain()[1:])]
    rows[7][0], rows[9][1] = "500", "Ar"
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "'flow'" in r)
    assert "'flow' is 5 in all rows but row 8 (500), 'gas' is N2 in all rows but row 10" in remark
    words = shlex.split(remark[remark.index("--fix") : remark.index(" keeps")])
    kept, _ = asked(tmp_path, text(rows), *words, "--fix", "gas=N2")
    assert kept.fixed == {"flow": 5.0, "gas": "N2"}
    assert "in all rows but" not in told(kept)


def test_scores_at_the_end_of_a_scale(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = f"{min(100.0, float(row[3]) + 35):.1f}"
    count = sum(row[3] == "100.0" for row in rows[1:])
    assert f"{count} of 40 scores are 100, the best of all" in told(asked(tmp_path, text(rows))[0])
    assert "the best of all" not in told(asked(tmp_path, text(rows), "--minimize")[0])
    for row in rows[1:]:
        row[3] = f"{100 - float(row[3]):.1f}"
    assert "a prediction below it" in told(asked(tmp_path, text(rows), "--minimize")[0])
    for row in rows[1:]:
        row[3] = f"{RNG.poisson(5)}"
    assert "the best of all" not in told(asked(tmp_path, text(rows))[0])


def test_columns_called_like_errors(tmp_path: Path) -> None:
    made, _ = asked(
        tmp_path, text(with_column("StDev", [f"{v:.2f}" for v in RNG.uniform(size=40)]))
    )
    assert "Column 'StDev' is called like the error of a measurement" in told(made)
    assert name_remarks("tc", ["sd", "rsd"], Ways(True))[0].startswith("Columns 'sd', 'rsd' are")


def test_repetitions_in_two_units(tmp_path: Path) -> None:
    rows = [[*row, "second" if i == 0 else f"{float(row[3]) / 100:.3f}"]
            for i, row in enumerate(plain())]  # fmt: skip
    both = ("--score", "yield", "--score", "second")
    assert "'yield' spreads 100 times as wide" in told(asked(tmp_path, text(rows), *both)[0])
    for row in rows[1:]:
        row[-1] = f"{float(row[3]) + RNG.normal():.1f}"
    assert "times as wide" not in told(asked(tmp_path, text(rows), *both)[0])


@pytest.mark.parametrize("failed", ["0", "-1"])
def test_what_may_have_been_written_for_runs_that_failed(failed: str, tmp_path: Path) -> None:
    rows = plain()
    assert "failed" not in told(asked(tmp_path, text(rows))[0])
    for row in rows[1::4]:
        row[3] = failed
    for words, what in (((), "worst"), (("--minimize",), "best")):
        made, _ = asked(tmp_path, text(rows), *words)
        remark = next(r for r in made.remarks if f"10 of 40 scores are {failed}, the {what}" in r)
        assert "failed" in remark
        way = shlex.split(remark[remark.index("--take") : remark.index(" leaves these out")])
        left, _ = asked(tmp_path, text(rows), *words, *way)
        assert len(left.scores) == 30 and f"the {what} of all" not in told(left)
    for row in rows[1::4]:
        row[3] = "100"
    said = told(asked(tmp_path, text(rows))[0])
    assert "10 of 40 scores are 100, the best of all" in said and "failed" not in said


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (lambda a, b: f"{a * b / 100:.1f}", "'yield' is 0.01 times 'conv' times 'sel' in"),
        (lambda a, b: f"{100 * a / b:.1f}", "'yield' is 100 times 'conv' / 'sel' in"),
        (lambda a, b: f"{b - a:.1f}", "'yield' is sel - conv in"),
        (lambda a, b: f"{(a + b) / 2:.2f}", "'yield' is 0.5 conv + 0.5 sel in"),
    ],
)
def test_a_score_that_was_computed_from_columns(
    score: Callable[[float, float], str], said: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    pairs = [[f"{v:.1f}" for v in rng.uniform(20, 90, 2)] for _ in range(40)]
    rows = [["conv", "sel", *plain()[0]]]
    for (a, b), row in zip(pairs, plain()[1:], strict=True):
        rows.append([a, b, *row[:3], score(float(a), float(b))])
    made, _ = asked(tmp_path, text(rows))
    assert said in made.remarks[0] and "computed from these columns" in made.remarks[0]
    words = shlex.split(made.remarks[0][made.remarks[0].index("--ignore") :].rstrip(")."))
    assert sorted(words[1::2]) == ["conv", "sel"]
    for row in rows[1:]:
        row[-1] = f"{float(row[-1]) + rng.normal():.1f}"
    assert "computed from" not in told(asked(tmp_path, text(rows))[0])
