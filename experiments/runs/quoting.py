"""Words of the command line that hold any text: quoted for Hydra's grammar, then for the shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from functools import cache

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from torchbdi import InputError

# What Hydra's grammar takes for a text as it stands, wherever it stands.
_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*", re.ASCII)
_WORDS = {"null", "true", "false", "inf", "nan"}


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
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    text = re.sub(r"(\\*)'", r"\1\1\\'", text)
    ending = len(text) - len(text.rstrip("\\"))
    return f"'{text}{ending * chr(92)}'"


def check_readable(words: Sequence[str]) -> None:
    """Raises InputError for a word that Hydra's grammar cannot read, with the word in quotes."""
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            continue
        try:
            _parser().parse_override(word)
        except (HydraException, ValueError) as error:
            if not re.fullmatch(r"[+~]{0,2}[\w@:./]+", name, re.ASCII):
                raise InputError(f"{word}: {name!r} is no name of an entry.") from error
            raise InputError(
                f"{word}: the value has signs that mean something else to Hydra, which reads this "
                f"command line. If it is a text, put it in quotes: {setting(name, text)}"
            ) from error


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()
