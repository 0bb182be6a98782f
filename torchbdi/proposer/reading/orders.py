"""Texts that are the same things in another order: a search over their letters makes none."""

from __future__ import annotations

import re
from collections.abc import Collection

from ...kernels.errors import InputError
from .ways import Ways, listed

# Two things have two orders, which are names; and a few numbers can have the same digits by chance.
FEWEST, NUMBERS = 3, 4


def order_of(texts: Collection[str]) -> list[str]:
    """The things that each text holds once, in some order: A-C-B and B-A-C; [] where they do not.

    Args:
        texts: different ones.
    """
    signs = {sign for text in texts for sign in re.findall(r"[^\w.]+", text)}
    if len(signs) > 1 or len(texts) < 2:
        return []
    points = all("." in text for text in texts)  # 1.25 and 2.15 are no orders of 1, 2, 5 and .
    sign = next(iter(signs), "." if points else "")
    parts = [text.split(sign) if sign else list(text) for text in texts]
    own = sorted(parts[0])
    once = len(set(own)) == len(own) >= FEWEST and "" not in own
    return own if once and all(sorted(part) == own for part in parts) else []


def ask_of_orders(name: str, texts: Collection[str], ways: Ways) -> None:
    """Refuses different texts that are orders of the same things.

    Raises:
        InputError: it says how to write them, so that proposals are orders, too.
    """
    things = order_of(texts)
    number = all(map(str.isdigit, texts))
    if not things or (number and len(texts) < NUMBERS):
        return
    other = f", or that these are numbers ({ways('number', name)})" if number else ""
    if all(len(thing) == 1 for thing in things):
        other = f", or that they may repeat ({ways('sequence', name)}){other}"
    raise InputError(
        f"column {name!r} has {listed(things, 5)} once in every row, in some order (such as "
        f"{min(texts)[:40]!r}): chosen one by one some would repeat, and others lack. Give each "
        "place a column of its own (proposals then keep to an order); or leave the column out "
        f"({ways('ignore', name)}), or say that each order is a name ({ways('category', name)})"
        f"{other}."
    )
