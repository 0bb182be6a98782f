"""Levels that hold several things, as lists of mutations and mixtures of solvents do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

# What parts such things, and so many levels at least that hold several.
SEPARATORS, FEWEST = ";,+|&/", 3
# Formulas of molecules have such signs, too: [Na+].[OH-], F/C=C/F.
_FORMULA = re.compile(r"\[\w*[+-]|[/\\][^;,|&]*=[^;,|&]*[/\\]")
# A23V;G45D, and p.Ala23Val:p.Gly45Asp, with the letter of a chain before them.
_MUTATION = r"(p\.)?([A-Za-z]{1,2}:)?([A-Z]|[A-Z][a-z]{2})\d{1,4}([A-Z]|[A-Z][a-z]{2}|\*)"
_MUTATIONS = re.compile(rf"{_MUTATION}([;,+/_:| -]+{_MUTATION})*")


def lists_mutations(texts: Collection[str]) -> str:
    """An example, where most of some different texts are lists of mutations; "" where they are not.

    The others are names of the parent. A23V, B1 and C2 alone are names of something else.
    """
    lists = [text for text in texts if _MUTATIONS.fullmatch(text)]
    several = [text for text in lists if len(re.findall(_MUTATION, text)) > 1]
    if len(several) < FEWEST or 2 * len(lists) < len(texts):
        return ""
    return min(several)


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
