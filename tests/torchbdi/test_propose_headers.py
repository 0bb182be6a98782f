"""Several lines of names, what stands above and below them, and workbooks with merged cells."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

from torchbdi.proposer.columns.column import Classes

ROWS = plain()
Y = np.array([float(row[3]) for row in ROWS[1:]])


def workbook(rows: list[list[Any]], change: Callable[[Any], object] = lambda sheet: None) -> bytes:
    """A workbook of one sheet, in which something was changed."""
    import openpyxl

    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(content)
    return content.getvalue()


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


def test_merged_names_and_merged_levels(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Catalyst", "Conditions", None, None, "Result"], [None, *ROWS[0]]]
    rows += [[f"C{i // 4}" if i % 4 == 0 else None, *map(float, row)]
             for i, row in enumerate(ROWS[1:])]  # fmt: skip

    def merge(sheet: Any) -> None:
        for cells in ("A1:A2", "B1:D1", *(f"A{i}:A{i + 3}" for i in range(3, 43, 4))):
            sheet.merge_cells(cells)

    made, _ = asked(tmp_path, workbook(rows, merge), name="t.xlsx")
    assert made.order == ("Catalyst", *ROWS[0][:3])
    assert made.values["Catalyst"].tolist() == [f"C{i // 4}" for i in range(40)]
    np.testing.assert_array_equal(made.scores, Y)
    assert "Merged cells count in each of their rows" in told(made)
    message = refused(tmp_path, workbook(rows), name="t.xlsx")  # the same without merged cells
    assert "missing cells" in message or "no name" in message


def test_a_workbook_keeps_names_such_as_none(tmp_path: Path) -> None:
    rows = with_column("additive", ["None", "n/a", "KF", "NULL"] * 10)
    message = refused(tmp_path, workbook(rows), name="t.xlsx")
    assert message == refused(tmp_path, text(rows), name="t.xlsx")
    made, _ = asked(tmp_path, workbook(rows), "--category", "additive", name="t.xlsx")
    column = made.columns[0]
    assert isinstance(column, Classes) and column.classes == ("KF", "NULL", "None", "n/a")


@pytest.mark.parametrize("merged", ["A1:B1", "A1:A2", ""])
def test_a_table_that_does_not_begin_in_the_first_cell(merged: str, tmp_path: Path) -> None:
    rows = [[], [], *([None, None, *row] for row in ROWS)]
    content = workbook(rows, lambda sheet: merged and sheet.merge_cells(merged))
    made, _ = asked(tmp_path, content, name="t.xlsx")
    np.testing.assert_array_equal(made.scores, Y)
    assert made.rows[0] == 4


def test_a_table_that_lies_on_its_side_is_said_to(tmp_path: Path) -> None:
    rows = with_column("run", [f"E{i}" for i in range(40)])
    message = refused(tmp_path, text([list(row) for row in zip(*rows, strict=True)]))
    assert "row 5 is called so: the table lies on its side" in message


def test_texts_among_numbers_of_a_workbook(tmp_path: Path) -> None:
    """Beside real numbers 76,9 has decimals, and 0.1 + 0.2 is what the spreadsheet shows."""
    rows: list[list[Any]] = [ROWS[0], *([*map(float, row)] for row in ROWS[1:])]
    for i, row in enumerate(rows[1:]):
        row[0] = str(row[0]).replace(".", ",") if i % 3 else row[0]
        row[2] = 0.1 * (i % 8) + 0.1
    made, _ = asked(tmp_path, workbook(rows), name="t.xlsx")
    np.testing.assert_array_equal(made.values["temp"], [float(row[0]) for row in ROWS[1:]])
    assert made.grids["conc"].number.levels == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


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


def test_rows_without_a_score_that_all_lack_cells_are_not_forgotten(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1::5]:
        row[2:] = ["", "PENDING"]
    message = refused(tmp_path, text(rows), "--drop-missing")
    assert "none of the 8 rows without a score has all its cells" in message
    made, _ = asked(tmp_path, text(rows), "--drop-missing", "--take", "PENDING=out")
    assert len(made.scores) == 32


@pytest.mark.parametrize("place", [3, 40])
def test_sequences_alone_in_their_line_are_to_be_chosen_from(place: int, tmp_path: Path) -> None:
    sites = ["".join(np.random.default_rng(i).choice(list("ACGT"), 9)) for i in range(48)]
    rows = [[site, "1.5", f"{i}", f"{i % 7}.5"] for i, site in enumerate(sites[:40])]
    alone = [[site, "", "", ""] for site in sites[40:]]
    content = text([["site", "Tm", "mass", "yield"], *rows[:place], *alone, *rows[place:]])
    made, _ = asked(tmp_path, content, "--ignore", "Tm", "--ignore", "mass")
    assert made.candidates is not None
    assert made.candidates["site"].tolist() == sites[40:]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("word", ["nd", "failed"])
def test_first_experiments_that_failed_are_no_units(count: int, word: str, tmp_path: Path) -> None:
    rows = [["ligand", "base", "y1", "y2"], *([f"N{i}", "KF", word, word] for i in range(count))]
    rows += [[f"L{i % 12}", f"B{i // 12}", f"{i}.5", f"{i}.9"] for i in range(40)]
    scores = ("--score", "y1", "--score", "y2")
    made, _ = asked(tmp_path, text(rows), *scores, "--take", f"{word}=0")
    assert len(made.scores) == 40 + count and (made.scores[:count] == 0).all()
