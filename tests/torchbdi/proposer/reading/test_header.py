"""Which lines of a file hold the names of the columns, and what stands above and below them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told

from torchbdi.proposer.reading.grid import Grid
from torchbdi.proposer.reading.header import Lines

ROWS = plain()
Y = np.array([float(row[3]) for row in ROWS[1:]])


@pytest.mark.parametrize(
    "above",
    [
        "Instrument,HPLC-7\nOperator,Smith\n\n", "Instrument,HPLC-7,,\nMethod,a,b,\nOperator,c,,\n",
        "My table\nOperator,Smith\n", "sep=,\n",
    ],
)  # fmt: skip
def test_settings_of_an_instrument_above_the_names(above: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, above + text(ROWS))
    np.testing.assert_array_equal(made.scores, Y)
    assert made.order == ("temp", "time", "conc")
    assert "the names stand in row" in told(made)


@pytest.mark.parametrize(
    "below",
    [
        [["Temperature of the bath", "Time at temperature", "Concentration of A", "Yield by HPLC"]],
        [["°C", "min", "M", "%"], ["factor", "factor", "factor", "response"]],
    ],
)
def test_descriptions_below_the_names(below: list[list[str]], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text([ROWS[0], *below, *ROWS[1:]]))
    np.testing.assert_array_equal(made.scores, Y)
    assert repr(below[0][0]) in told(made)


@pytest.mark.parametrize("row", [2, 3])
def test_experiments_that_failed_are_no_descriptions(row: int, tmp_path: Path) -> None:
    rows = plain()
    rows[row - 1][0], rows[row - 1][3] = "room temperature", "was not measured"
    message = refused(tmp_path, text(rows))
    assert f"'room temperature' in row {row} is not a number" in message
    assert "'was not measured'" in message


def test_names_that_groups_share(tmp_path: Path) -> None:
    names = [["Zone 1", "", "Zone 2", ""], ["T", "p", "T", "yield"]]
    for extra in ([], [["°C", "bar", "°C", "%"]]):
        made, _ = asked(tmp_path, text([*names, *extra, *ROWS[1:]]))
        assert made.order == ("Zone 1 T", "p", "Zone 2 T")
        np.testing.assert_array_equal(made.scores, Y)


@pytest.mark.parametrize(
    "above",
    [
        ["°C", "min", "M", "%"], ["Inputs", "Inputs", "Inputs", "Output"], ["A", "B", "C", "Y"],
        ["Study", "A12", "", "x"],
    ],
)  # fmt: skip
def test_the_line_with_the_name_of_the_score_is_the_header(
    above: list[str], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text([above, *ROWS]))
    assert made.order == ("temp", "time", "conc")
    assert "the names stand in row 2" in told(made)


def test_a_first_row_of_texts_is_no_header(tmp_path: Path) -> None:
    rows = [["", "base", "ligand", "yield"], ["DMF", "KOH", "L1", "failed"]]
    rows += [["THF", "KF", f"L{i % 3}", str(i)] for i in range(20)]
    assert "column 1 has no name" in refused(tmp_path, text(rows))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("word", ["nd", "failed"])
def test_first_experiments_that_failed_are_no_units(count: int, word: str, tmp_path: Path) -> None:
    rows = [["ligand", "base", "y1", "y2"], *([f"N{i}", "KF", word, word] for i in range(count))]
    rows += [[f"L{i % 12}", f"B{i // 12}", f"{i}.5", f"{i}.9"] for i in range(40)]
    scores = ("--score", "y1", "--score", "y2")
    made, _ = asked(tmp_path, text(rows), *scores, "--take", f"{word}=0")
    assert len(made.scores) == 40 + count and (made.scores[:count] == 0).all()


def test_names_of_groups_above_the_names(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text([["Conditions", "", "", "Result"], *plain()]))
    assert len(made.scores) == 40
    assert "the names stand in row 2" in told(made)
    message = refused(tmp_path, text([["", *plain()[0][1:]], *plain()[1:]]))
    assert "column 1 has no name" in message  # the names themselves, with a gap


def test_a_first_line_without_names_is_suspected(tmp_path: Path) -> None:
    rows = [["DMF", *row] for row in plain()[1:]]
    assert "write a line of names above it" in refused(tmp_path, text(rows))


@pytest.mark.parametrize(
    "name", ["temp\u00a0(°C)", "temp  (°C)", '"temp\n(°C)"', "\ufefftemp (°C)"]
)
def test_names_that_look_alike_are_alike(name: str, tmp_path: Path) -> None:
    rows = plain()
    rows[0][0] = name
    made, _ = asked(tmp_path, text(rows), "--bounds", "temp (°C)=30:50", "--rule", "temp (°C)<=45")
    assert made.order[0] == "temp (°C)"
    rows[0][3] = "rende\u0301ment"
    assert asked(tmp_path, text(rows), "--score", "rendément")[0].score == "rendément"


def test_ruled_lines_of_printed_lists(tmp_path: Path) -> None:
    line = "-" * 30
    rows = [f"|{'|'.join(cell.rjust(6) for cell in row)}|" for row in ROWS]
    made, _ = asked(tmp_path, "\n".join([line, rows[0], line, *rows[1:], line]) + "\n")
    np.testing.assert_array_equal(made.scores, Y)
    assert made.order == ("temp", "time", "conc")


def test_long_gaps_before_sequences_are_read_in_no_time() -> None:
    """The time was the cube of their length."""
    cells = np.array([f"{'-' * 2000}{i}" for i in range(200)], dtype=object)
    started = time.process_time()
    assert len(Lines.of(Grid([cells], ",", [])).numbers) == 200
    assert time.process_time() - started < 2
