"""Files as people have them: each is read, or refused with a way out that can be typed."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

from torchbdi import MissingDependencyError
from torchbdi.proposer.reading import grid
from torchbdi.proposer.reading.grid import dialect
from torchbdi.proposer.reading.numerals import mark_of, split
from torchbdi.proposer.reading.numerals import plain as plainly

ROWS = plain()
PLAIN = text(ROWS)
# Column by column, as numbers.
EXPECTED = {name: np.array([float(r[i]) for r in ROWS[1:]]) for i, name in enumerate(ROWS[0])}


def commas(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace(".", ",") for cell in row] for row in rows]


def workbook() -> bytes:
    import openpyxl

    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [ROWS[0], *([float(cell) for cell in row] for row in ROWS[1:])]:
        book.active.append(row)
    book.create_sheet("notes").append(["nothing"])
    book.save(file)
    return file.getvalue()


UNITS = [ROWS[0], ["°C", "min", "M", "%"], *ROWS[1:]]
PERCENT = [ROWS[0], *([*row[:3], row[3] + "%"] for row in ROWS[1:])]
FILES: dict[str, tuple[str | bytes, int, str]] = {
    # what the file is, the number of its first row, and what is told
    "plain": (PLAIN, 2, ""),
    "decimal commas": (text(commas(ROWS), ";"), 2, "written with a comma in 'temp', 'time'"),
    "quoted commas": (
        text([[f'"{cell}"' for cell in row] for row in commas(ROWS)]), 2, "with a comma",
    ),
    "a line of units": (text(UNITS), 3, "Row 2 holds units ('°C', 'min', 'M', '%')"),
    "units in cells": (text(PERCENT), 2, "Column 'yield': every number has '%' after it"),
    "utf-16": (PLAIN.replace(",", "\t").encode("utf-16"), 2, ""),
    "utf-32": (PLAIN.encode("utf-32"), 2, ""),
    "latin-1": (
        b"# \xb5 is one byte here\n" + PLAIN.encode(), 3, "not UTF-8 (line 1, column 3)",
    ),
    "workbook": (workbook(), 2, "Of the sheets 'Sheet', 'notes' the first was read"),
    "pipes": (text(ROWS, "|"), 2, ""),
    "blanks after commas": (text(ROWS, ", "), 2, ""),
    "empty columns": (text([[*row, "", ""] for row in ROWS]), 2, "2 columns without a name"),
    "trailing commas": (
        text([ROWS[0], *([*row, ""] for row in ROWS[1:])]), 2, "1 column without a name",
    ),
    "comments": (f"# exported\n# operator: a, b\n{PLAIN}", 4, "2 rows before the header"),
    "a title": (f"Campaign 7 results,,,\n{PLAIN}", 3, "Row 1 was left out ('Campaign 7 results')"),
    "an empty line first": ("\n\n" + PLAIN, 4, ""),
    "an index without a name": (
        text([["", *ROWS[0]], *([str(i), *row] for i, row in enumerate(ROWS[1:]))]), 2,
        "Column 1 has no name and counts the rows",
    ),
    "CR alone": (PLAIN.replace("\n", "\r"), 2, ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_one_table_in_many_files(kind: str, tmp_path: Path) -> None:
    content, first, remark = FILES[kind]
    made, settings = asked(tmp_path, content)
    assert made.order == ("temp", "time", "conc")
    for name in made.order:
        np.testing.assert_array_equal(made.values[name], EXPECTED[name])
    np.testing.assert_array_equal(made.scores, EXPECTED["yield"])
    assert made.rows.tolist() == list(range(first, first + 40))
    assert remark in told(made)
    assert settings.n == 32


def test_it_is_written_as_it_was_read(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(commas(ROWS), ";"))
    assert (made.table.form.separator, made.table.form.decimal) == (";", ",")
    made, _ = asked(tmp_path, text(PERCENT))
    assert made.table.form.units == {"yield": "%"}


def test_thousands_where_the_file_leaves_no_doubt_and_a_question_where_it_does(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    whole = [f"{v:,}" for v in rng.integers(1100, 9900, 40)]
    table = with_column("mw", [f'"{cell}"' for cell in whole])
    made, _ = asked(tmp_path, text(table))  # the other columns have points before decimals
    assert made.values["mw"].tolist() == [float(cell.replace(",", "")) for cell in whole]
    assert f"{whole[0]!r} is {whole[0].replace(',', '')}" in told(made)
    assert f"If it is {whole[0].replace(',', '.')}, say --decimal comma" in told(made)
    no_points = [[cell.replace(".", "") for cell in row] for row in table]
    message = refused(tmp_path, text(no_points))
    assert f"{whole[0].replace(',', '')} if commas part thousands" in message
    assert "--decimal point for the first, --decimal comma for the second" in message
    made, _ = asked(tmp_path, text(no_points), "--decimal", "comma")
    assert made.values["mw"][0] == float(whole[0].replace(",", "."))
    made, _ = asked(tmp_path, text(no_points), "--decimal", "point")
    assert made.values["mw"][0] == float(whole[0].replace(",", ""))
    millions = with_column("mw", [f'"{v:,}"' for v in rng.integers(1_100_000, 9_900_000, 40)])
    made, _ = asked(tmp_path, text([[cell.replace(".", "") for cell in row] for row in millions]))
    assert made.values["mw"].min() > 1e6


@pytest.mark.parametrize(
    ("cell", "number", "unit"),
    [
        ("21.6%", "21.6", "%"), ("5 °C", "5", " °C"), ("-3e-2", "-3e-2", ""), ("\u22123", "-3", ""),
        ("1 234,5", "1 234,5", ""), ("2 g/L", "2", " g/L"), ("3 m^2", "3", " m^2"),
    ],
)  # fmt: skip
def test_cells_with_units(cell: str, number: str, unit: str) -> None:
    assert split(cell) == (number, unit)


@pytest.mark.parametrize("cell", ["", "DMF", "4,4'-bipy", "<0.1", "EXP-001", "2023-01-01", "1:2"])
def test_cells_that_are_no_numbers(cell: str) -> None:
    assert split(cell) is None


@pytest.mark.parametrize(
    ("number", "mark", "point", "comma"),
    [
        ("63", "none", "63", "63"), ("63.8", "point", "63.8", None),
        ("63,8", "comma", None, "63.8"),
        ("2,910", "comma?", "2910", "2.910"), ("2.910", "point?", "2.910", "2910"),
        ("0,125", "comma", None, "0.125"), ("1,234,567", "point", "1234567", None),
        ("1.234.567", "comma", None, "1234567"), ("1,234.5", "point", "1234.5", None),
        ("-1.234,5", "comma", None, "-1234.5"), ("1 234", "none", "1234", "1234"),
        ("1'234.5", "point", "1234.5", None), ("1,5e3", "comma", None, "1.5e3"),
        ("1,23,456", "wrong", None, None),
    ],
)  # fmt: skip
def test_marks_in_numbers(number: str, mark: str, point: str | None, comma: str | None) -> None:
    assert mark_of(number) == mark
    assert plainly(number, "point") == point
    assert plainly(number, "comma") == comma


def test_what_cannot_be_read_alike_is_named(tmp_path: Path) -> None:
    both = with_column("t", [f'"{i},5"' if i % 2 else f"{i}.5" for i in range(40)])
    message = refused(tmp_path, text(both))
    assert "'1,5' in row 3 and '0.5' in row 2: decimals with a comma and with a point" in message
    assert "--ignore t" in message
    mixed = with_column("v", [f"{i} mL" if i else "1 L" for i in range(40)])
    message = refused(tmp_path, text(mixed))
    assert "different units: '1 L' in row 2, '1 mL' in row 3" in message
    more = text([ROWS[0], *([*row, "x"] for row in ROWS[1:])])
    assert "row 2: 5 cells, but the header has 4" in refused(tmp_path, more)


def test_separators_are_what_lines_have_equally_often() -> None:
    assert dialect("temp;time\n63,8;19,7\n82,8;53,4\n") == (";", 2)
    assert dialect('a,b\n"x; y; z",1\n"u; v; w",2\n') == (",", 2)
    assert dialect("a title, with a comma\na\tb\tc\n1\t2\t3\n") == ("\t", 3)


def test_sheets(tmp_path: Path) -> None:
    assert "no sheet 'x'. Sheets: 'Sheet', 'notes'" in refused(
        tmp_path, workbook(), "--sheet", "x", name="t.xlsx"
    )
    assert "1 columns" in refused(tmp_path, workbook(), "--sheet", "notes", name="t.xlsx")
    assert "it is no workbook" in refused(tmp_path, PLAIN, "--sheet", "x")


@pytest.mark.parametrize("missing", ["pandas", "openpyxl"])
def test_what_is_not_installed_is_named_with_the_command(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workbook()
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'torchbdi\[propose\]'"):
        grid.grid_of("t.xlsx", content, None)


def test_help_and_refusals_are_quick(tmp_path: Path) -> None:
    """Neither torch nor Lightning is loaded, and a second of processor time is enough."""
    (tmp_path / "t.csv").write_text(PLAIN)
    code = f"""
import sys, time
import pandas
start = time.process_time()
from torchbdi.__main__ import main
for words in (["--help"], ["propose", {str(tmp_path / "t.csv")!r}, "--score", "x", "-o", "out"],
              ["propose", {str(tmp_path / "t.csv")!r}, "--score", "yield", "--ignore", "temp",
               "--ignore", "time", "--ignore", "conc", "-o", "out"]):
    try:
        main(words)
    except SystemExit:
        pass
seconds = time.process_time() - start
heavy = [m for m in ("torch", "lightning", "matplotlib", "scipy") if m in sys.modules]
print("loaded", heavy, seconds)
assert not heavy and seconds < 1
"""
    for _ in range(3):  # the machine may be busy
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert "loaded []" in done.stdout, done.stdout + done.stderr
        assert "no column is left that varies" in done.stderr
        if done.returncode == 0:
            return
    pytest.fail(done.stdout)


def test_rows_and_columns_that_a_sheet_hides_count_and_are_told(tmp_path: Path) -> None:
    import openpyxl

    for hidden, remark in ([5], "Row 5 is hidden"), ([5, 9, 10], "Rows 5, 9, 10 are hidden"):
        book, file = openpyxl.load_workbook(io.BytesIO(workbook())), io.BytesIO()
        for i in hidden:
            book["Sheet"].row_dimensions[i].hidden = True
        book["Sheet"].column_dimensions.group("B", "C", hidden=True)
        book["Sheet"].column_dimensions["Z"].hidden = True
        book["notes"].row_dimensions[1].hidden = True
        book.save(file)
        made, _ = asked(tmp_path, file.getvalue(), name="t.xlsx")
        np.testing.assert_array_equal(made.scores, EXPECTED["yield"])
        assert remark in told(made) and "Columns 'B', 'C' are hidden" in told(made)
    made, _ = asked(tmp_path, workbook(), name="t.xlsx")
    assert "is hidden" not in told(made)


OTHER = [["solvent", "days", "purity", ""], *([n, "1", "0.5", ""] for n in ("DMF", "THF", "DMF"))]


@pytest.mark.parametrize("gap", ["\n", ",,,\n"])
def test_another_table_below_is_one_complaint(gap: str, tmp_path: Path) -> None:
    message = refused(tmp_path, PLAIN + gap + text(OTHER))
    assert "row 43: another table seems to begin here ('solvent', 'days', 'purity'" in message
    assert "are to be settled" not in message


def test_what_is_no_other_table_stays_what_it_is(tmp_path: Path) -> None:
    """Words in the columns of results, the header once more, missing cells, remarks at the end."""
    names = [["solvent", "yield", "purity"], *(["DMF", f"{i}.5", "9"] for i in range(12))]
    words = ["water", "lost", "leaked"]
    told_once = refused(tmp_path, text([*names, words, ["THF", "3.1", "8"]]))
    assert "another table" not in told_once and "lost" in told_once
    marks = [["n.d.", "NA", "", "3.1"], ["25.0", "12.0", "1.00", "50.1"]]
    assert "missing" in refused(tmp_path, text([*ROWS, *marks]))
    again = text([*ROWS[:20], ROWS[0], *ROWS[20:]])
    assert len(asked(tmp_path, again)[0].scores) == 40
    remarks = PLAIN + "\nOperator,J. Smith,room 3,\nMachine,HPLC,B,\n"
    made, _ = asked(tmp_path, remarks)
    assert len(made.scores) == 40 and "hold no experiment" in told(made)


def test_a_number_that_is_not_finite_has_a_way_out(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[7][0] = "inf"
    assert "--ignore temp" in refused(tmp_path, text(rows))
    assert "--drop-missing" in refused(tmp_path, text(rows))
    rows[7][0] = ""
    assert len(asked(tmp_path, text(rows), "--drop-missing")[0].scores) == 39
