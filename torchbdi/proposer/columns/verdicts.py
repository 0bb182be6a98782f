"""Columns that say in which round a row was made, or what it is good for."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..reading.table import Values, parse_number
from .counting import as_counts, without_word
from .words import words_of

# What is counted while the experiments go on; and words beside it.
_IN_TURN = frozenset(("round", "iteration", "generation", "campaign", "session", "week"))
# Days can be how long one waited, too.
_OR_TIMES = frozenset(("day", "tag", "jour", "giorno"))
_BESIDE = frozenset(("no", "nr", "num", "number", "id", "index", "#"))
_VERDICT_WORDS = """
exclude excluded discard discarded omit omitted outlier outliers valid invalid flag flagged qc
include included incl excl keep usable feasible infeasible allowed
"""
_VERDICTS = frozenset(_VERDICT_WORDS.split())
_YES_OR_NO_WORDS = """
yes no y n true false t f 0 1 ok pass fail passed failed good bad incl excl included excluded
"""
_YES_OR_NO = frozenset(_YES_OR_NO_WORDS.split())
_REMARK_WORDS = """
notes comment comments remark remarks observations bemerkung bemerkungen kommentar kommentare
anmerkung anmerkungen notizen commentaire commentaires remarque remarques comentario comentarios
commento commenti uwagi opmerking opmerkingen
"""
_REMARKS = frozenset(_REMARK_WORDS.split())
_WHOSE = frozenset(("lab", "general", "other", "operator", "additional", "user", "run"))
# What stands in a column of its own beside numbers that may be limits.
_RELATIONS = frozenset(("=", "<", ">", "<=", ">=", "\u2264", "\u2265", "<<", ">>", "~"))
_STARS = frozenset(("*", "**", "***", "****"))
_NOT_SIGNIFICANT = frozenset(("ns", "n.s.", "n.s", "ns.", "not significant"))
_COUNT = re.compile(r"\(?[nN] ?= ?\d+\)?")
_SPLIT_WORDS = """
train training test testing val valid validation holdout
"""
_SPLITS = frozenset(_SPLIT_WORDS.split())


def are_remarks(name: str, values: Values, there: np.ndarray) -> bool:
    """Whether a column is called like remarks and holds texts.

    Args:
        name: of the column. Notes of a word in every row can be those of a perfume.
        values: numbers or texts, (N,).
        there: which of them are not missing, (N,) bool.
    """
    words = words_of(name)
    named = bool(words & _REMARKS) and words <= _REMARKS | _WHOSE
    if values.dtype == np.float64 or not named:
        return False
    cells = values[there].tolist()
    if words == {"notes"} and there.all() and not any(" " in cell for cell in cells):
        return False
    return any(parse_number(cell) is None for cell in cells)


def said_of_rows(name: str, values: Values) -> str:
    """What a column says of the rows, and not of the designs; "" where it does not.

    Args:
        name: of the column.
        values: numbers or texts, (N,), none missing.
    """
    words = words_of(name)
    if words & _IN_TURN and words <= _IN_TURN | _BESIDE and _go_up(as_counts(values)):
        return f"in which {min(words & _IN_TURN)} a row was made"
    asked = bool(words & _VERDICTS) and words <= _VERDICTS | {"is"}
    if not asked and values.dtype == np.float64:
        return ""
    if values.dtype != np.float64 and (what := _of_measurements(set(values.tolist()))):
        return what
    different = {cell.casefold() for cell in (as_counts(values) if asked else set(values.tolist()))}
    if asked and len(different) == 2 and different <= _YES_OR_NO:
        return "whether a row is any good (all rows count: delete those that should not)"
    if len(different) > 1 and different <= _SPLITS:
        return "which rows a model was trained on (all rows count)"
    return ""


def may_be_turns(name: str, values: Values) -> bool:
    """Whether a column is called like days, and these go up one by one in the order of the rows.

    Args:
        name: of the column.
        values: numbers or texts, (N,), none missing.
    """
    words = words_of(name)
    return bool(words & _OR_TIMES) and words <= _OR_TIMES | _BESIDE and _go_up(as_counts(values))


def _of_measurements(texts: set[str]) -> str:
    """What texts say of the numbers beside them; "" where they are no such."""
    if len(texts) > 1 and {text.strip("'") for text in texts} <= _RELATIONS:
        return "which numbers are limits of what was measured (all count as they are)"
    if texts & _STARS and {text.casefold() for text in texts} <= _STARS | _NOT_SIGNIFICANT:
        return "which numbers differ significantly"
    if len(texts) > 1 and all(map(_COUNT.fullmatch, texts)):
        return "how often a row was measured (all rows count as much)"
    return ""


def _go_up(cells: Sequence[str]) -> bool:
    """Whether cells such as 1, 1, 2, 3 or R1, R2, R2 go up one by one, each several times."""
    digits = list(map(without_word, cells))
    if not all(cell.isdecimal() for cell in digits):
        return False
    numbers = np.array([int(cell) for cell in digits])
    different = len(np.unique(numbers))
    # Weeks 1, 2, 4, 8 are a plan.
    return set(np.diff(numbers).tolist()) == {0, 1} and 2 * different <= len(numbers)
