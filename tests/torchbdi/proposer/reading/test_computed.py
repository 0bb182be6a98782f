"""Lines that were computed from those above: below the table, and below its groups."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told, with_column

from torchbdi.proposer.reading.computed import subtotals
from torchbdi.proposer.reading.file import read_table

NAMED = with_column("próba", [f"P{i + 1}" for i in range(40)])
NUMBERS = np.array([[float(cell) for cell in row[1:]] for row in NAMED[1:]])


def line(name: str, numbers: np.ndarray) -> list[str]:
    return [name, *(f"{v:.2f}" for v in numbers)]


@pytest.mark.parametrize(
    ("name", "statistic"),
    [
        ("Średnia", lambda v: v.mean(0)), ("Suma", lambda v: v.sum(0)), ("", lambda v: v.mean(0)),
        ("Écart-type", lambda v: v.std(0, ddof=1)), ("Moyenne générale", lambda v: v.mean(0)),
    ],
)  # fmt: skip
def test_means_in_any_language(
    name: str, statistic: Callable[[np.ndarray], np.ndarray], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text([*NAMED, line(name, statistic(NUMBERS))]))
    assert len(made.scores) == 40 and "Row 42 at the end holds no experiment" in told(made)
    comma = text([*NAMED, line(name, statistic(NUMBERS))], ";").replace(".", ",")
    assert len(asked(tmp_path, comma)[0].scores) == 40


def test_several_statistics_and_one_without_names(tmp_path: Path) -> None:
    more = [line("Średnia", NUMBERS.mean(0)), line("Maks.", NUMBERS.max(0)),
            line("Odch. st.", NUMBERS.std(0))]  # fmt: skip
    made, _ = asked(tmp_path, text([*NAMED, *more]))
    assert len(made.scores) == 40 and "Rows 42 to 44 at the end" in told(made)
    without = [*plain(), [f"{v:.4f}" for v in NUMBERS.mean(0)]]
    assert len(asked(tmp_path, text(without))[0].scores) == 40


def test_experiments_are_none(tmp_path: Path) -> None:
    """A low corner with the worst score, a centre point, and a mean of the settings alone."""
    for own in (
        line("P41", NUMBERS.min(0)),
        line("control", NUMBERS.min(0)),
        line("P41", NUMBERS.mean(0)),
        line("centre", [*NUMBERS.mean(0)[:3], NUMBERS[:, 3].mean() + 1]),  # type: ignore[arg-type]
    ):
        assert len(asked(tmp_path, text([*NAMED, own]))[0].scores) == 41


def test_a_centre_point_with_a_usual_score_is_an_experiment(tmp_path: Path) -> None:
    levels = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)] * 4
    scores = [10 * a + b + i % 5 + 50 for i, (a, b) in enumerate(levels)]
    rows = [["kind", "a", "b", "day", "yield"]]
    rows += [[f"P{i}", f"{a}", f"{b}", "1", f"{y}"]
             for i, ((a, b), y) in enumerate(zip(levels, scores, strict=True))]  # fmt: skip
    rows.append(["centre", "0", "0", "1", f"{np.mean(scores):.0f}"])
    (tmp_path / "t.csv").write_text(text(rows))
    assert len(read_table(tmp_path / "t.csv")) == 37


def test_a_centre_point_without_a_score_is_no_mean(tmp_path: Path) -> None:
    """The mean of a factorial design is its centre, which can be left to choose."""
    rows = [["T", "P", "t", "yield"]]
    for i, (a, b, c) in enumerate(product((60, 80), (1.5, 2.5), (10, 20, 30))):
        rows.append([f"{a}", f"{b}", f"{c}", f"{a / 4 + 3 * b + c / 10 + i % 3:.1f}"])
    (tmp_path / "t.csv").write_text(text([*rows, ["70", "2.0", "20", ""]]))
    assert len(read_table(tmp_path / "t.csv")) == 13


def test_names_that_end_as_totals_do_are_no_lines_below_groups(tmp_path: Path) -> None:
    phones = [name + more for name in "ABCDEFGHIJ" for more in ("", " max", " plus", " mini")]
    (tmp_path / "t.csv").write_text(text(with_column("phone", phones)))
    assert len(read_table(tmp_path / "t.csv")) == 40
    ways = ["fast", "slow", "slow max", "fast", "slow", "fast max", *["fast", "slow"] * 17]
    made, _ = asked(tmp_path, text(with_column("way", ways)))
    assert len(made.scores) == 40


def test_long_gaps_of_an_alignment_are_read_in_no_time() -> None:
    """The time was the square of their length."""
    cells = np.array([[f"{'ACDE' * 9}{'-' * 2000}{i}"] for i in range(400)])
    started = time.process_time()
    assert not subtotals(cells).any()
    assert time.process_time() - started < 2


def test_lines_below_groups(tmp_path: Path) -> None:
    rows = with_column("catalyst", [name for name in "ABCD" for _ in range(10)])
    groups = [rows[0]]
    for i, name in enumerate("ABCD"):
        own = rows[1 + 10 * i : 11 + 10 * i]
        groups += [*own, line(f"{name} Average", NUMBERS[10 * i : 10 * i + 10].mean(0))]
    made, _ = asked(tmp_path, text(groups))
    assert len(made.scores) == 40 and made.columns[0].classes == tuple("ABCD")  # type: ignore[union-attr]
    assert "called after a group above hold no experiment: row 12 ('A Average')" in told(made)
    together = [row for row in groups if "Average" not in row[0]]
    together += [row for row in groups if "Average" in row[0]]
    assert len(asked(tmp_path, text(together))[0].scores) == 40
    sums = [row if "Average" not in row[0] else [f"Sum of {row[0][0]}", *row[1:]] for row in groups]
    assert len(asked(tmp_path, text(sums))[0].scores) == 40
    column = ["A", "", "", "A total", "B", "", "B total"]  # a name in the first line alone
    expected = [name.endswith("total") for name in column]
    assert subtotals(np.array(column, dtype=object)[:, None]).tolist() == expected
    levels = ["low", "max", "low max", "total"] * 10
    made, _ = asked(tmp_path, text(with_column("fat", levels)))
    assert len(made.scores) == 40
