"""Command lines of the form ``name name key=value``, for the commands that gather runs."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from torchbdi import InputError


def split_words(
    words: Sequence[str], names: Collection[str], keys: Collection[str]
) -> tuple[list[str], dict[str, str], list[str]]:
    """Sorts the words of a command line.

    Args:
        words: such as ``["table3", "tasks=tfbind8", "method.steps=2"]``.
        names: the bare words that are allowed.
        keys: the keys that the command reads itself.

    Returns:
        The bare words, the values of ``keys``, and the remaining ``key=value`` words as they are.

    Raises:
        InputError: a bare word is not one of ``names``, or a key is given twice.
    """
    bare: list[str] = []
    values: dict[str, str] = {}
    rest: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            if word not in names:
                close = difflib.get_close_matches(word, names, n=1)
                hint = f" Did you mean {close[0]}?" if close else ""
                raise InputError(f"no {word!r}.{hint} Valid: {', '.join(names)}.")
            bare.append(word)
        elif key in keys:
            if key in values:
                raise InputError(f"{key}= is given twice.")
            values[key] = value
        else:
            rest.append(word)
    return bare, values, rest
