"""Levels that hold several things, as lists of mutations and mixtures of solvents do."""

from __future__ import annotations

import re
from collections import Counter

# What parts such things, and so many levels at least that hold several.
SEPARATORS, FEWEST = ";,+|&/", 3
# Formulas of molecules have such signs, too: [Na+].[OH-], F/C=C/F.
_FORMULA = re.compile(r"\[\w*[+-]|[/\\][^;,|&]*=[^;,|&]*[/\\]")


def several_remark(name: str, classes: tuple[str, ...]) -> str:
    """Says of levels made of the same parts that these are not combined anew; "" of others.

    Args:
        name: of the column.
        classes: its levels.
    """
    if any(map(_FORMULA.search, classes)):
        return ""
    for separator in SEPARATORS:
        own = [[part.strip() for part in level.split(separator)] for level in classes]
        lists = {
            level: parts
            for level, parts in zip(classes, own, strict=True)
            if len(parts) > 1 and all(parts)
        }
        often = Counter(part for parts in own for part in set(parts))
        if len(lists) < FEWEST or any(part.isdigit() for parts in lists.values() for part in parts):
            continue
        if all(often[part] > 1 for parts in lists.values() for part in parts):
            example = max(lists, key=lambda level: len(set(lists[level])))
            return (
                f"Column {name!r} has levels that hold several things, such as {example[:40]!r}: "
                "each level counts as one name, and what it holds is not combined anew. Give each "
                "of these things a column of its own where they can be chosen one by one."
            )
    return ""
