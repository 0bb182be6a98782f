"""The words of a column's name."""

from __future__ import annotations

import re


def words_of(name: str) -> set[str]:
    """The words of a name, in lower case: RunOrder has two."""
    return set(words_in_order(name))


def words_in_order(name: str) -> list[str]:
    """The words of a name, in lower case, as they follow each other."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return re.findall(r"[^\W\d_]+|#", apart)
