"""The cells of a workbook: one sheet, its merged cells, and values as texts."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import Any

from ..kernels.errors import InputError
from .numerals import mark_of
from .table import show_number
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
        InputError: it is no workbook, or has no such sheet.
    """
    try:
        merged = _has_merged_cells(content)
        # Where cells are merged is known of a workbook that is read as a whole only.
        book = pandas.ExcelFile(
            io.BytesIO(content), engine="openpyxl", engine_kwargs={"read_only": not merged}
        )
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InputError(
            f"{name}: no workbook that can be read ({error}). Save it as .xlsx, or as 'CSV UTF-8'."
        ) from error
    sheets = [str(s) for s in book.sheet_names]
    if sheet is not None and sheet not in sheets:
        raise InputError(f"{name}: there is no sheet {sheet!r}. Sheets: {listed(sheets)}.")
    own = sheets[0] if sheet is None else sheet
    # A text such as NA or None stays: whoever looks at the kinds of columns decides on it.
    frame = pandas.read_excel(book, sheet_name=own, header=None, dtype=object, na_filter=False)
    columns = [_column(frame[i].tolist()) for i in frame.columns]
    told = f"Of the workbook the sheet {own!r} was read."
    if len(sheets) > 1 and sheet is None:
        told = f"Of the sheets {listed(sheets)} the first was read; --sheet names another."
    notes = [told]
    if merged and (filled := _fill(columns, book.book[own].merged_cells.ranges)):
        notes.append(f"Merged cells count in each of their rows, as in row {filled}.")
    return columns, notes


def _has_merged_cells(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = [n for n in file.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n)]
        return any(b"<mergeCell " in file.read(n) for n in names)


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
    if not any(isinstance(v, float) for v in values):
        return cells
    return [
        cell.replace(",", ".") if isinstance(v, str) and mark_of(cell.strip()) == "comma" else cell
        for v, cell in zip(values, cells, strict=True)
    ]


def _cell(value: Any) -> str:
    """A cell of a workbook as text; of a number the 15 digits that a spreadsheet knows."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return show_number(float(f"{value:.15g}")) if math.isfinite(value) else str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)
