"""From a file's bytes to a grid of cells: separators, encodings, and files of other kinds."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
from proposer_tables import DESIGN, asked, names, plain, refused, text, told
from proposer_workbooks import workbook_with_notes

from torchbdi import MissingDependencyError
from torchbdi.proposer.reading import grid
from torchbdi.proposer.reading.grid import dialect

ROWS = plain()


def test_separators_are_what_lines_have_equally_often() -> None:
    assert dialect("temp;time\n63,8;19,7\n82,8;53,4\n") == (";", 2)
    assert dialect('a,b\n"x; y; z",1\n"u; v; w",2\n') == (",", 2)
    assert dialect("a title, with a comma\na\tb\tc\n1\t2\t3\n") == ("\t", 3)


@pytest.mark.parametrize("missing", ["pandas", "openpyxl"])
def test_what_is_not_installed_is_named_with_the_command(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workbook_with_notes()
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'torchbdi\[propose\]'"):
        grid.grid_of("t.xlsx", content, None)


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (gzip.compress(b"temp,yield\n", mtime=0), "packed by gzip, and no table. Unpack it"),
        (b"%PDF-1.4\n", "a PDF"), (b"PAR1\x15\0", "a Parquet file"),
        (b"SQLite format 3\0", "a database"), (b"\x89PNG\r\n", "a picture"),
        (b"\x93NUMPY\x01\0", "an array of numpy"),
    ],
)  # fmt: skip
def test_files_of_other_kinds(begin: bytes, said: str, tmp_path: Path) -> None:
    message = refused(tmp_path, begin + b"a,b\n1,2\n")
    assert said in message
    assert "save it as 'CSV UTF-8'" in message


@pytest.mark.parametrize(
    ("content", "what"),
    [("<html><table>", "a web page"), ('\n[{"a": 1}]', "JSON"), ('{"a": [1]}', "JSON")],
)
def test_other_files_are_called_what_they_are(content: str, what: str, tmp_path: Path) -> None:
    assert what in refused(tmp_path, content, name="t.xls")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark(encoding: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(plain()).encode(encoding))
    assert names(made) == DESIGN
    assert f"read as {encoding}" in told(made)


def test_another_encoding_is_suspected_where_a_name_is_not_found(tmp_path: Path) -> None:
    rows = [["温度", "時間", "濃度", "収率"], *ROWS[1:]]
    path = text(rows).encode("shift-jis")
    message = refused(tmp_path, path, "--score", "収率")
    assert "no column '収率'" in message and "not UTF-8" in message
