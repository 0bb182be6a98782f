"""Loads the modules that a folder is searched for: a method is such a file, and so is a task."""

from __future__ import annotations

import importlib
import importlib.util
import re
import traceback
from types import ModuleType

from .kernels.errors import TorchBDIError

# What the grammar of a command line reads as nothing, a switch or a number, in any case of letters.
NO_NAMES = ("null", "true", "false", "inf", "nan")


def check_word(where: str, name: str) -> None:
    """Raises TorchBDIError unless a command line takes a name as it stands.

    Args:
        where: what has the name, and how it could have another.
        name: of a method, a preset or a task.
    """
    if re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII) and name.lower() not in NO_NAMES:
        return
    raise TorchBDIError(
        f"{where}: a command line does not read {name!r} as a name. Take another one: a letter "
        f"from a to z, then letters, digits and _, and none of {', '.join(NO_NAMES)}."
    )


def load_module(name: str) -> ModuleType:
    """Imports a module.

    Args:
        name: its full name; its package is imported already.

    Raises:
        TorchBDIError: the file cannot be imported; says which, in which line, and why.
    """
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a script that ends itself has no more to give
        spec = importlib.util.find_spec(name)
        file = str(spec.origin if spec else name)
        told = told_with_line(error, file, "it cannot be imported")
        raise TorchBDIError(f"{told} Mend it, or move the file elsewhere.") from error


def told_with_line(error: BaseException, file: str, what: str) -> str:
    """What is said of an error that comes out of a file.

    Args:
        error: what was raised.
        file: the file.
        what: what could not be done.

    Returns:
        The file, the last of its lines that the error went through, and why, in two sentences.
    """
    line = _line(error, file)
    told = error.msg if isinstance(error, SyntaxError) else error
    kind = "" if isinstance(error, TorchBDIError) else f"{type(error).__name__}: "
    why = f"{kind}{str(told).rstrip('.')}".removesuffix(": ")
    return f"{file}{f', line {line}' if line else ''}: {what}. {why}."


def _line(error: BaseException, file: str) -> int | None:
    """The line of a file that an error comes from; None where it names none."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)
