"""Numbers that may be codes: with zeros before them, called like codes, as 1E2, or versions."""

from __future__ import annotations

import re

import numpy as np

from ...kernels.errors import InputError
from ..reading.table import Values
from ..reading.ways import Ways
from .words import words_in_order

# Digits of this length with a zero before them are codes; shorter ones where rows repeat them, and
# they are not all multiples of 5 as angles or temperatures are.
CODE, SHORT_CODE = 4, 3
# What columns are called whose numbers may be names, as their last word or before an "of".
_CODES = frozenset(("id", "code", "type", "class", "kind", "category", "supplier"))
# Names of a plate's rows and columns, say, that read as powers of ten.
_VERSION = re.compile(r"(\d+)\.(\d+)")
_POWER = re.compile(r"(\d+)E(\d+)")


def is_code(name: str) -> bool:
    """Whether a name is that of codes: catalyst_id, type of salt; not of class weights."""
    words = words_in_order(name)
    return bool(_CODES & {*words[-1:], *(words[:1] if words[1:2] == ["of"] else [])})


def ask_of_codes(name: str, values: Values, ways: Ways) -> None:
    """Refuses digits with zeros before them, such as 0110: a number has none."""
    if values.dtype == np.float64:
        return
    texts = set(values.tolist())
    lengths = {len(text) for text in texts}
    fives = all(text.endswith(("0", "5")) for text in texts)
    shortest = CODE if fives or 2 * len(texts) > len(values) else SHORT_CODE
    if len(texts) < 3 or len(lengths) > 1 or min(lengths) < shortest:
        return
    if all(text.isdigit() for text in texts) and any(text[0] == "0" for text in texts):
        raise InputError(
            f"column {name!r} has {min(lengths)} digits in every row, with zeros before some of "
            f"them (such as {min(texts)!r}): is each digit a choice ({ways('sequence', name)}), is "
            f"it a name ({ways('category', name)}), a number ({ways('number', name)}), or nothing "
            f"that can be chosen ({ways('ignore', name)})?"
        )


def short_codes(name: str, values: Values, ways: Ways) -> str:
    """Says that zeros before numbers are lost, as of 01 and 02; "" where there are none.

    Multiples of 5 are angles or temperatures, and a 0 is no code.
    """
    if values.dtype == np.float64:
        return ""
    texts = set(values.tolist())
    zeros = sorted(text for text in texts if text[:1] == "0" and text.isdigit() and text.strip("0"))
    if not zeros or not all(map(str.isdigit, texts)) or 2 * len(texts) > len(values):
        return ""
    if all(text.endswith(("0", "5")) for text in texts):
        return ""
    return (
        f"Column {name!r} has zeros before its numbers, as in {zeros[0]!r}, which is taken for "
        f"{int(zeros[0])}, and near ones for alike. If these are names, say "
        f"{ways('category', name)}; {ways('number', name)} says that they are numbers."
    )


def versions(name: str, values: Values, ways: Ways) -> str:
    """Says that 3.10 is 3.1 as a number, where it may be the version after 3.9; "" elsewhere.

    Behind one and the same number stand single digits, and 10, 11 and so on without a wide gap.
    """
    if values.dtype == np.float64:
        return ""
    parts = [_VERSION.fullmatch(text) for text in set(values.tolist())]
    behind: dict[str, list[str]] = {}
    for part in parts:
        if part is None:
            return ""
        behind.setdefault(part[1], []).append(part[2])
    for first, own in behind.items():
        one, two = ([v for v in own if len(v) == length] for length in (1, 2))
        if not one or "10" not in two or len(one) + len(two) < len(own):
            continue
        if min(two) == "10" and max(map(int, two)) <= 10 + 2 * len(two):
            other = f"{first}.{max(one)}"
            return (
                f"Column {name!r} has {first + '.10'!r} beside {other!r}: taken for "
                f"numbers, the first one is {first}.1, and near ones are alike. If these are "
                f"names, as of versions, say {ways('category', name)}; {ways('number', name)} says "
                "that they are numbers."
            )
    return ""


def ask_of_powers(name: str, values: Values, ways: Ways) -> None:
    """Refuses texts such as 1E2 and 3E4: they may be names, and powers of ten."""
    if values.dtype == np.float64:
        return
    texts = set(values.tolist())
    powers = [_POWER.fullmatch(text) for text in texts]
    heads, tails = ({int(p[i]) for p in powers if p is not None} for i in (1, 2))
    in_order = sorted(heads) == list(range(1, len(heads) + 1))  # the rows of a plate, say
    if None in powers or not in_order or len(heads) < 3 or len(tails) < 3:
        return
    raise InputError(
        f"column {name!r} has texts such as {min(texts)!r} and {max(texts)!r} in every row: are "
        f"they names ({ways('category', name)}), powers of ten ({ways('number', name)}), or "
        f"nothing that can be chosen ({ways('ignore', name)})?"
    )
