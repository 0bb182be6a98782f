"""The cells of a workbook: one sheet, its merged cells, and values as texts."""

from __future__ import annotations

import io
import math
import re
import zipfile
from datetime import time, timedelta
from typing import Any

from ...kernels.errors import InputError
from .numerals import mark_of
from .table import show_number
from .uncomputed import require_computed
from .ways import listed


def cells_of(
    pandas: Any, name: str, content: bytes, sheet: str | None
) -> tuple[list[list[str]], list[str]]:
    """The columns of a sheet as texts, and what to tell of it.

    Args:
        pandas: the package.
        name: of the file.
        content: its bytes.
        sheet: its name; None for the first.

    Raises:
        InputError: it is no workbook, has no such sheet, or formulas that nobody has computed.
    """
    why = "Save it as .xlsx, or as 'CSV UTF-8'."
    try:
        whole = _has_more_than_cells(content)
        book = pandas.ExcelFile(
            io.BytesIO(content), engine="openpyxl", engine_kwargs={"read_only": not whole}
        )
    except Exception as error:  # of whatever kind: openpyxl trips over what it does not expect
        raise InputError(f"{name}: no workbook that can be read ({error}). {why}") from error
    # Sheets of charts have no cells. Who opens the workbook does not see what is hidden.
    own_sheets = book.book.worksheets
    shown = [str(s.title) for s in own_sheets if s.sheet_state == "visible"]
    sheets = shown + [str(s.title) for s in own_sheets if s.sheet_state != "visible"]
    if not sheets:
        raise InputError(f"{name}: the workbook has no sheet with cells.")
    if sheet is not None and sheet not in sheets:
        raise InputError(f"{name}: there is no sheet {sheet!r}. Sheets: {listed(sheets)}.")
    own = sheets[0] if sheet is None else sheet
    # A text such as NA or None stays: whoever looks at the kinds of columns decides on it.
    try:
        frame = pandas.read_excel(book, sheet_name=own, header=None, dtype=object, na_filter=False)
    except Exception as error:
        raise InputError(f"{name}, sheet {own!r}: it cannot be read ({error}). {why}") from error
    cells = [frame[i].tolist() for i in frame.columns]
    columns = [_column(values) for values in cells]
    require_computed(name, content, own, columns)
    told = f"Of the workbook the sheet {own!r} was read."
    if len(sheets) > 1 and sheet is None:
        hidden = f" ({listed(sheets[len(shown) :])} hidden)" if shown != sheets else ""
        told = f"Of the sheets {listed(sheets)}{hidden} the first was read; --sheet names another."
    notes = [told]
    spans = [i for values in cells for i, v in enumerate(values) if isinstance(v, timedelta)]
    if spans:
        notes.append(f"Spans of time, as in row {min(spans) + 1}, are read as hours.")
    if whole:
        if filled := _fill(columns, book.book[own].merged_cells.ranges):
            notes.append(f"Merged cells count in each of their rows, as in row {filled}.")
        notes += _hidden(book.book[own], len(columns[0]) if columns else 0, len(columns))
    return columns, notes


def other_archive(content: bytes) -> str:
    """What a packed file is that is no workbook of XML; "" where it is one, or broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = set(file.namelist())
            kind = file.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError):
        return ""
    if b"opendocument" in kind:
        return "a document of LibreOffice or OpenOffice"
    if "xl/workbook.bin" in names:
        return "a binary workbook (.xlsb)"
    if any(own.startswith("Index") for own in names):
        return "a document of Numbers"
    return "" if "[Content_Types].xml" in names else "a packed folder"


def _has_more_than_cells(content: bytes) -> bool:
    """Whether cells are merged or lines hidden: known where a workbook is read as a whole only."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = [n for n in file.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n)]
        return any(re.search(rb'<mergeCell |hidden="(1|true)"', file.read(n)) for n in names)


def _hidden(sheet: Any, count: int, width: int) -> list[str]:
    """Notes of hidden rows (of the first ``count``) and columns (of the first ``width``).

    They count: a filter that was forgotten must not change what is proposed.
    """
    from openpyxl.utils import get_column_letter

    rows = sorted(i for i, row in sheet.row_dimensions.items() if row.hidden and i <= count)
    columns = [
        get_column_letter(i)
        for own in sheet.column_dimensions.values()
        if own.hidden
        for i in range(own.min, min(own.max, width) + 1)
    ]
    notes = []
    if rows:
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        several = f"Rows {', '.join(map(str, rows[:5]))}{more} are"
        told = f"Row {rows[0]} is" if len(rows) == 1 else several
        it, them = ("counts", "it") if len(rows) == 1 else ("count", "them")
        notes.append(
            f"{told} hidden in the sheet and {it} all the same; delete {them} where that is wrong."
        )
    if columns:
        told = f"Column {columns[0]} is" if len(columns) == 1 else f"Columns {listed(columns)} are"
        notes.append(f"{told} hidden in the sheet and read all the same.")
    return notes


def _fill(columns: list[list[str]], ranges: Any) -> int:
    """Writes what merged cells hold into each of their rows; the first such row, 0 for none.

    What is merged across columns is a heading, and stays in the first of them.
    """
    first = 0
    for area in ranges:
        if area.max_row == area.min_row or area.min_col > len(columns):
            continue
        cells = columns[area.min_col - 1]
        value = cells[area.min_row - 1] if area.min_row <= len(cells) else ""
        for row in range(area.min_row, min(area.max_row, len(cells))):
            cells[row] = value
        if value and (not first or area.min_row < first):
            first = area.min_row
    return first


def _column(values: list[Any]) -> list[str]:
    """The cells of a column as texts.

    Beside numbers, which have no mark of their own there, a text such as 76,9 is one with decimals.
    """
    cells = [_cell(v) for v in values]
    if any(isinstance(v, timedelta) for v in values):
        # Of less than a day they may come as times of day.
        cells = [
            _hours(v) if isinstance(v, time) else c for v, c in zip(values, cells, strict=True)
        ]
    if not any(isinstance(v, float) for v in values):
        return cells
    return [
        cell.replace(",", ".") if isinstance(v, str) and mark_of(cell.strip()) == "comma" else cell
        for v, cell in zip(values, cells, strict=True)
    ]


def _hours(value: time) -> str:
    own = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    return _cell(own)


def _cell(value: Any) -> str:
    """A cell of a workbook as text; of a number the 15 digits that a spreadsheet knows."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return show_number(float(f"{value:.15g}")) if math.isfinite(value) else str(value)
    if isinstance(value, timedelta):
        return show_number(float(f"{value.total_seconds() / 3600:.15g}"))
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)
