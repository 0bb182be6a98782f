"""Command lines of the form ``name name key=value``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence

from torchbdi import InputError, TorchBDIError
from torchbdi.streams import printable
from torchbdi.values import those_valid


def run_command(main: Callable[[Sequence[str]], None], about: str | None) -> None:
    """Runs a command on the words of its command line.

    ``--help`` shows ``about``. An error ends with its message and exit status 1, Ctrl-C with 130.
    """
    printable()
    words = sys.argv[1:]
    if {"-h", "--help"} & set(words):
        print(about)
        return
    try:
        main(words)
    except TorchBDIError as error:
        sys.exit(f"error: {error}")
    except (FileExistsError, NotADirectoryError) as error:
        sys.exit(f"error: {error.filename}: a file is where a folder should be. Name another one.")
    except OSError as error:
        sys.exit(f"error: cannot read or write ({error}). Nothing is lost; give it again later.")
    except KeyboardInterrupt as stop:
        print(f"\n{str(stop) or 'stopped; the same command goes on from here.'}", file=sys.stderr)
        sys.exit(130)


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
        InputError: a bare word is not one of ``names``, a key is given twice, or one of ``keys``
            is given no value.
    """
    bare: list[str] = []
    values: dict[str, str] = {}
    rest: list[str] = []
    seen: set[str] = set()
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            if word not in names:
                raise InputError(f"no {word!r}.{those_valid(word, names)}")
            bare.append(word)
            continue
        if key in seen:
            raise InputError(f"{key}= is given twice.")
        seen.add(key)
        if key not in keys:
            rest.append(word)
        elif value.strip():
            values[key] = value
        else:
            raise InputError(f"{key}= has no value. Give it one, or leave it out.")
    return bare, values, rest


def whole_word(values: Mapping[str, str], name: str, usual: int) -> int:
    """The whole number from 0 that a word gives, or the usual one where there is no such word.

    Args:
        values: as :func:`split_words` gives them.
        name: of the word.
        usual: what holds without it.

    Raises:
        InputError: it is none.
    """
    text = values.get(name, str(usual))
    if not text.isdecimal():
        raise InputError(f"{name}={text}: must be a whole number from 0.")
    return int(text)


def seed_words(values: Mapping[str, str]) -> list[int] | None:
    """The seeds of the word ``seeds=0,1,2``, each once; None where there is no such word.

    Raises:
        InputError: one of them is no whole number from 0.
    """
    if "seeds" not in values:
        return None
    seeds = [seed.strip() for seed in values["seeds"].split(",")]
    if not all(seed.isascii() and seed.isdecimal() for seed in seeds):
        raise InputError(f"seeds={values['seeds']}: write seeds=0,1,2.")
    return list(dict.fromkeys(map(int, seeds)))
