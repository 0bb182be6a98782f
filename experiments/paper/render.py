"""A table as markdown, LaTeX and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchbdi.kernels.files import write_csv, write_text

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "‡": r"$\ddagger$", "<": "$<$", ">": "$>$",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table to print and to keep.

    Attributes:
        name: the stem of its files.
        caption: one line.
        header: names of the columns.
        rows: text of every cell; as many cells as the header.
        notes: what the marks mean and where the numbers come from, one a line.
        records: the same numbers in full, one a cell, with the same keys throughout.
    """

    name: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]
    records: Sequence[Mapping[str, object]]


def markdown(table: Table) -> str:
    """The table as GitHub markdown, with its caption above and its notes below."""
    lines = [f"**{table.caption}**", "", _line(table.header), "|" + "---|" * len(table.header)]
    lines += [_line(row) for row in table.rows]
    lines += ["", *(f"- {note}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def latex(table: Table) -> str:
    """The table as a LaTeX float; needs the package booktabs."""
    body = [" & ".join(_escape(cell) for cell in row) + r" \\" for row in table.rows]
    notes = r" \\ ".join(_escape(note) for note in table.notes)
    return (
        "\n".join(
            [
                r"\begin{table}",
                rf"\caption{{{_escape(table.caption)}}}",
                rf"\label{{tab:{table.name}}}",
                rf"\begin{{tabular}}{{l{'c' * (len(table.header) - 1)}}}",
                r"\toprule",
                " & ".join(_escape(cell) for cell in table.header) + r" \\",
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
                rf"\par\footnotesize {notes}",
                r"\end{table}",
            ]
        )
        + "\n"
    )


def _escape(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def write_table(folder: Path, table: Table) -> None:
    """Writes NAME.md, NAME.tex and NAME.csv (every number in full) to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{table.name}.md", markdown(table))
    write_text(folder / f"{table.name}.tex", latex(table))
    header = list(table.records[0])
    write_csv(folder / f"{table.name}.csv", header, [list(r.values()) for r in table.records])
