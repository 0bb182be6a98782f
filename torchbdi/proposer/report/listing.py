"""The table of proposals in the report: whole designs, on a narrow screen one below the other."""

from __future__ import annotations

import re
import unicodedata
from html import escape

from ..columns.column import Numbers
from ..digits import figures, places_of
from ..result import Proposals
from .writing import written

# Of wide tables the columns that are 0 before and after are counted, not listed.
WIDE = 20
# Letters of a sequence in which one can look for those that are bold.
LONG = 20

_POWER = re.compile(r"[-+]?\b\d+([.,]\d+)?e-\d+\b")


def table_of_proposals(p: Proposals) -> str:
    """All proposals, the best predicted first."""
    named = f"predicted {p.problem.score}"
    heads = [
        "#", named, "design", "compared with", "nearest known design", "distance",
        "remarks",
    ]  # fmt: skip
    if p.candidate_row is not None:
        heads.insert(1, "row")
    designs = Designs(p)
    rows, most = [], places_of(p.problem.scores)
    for i in range(len(p)):
        far = "far outside the known designs" if p.far[i] else ""
        cells = [
            str(i + 1),
            _whole_numbers(p.told(i)),
            designs.html(i),
            _row_told(p.start_row[i], figures(p.problem.scores[p.start[i]], most)),
            _row_told(p.nearest_row[i], figures(p.problem.scores[p.nearest[i]], most)),
            f"{p.distance[i]:.3g}",
            escape("; ".join(text for text in (far, p.notes[i]) if text)),
        ]
        if p.candidate_row is not None:
            cells.insert(1, str(p.candidate_row[i]))
        rows.append(_row(heads, cells, bool(p.far[i])))
    # The score's name may be longer than there is room for.
    first = "".join(
        f'<th scope="col"{" class=name" if text == named else ""}>{escape(text)}</th>'
        for text in heads
    )
    head = f"<tr>{first}</tr>"
    wide = " wide" if len(p.problem.columns) > WIDE else ""
    return (
        f'<table class="proposals{wide}"><thead>{head}</thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody></table>"
    )


def _row(heads: list[str], cells: list[str], far: bool) -> str:
    """One proposal; each cell says what it is, for screens without room for the first line."""
    mark = ' class="far"' if far else ""
    own = [
        f'<td data-label="{escape(head)}">{cell}</td>'
        for head, cell in zip(heads, cells, strict=True)
    ]
    return f"<tr{mark}>" + "".join(own) + "</tr>"


class Designs:
    """Writes designs in full: what differs from the design that each is told from in bold.

    Args:
        p: the proposals.
    """

    def __init__(self, p: Proposals):
        self.p = p
        self.texts = {
            c.name: written(p, c.name) for c in p.problem.columns if isinstance(c, Numbers)
        }

    def html(self, i: int) -> str:
        """The columns that vary, in the order of the table, with the value before a change."""
        p, parts, nothing = self.p, [], 0
        many = len(p.problem.columns) > WIDE
        for column in p.problem.columns:
            name = column.name
            before, after = p.problem.values[name][p.start[i]], p.columns[name][i]
            if isinstance(column, Numbers):
                old, new = p.problem.grids[name].write(before), self.texts[name][i]
                if many and before == 0 and after == 0:
                    nothing += 1
                    continue
                parts.append(_changed(name, old, new, old != new))
            elif column.sequence:
                parts.append(_changed_letters(name, before, after))
            else:
                parts.append(_changed(name, before, after, before != after))
        known = {name: values[[p.start[i]]] for name, values in p.problem.values.items()}
        for name, up in p.problem.following.items():
            known[name] = up(known)
            old, new = up.write(known[name][0]), up.write(p.columns[name][i])
            parts.append(_changed(name, old, new, old != new))
        if nothing:
            parts.append(f"the other {nothing} columns 0")
        return f"<span>{';</span> <span>'.join(parts)}</span>"


def _changed(name: str, before: str, after: str, differs: bool) -> str:
    if not differs:
        return f"{_own(name)} {_own(after)}"
    return f"{_own(name)} <b>{_own(after)}</b> (from {_own(before)})"


def _changed_letters(name: str, before: str, after: str) -> str:
    """A sequence with its new letters in bold, and the one before.

    In a long one they are named by their places, too: nobody finds one letter among hundreds.
    """
    pairs = list(zip(before, after, strict=True))
    letters = [escape(b) if a == b else f"<b>{escape(b)}</b>" for a, b in pairs]
    text = f'{_own(name)} <span class="sequence">{"".join(letters)}</span>'
    if before == after:
        return text
    text += f' (from <span class="sequence">{escape(before)}</span>)'
    if len(after) > LONG:
        new = ", ".join(escape(f"{a}{i}{b}") for i, (a, b) in enumerate(pairs, 1) if a != b)
        text += f", which is {new}"
    return text


def _row_told(row: int, score: str) -> str:
    return f"row {row} ({_whole_numbers(score)})"


def _own(text: str) -> str:
    """A text of the table. One that is read from the right does not turn round what follows it."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return f"<bdi>{escape(text)}</bdi>"
    return _whole_numbers(escape(text))


def _whole_numbers(text: str) -> str:
    """Numbers with a negative power of ten in one piece: browsers break a line at the hyphen."""
    return _POWER.sub(r'<span class="number">\g<0></span>', text)
