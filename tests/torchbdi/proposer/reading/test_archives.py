"""Packed files that are no .xlsx, and numbers in texts of one that is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from proposer_tables import asked, plain, refused, told


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in files.items():
            file.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (
            packed(mimetype="application/vnd.oasis.opendocument.spreadsheet", a="x"),
            "a document of LibreOffice or OpenOffice",
        ),
        (packed(Index__Document="x", Metadata__Properties="x"), "a document of Numbers"),
        (packed(**{"xl__workbook.bin": "x", "[Content_Types].xml": "<x/>"}), "a binary workbook"),
        (packed(**{"data.csv": "a,y\n1,2\n"}), "a packed folder"),
    ],
)
def test_other_packed_files_are_called_what_they_are(
    content: bytes, kind: str, tmp_path: Path
) -> None:
    said = refused(tmp_path, content, "--score", "y", name="t.xlsx")
    assert kind in said
    assert "save it as .xlsx" in said


def test_a_workbook_with_a_password_is_not_called_an_old_one(tmp_path: Path) -> None:
    begin = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    locked = begin + "EncryptedPackage".encode("utf-16-le") + bytes(512)
    said = refused(tmp_path, locked, "--score", "y", name="t.xlsx")
    assert "password" in said
    assert "2007" not in said
    assert "2007" in refused(tmp_path, begin, "--score", "y", name="t.xls")


@pytest.mark.parametrize("others", ["numbers", "texts"])
def test_commas_in_texts_of_a_workbook_say_nothing_of_its_numbers(
    others: str, tmp_path: Path
) -> None:
    names, *rows = plain()
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*names, "share"])
    for i, row in enumerate(rows):
        cells = [float(c) if others == "numbers" else c.replace(".", ",") for c in row]
        sheet.append([*cells, f"0,{i + 11}"])
    out = io.BytesIO()
    book.save(out)
    made, _ = asked(tmp_path, out.getvalue(), "--score", names[-1], name="t.xlsx")
    assert made.table.form.decimal == ("." if others == "numbers" else ",")
    assert ("all decimals are written with a point" in told(made)) == (others == "numbers")


def test_one_column_is_one_column(tmp_path: Path) -> None:
    assert "1 column in the first line" in refused(tmp_path, "y\n1\n2\n", "--score", "y")
