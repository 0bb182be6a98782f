"""Cells of a workbook whose formulas no spreadsheet has computed: they look empty, and are not."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

from ...kernels.errors import InputError

# A formula without a value; one that gives an empty text has a type.
_NO_VALUE = re.compile(
    rb'<c r="([A-Z]+\d+)"((?:\s[^<>]*)?)>\s*<f\b(?:[^<>]*/>|[^<>]*>[^<]*</f>)'
    rb"\s*(?:<v\s*/>|<v></v>)?\s*</c>"
)


def require_computed(name: str, content: bytes, sheet: str, columns: Sequence[list[str]]) -> None:
    """Refuses a sheet in which some cells of an experiment are formulas without a value.

    A column of nothing else is told of where it is used; a row without a number of its own holds
    means or remarks.

    Args:
        name: of the file.
        content: its bytes.
        sheet: its name.
        columns: the cells of the sheet as texts, "" where there is no value.

    Raises:
        InputError: it names the first such cell.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheets = [n for n in file.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n)]
        found = {
            match[1].decode()
            for own in sheets
            for match in _NO_VALUE.finditer(file.read(own))
            if b't="str"' not in match[2]
        }
    if not found or not columns:
        return
    from openpyxl import load_workbook

    formulas = load_workbook(io.BytesIO(content))[sheet]
    cells = [
        cell
        for row in formulas.iter_rows(max_row=len(columns[0]), max_col=len(columns))
        for cell in row
        if cell.data_type == "f"
        and cell.coordinate in found
        and not columns[cell.column - 1][cell.row - 1]  # else it is one of another sheet
    ]
    partly = [c for c in cells if _numbers(columns[c.column - 1]) > 1]
    inner = [c for c in partly if _numbers([own[c.row - 1] for own in columns])]
    if inner:
        more = f" and {len(inner) - 1} more" if len(inner) > 1 else ""
        raise InputError(
            f"{name}, sheet {sheet!r}: {inner[0].coordinate}{more} hold formulas that no "
            "spreadsheet has computed, so that their values are not known. Open the file in one, "
            "and save it."
        )


def _numbers(cells: Sequence[str]) -> int:
    return sum(cell != "" and cell[0] in "+-.0123456789" for cell in cells)
