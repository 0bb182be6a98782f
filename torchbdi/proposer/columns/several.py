"""Levels that hold several things, as lists of mutations and mixtures of solvents do."""

from __future__ import annotations

from collections import Counter

# What parts such things, and so many levels at least that hold several.
SEPARATORS, FEWEST = ";,+|&/", 3


def several_remark(name: str, classes: tuple[str, ...]) -> str:
    """Says of levels made of the same parts that these are not combined anew; "" of others.

    Args:
        name: of the column.
        classes: its levels.
    """
    for separator in SEPARATORS:
        own = [[part.strip() for part in level.split(separator)] for level in classes]
        lists = [parts for parts in own if len(parts) > 1 and all(parts)]
        often = Counter(part for parts in own for part in set(parts))
        if len(lists) < FEWEST or any(part.isdigit() for parts in lists for part in parts):
            continue
        shared = [part for parts in lists for part in parts if often[part] > 1]
        if len(shared) == sum(map(len, lists)):
            example = separator.join(lists[0])
            return (
                f"Column {name!r} has levels that hold several things, such as {example[:40]!r}: "
                "each level counts as one name, and what it holds is not combined anew. Give each "
                "of these things a column of its own where they can be chosen one by one."
            )
    return ""
