"""Workbooks as spreadsheets and programs write them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from proposer_tables import plain


def workbook(rows: list[list[Any]], change: Callable[[Any], object] = lambda sheet: None) -> bytes:
    """A workbook of one sheet, in which something was changed."""
    import openpyxl

    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    change(book.active)
    book.save(content)
    return content.getvalue()


def plain_workbook(change: Callable[[Any, Any], None]) -> bytes:
    """The plain table as a sheet called Data, and what ``change`` (book, sheet) makes of it."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    header, *rows = plain()
    sheet.append(header)
    for row in rows:
        sheet.append([float(cell) for cell in row])
    change(book, sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def workbook_with_notes() -> bytes:
    """The plain table as a sheet, and another with a note."""
    import openpyxl

    rows = plain()
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in [rows[0], *([float(cell) for cell in row] for row in rows[1:])]:
        book.active.append(row)
    book.create_sheet("notes").append(["nothing"])
    book.save(file)
    return file.getvalue()


def workbook_of(*sheets: tuple[str, list[list[object]]]) -> bytes:
    """A workbook as a program writes it, with its sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
