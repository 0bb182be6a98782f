"""Words of the command line that hold any text: quoted for Hydra's grammar, then for the shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from functools import cache
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from torchbdi import InputError
from torchbdi.loading import NO_NAMES

# What Hydra's grammar takes for a text as it stands, wherever it stands.
_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*", re.ASCII)
_PATHS = ("out_dir", "data_dir", "resume")


def setting(name: str, text: str) -> str:
    """A word that sets a name to a text, to be pasted into a shell.

    Args:
        name: of an entry of the configuration, such as ``out_dir``.
        text: its value; any text, blanks, quotes and letters of every language among them.
    """
    return shlex.quote(f"{name}={quoted(text)}")


def quoted(text: str) -> str:
    r"""A text as Hydra's grammar and OmegaConf's read it back.

    The rules are in https://hydra.cc/docs/advanced/override_grammar/basic, "Quoted values": between
    quotes a backslash counts only before a quote. OmegaConf's: ``\${`` is no interpolation.
    """
    if _PLAIN.fullmatch(text) and text.lower() not in NO_NAMES:
        return text
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    text = re.sub(r"(\\*)'", r"\1\1\\'", text)
    ending = len(text) - len(text.rstrip("\\"))
    return f"'{text}{ending * chr(92)}'"


def check_readable(words: Sequence[str]) -> None:
    """Raises InputError for a word that Hydra's grammar cannot read, with the word in quotes.

    So it does for a path that the grammar reads as a number: 2026_11_28 as 20261128.
    """
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            continue
        try:
            value = value_of(word)
        except (HydraException, ValueError) as error:
            if not re.fullmatch(r"[+~]{0,2}[\w@:./]+", name, re.ASCII):
                raise InputError(f"{word}: {name!r} is no name of an entry.") from error
            raise InputError(
                f"{word}: the value has signs that mean something else to Hydra, which reads this "
                f"command line. If it is a text, put it in quotes: {setting(name, text)}"
            ) from error
        if name in _PATHS and isinstance(value, int | float) and str(value) != text:
            raise InputError(
                f"{word}: Hydra reads {value} here, no text. Put it in quotes: "
                f"{setting(name, text)}"
            )


def value_of(word: str) -> Any:
    """What Hydra's grammar reads behind the = of a word: a text, a number, a switch, a sweep."""
    return _parser().parse_override(word).value()


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()
