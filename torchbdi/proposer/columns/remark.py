"""What is told of a table, and of which columns: so that no text is searched for their names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

What = Literal["", "equal", "follows", "exclusive"]


class Remark(str):
    """A sentence or two for a person, and what is asked of it later: no fact is told twice.

    What says nothing of columns together, as that each of some keeps to its levels, is a plain
    text; so is what a column is made of that is searched no longer.

    Attributes:
        columns: those that it puts together, or the one that it is about.
        left_out: those of which it says how they are left out.
        what: that an equation holds in every row ("equal"), that some follow from others or go with
            them ("follows"), that never two of them are 1 ("exclusive"), or anything else ("").
    """

    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    what: What

    def __new__(
        cls,
        text: str,
        columns: Iterable[str] = (),
        left_out: Iterable[str] = (),
        what: What = "",
    ) -> Remark:
        """The text with what is known of it."""
        made = super().__new__(cls, text)
        made.columns, made.left_out, made.what = tuple(columns), tuple(left_out), what
        return made


def told_together(names: Iterable[str], said: Iterable[str], what: What | None = None) -> bool:
    """Whether one of some remarks, of those that say what is given, puts some columns together."""
    own = {*names}
    return any(own <= {*r.columns} and what in (None, r.what) for r in _remarks(said))


def told_to_leave_out(said: Iterable[str], *what: What) -> set[str]:
    """The columns of which some remark says how they are left out, of those that say one of what.

    Args:
        said: the remarks.
        what: what they say; anything, where nothing is given.
    """
    return {n for r in _remarks(said) if not what or r.what in what for n in r.left_out}


def _remarks(said: Iterable[str]) -> list[Remark]:
    return [text for text in said if isinstance(text, Remark)]
