"""Loads the modules that a folder is searched for: a method is such a file, and so is a task."""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from types import ModuleType

from .kernels.errors import TorchBDIError


def load_module(name: str) -> ModuleType:
    """Imports a module.

    Args:
        name: its full name; its package is imported already.

    Raises:
        TorchBDIError: the file cannot be imported; says which, in which line, and why.
    """
    try:
        return importlib.import_module(name)
    except Exception as error:
        spec = importlib.util.find_spec(name)
        file = str(spec.origin if spec else name)
        told = told_with_line(error, file, "it cannot be imported")
        raise TorchBDIError(f"{told} Mend it, or move the file elsewhere.") from error


def told_with_line(error: Exception, file: str, what: str) -> str:
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


def _line(error: Exception, file: str) -> int | None:
    """The line of a file that an error comes from; None where it names none."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)
