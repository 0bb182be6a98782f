"""Files as people have them: each is read, or refused with a way out that can be typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, names, plain, refused, text, told
from proposer_workbooks import workbook_with_notes

from torchbdi import InputError, MissingDataError
from torchbdi.proposer.reading.file import read_table
from torchbdi.proposer.reading.table import Table

ROWS = plain()
# Column by column, as numbers.
EXPECTED = {name: np.array([float(r[i]) for r in ROWS[1:]]) for i, name in enumerate(ROWS[0])}
PERCENT = [ROWS[0], *([*row[:3], row[3] + "%"] for row in ROWS[1:])]
PLAIN = text(ROWS)
UNITS = [ROWS[0], ["°C", "min", "M", "%"], *ROWS[1:]]
OTHER = [["solvent", "days", "purity", ""], *([n, "1", "0.5", ""] for n in ("DMF", "THF", "DMF"))]


def commas(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace(".", ",") for cell in row] for row in rows]


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
    "workbook": (workbook_with_notes(), 2, "Of the sheets 'Sheet', 'notes' the first was read"),
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
    made, _ = asked(tmp_path, content)
    assert made.order == ("temp", "time", "conc")
    for name in made.order:
        np.testing.assert_array_equal(made.values[name], EXPECTED[name])
    np.testing.assert_array_equal(made.scores, EXPECTED["yield"])
    assert made.rows.tolist() == list(range(first, first + 40))
    assert remark in told(made)
    assert made.n == 32


def read(tmp_path: Path, content: str | bytes) -> Table:
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path)


@pytest.mark.parametrize(
    "content",
    [
        'a,b c,tc\n1,"x, y",3\n\n2,NA,4.5\n',
        "\ufeffa,b c,tc\r\n1,\"x, y\",3\r\n,,\r\n2,NA,4.5",
        'a; b c ;tc\n1;x, y;3\n;;\n2; NA;4.5\n',
        'a\tb c\ttc\n1\tx, y\t3\n\n2\tNA\t4.5\n',
        'a|b c|tc\n1|x, y|3\n\n2|NA|4.5\n',
    ],
)  # fmt: skip
def test_the_usual_dialects_are_one_table(tmp_path: Path, content: str) -> None:
    table = read(tmp_path, content)
    assert {name: list(values) for name, values in table.columns.items()} == {
        "a": ["1", "2"],
        "b c": ["x, y", "NA"],
        "tc": ["3", "4.5"],
    }
    assert table.rows.tolist() == [2, 4]  # as a spreadsheet shows them
    assert table.source == "data.csv"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "0 columns in the first line"),
        ("a\n1\n", "1 column in"),
        ("a,,b\n1,2,3\n", "column 2 has no name.*index=False"),
        ("a,b,a\n1,2,3\n", "two columns are called 'a'"),
        ("1,2.5\n3,4\n", "first line holds numbers"),
        ("a,b\n1,2,3\n", "row 2: 3 cells"),
        ('a,b\n1,"2\n3,4\n', "the quotation mark in line 2 is not closed"),
        (b"a,b\n\x81,2\n", r"byte 0x81 .* not UTF-8 is in line 2, column 1\)"),
        (b"a,b\n1,\x002\n", "byte 6 is zero"),
        (b"\xff\xfea\x00,", "byte order mark says utf-16, but byte"),
        (b"\xd0\xcf\x11\xe0\xa1", "workbook of before 2007"),
        (b"PK\x03\x04 and no more", "no workbook that can be read"),
    ],
)
def test_what_is_no_table_is_told_with_its_place(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(MissingDataError, match="directory"):
        read_table(tmp_path)


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


def test_names_of_rows_without_a_name_of_their_own(tmp_path: Path) -> None:
    """R's write.table writes so."""
    numbered = [ROWS[0], *([str(i + 1), *row] for i, row in enumerate(ROWS[1:]))]
    made, _ = asked(tmp_path, text(numbered, "\t"))
    np.testing.assert_array_equal(made.scores, EXPECTED["yield"])
    assert "Column 1 has no name and counts the rows" in told(made)
    remarks = [ROWS[0], *([*row, "ok"] for row in ROWS[1:])]
    assert "5 cells, but the header has 4" in refused(tmp_path, text(remarks))
    for name in ("run", "Std.Order", "Obs"):
        runs = [[name, *ROWS[0]], *([str(i + 1), *row, "1"] for i, row in enumerate(ROWS[1:]))]
        assert "6 cells, but the header has 5" in refused(tmp_path, text(runs))


def test_names_of_rows_that_have_no_name_are_left_out(tmp_path: Path) -> None:
    """R and pandas write them so."""
    header, *rows = plain(20)
    content = text([["", *header], *([f"p{i:02d}", *row] for i, row in enumerate(rows))])
    made, _ = asked(tmp_path, content)
    assert names(made) == DESIGN
    assert "Column 1 has no name and a text of its own in every row, such as 'p00'" in told(made)
    twice = text([["", *header], *([f"p{i % 5}", *row] for i, row in enumerate(rows))])
    assert "column 1 has no name in the first line" in refused(tmp_path, twice)


def test_sequences_before_the_rows_are_asked_about(tmp_path: Path) -> None:
    """An index of a data frame can be what was designed."""
    header, *rows = plain(20)
    letters = np.random.default_rng(0).choice(list("ACGT"), (20, 12))
    content = text([["", *header], *(["".join(s), *r] for s, r in zip(letters, rows, strict=True))])
    assert "column 1 has no name in the first line" in refused(tmp_path, content)
