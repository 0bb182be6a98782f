"""What goes wrong in the file of a method is told with the file and the line."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torchbdi import TorchBDIError
from torchbdi.loading import told_with_line
from torchbdi.methods import registry


class MethodFailedError(TorchBDIError):
    """A method raised an error of somebody else's; its cause has the whole traceback."""


@contextmanager
def method_told(name: str) -> Iterator[None]:
    """Tells of errors that come out of a method with its file, the line and the remedy.

    Errors of torchbdi say these themselves, and a disk that fails is the business of whoever runs.

    Args:
        name: of the method, or of a preset.

    Raises:
        MethodFailedError: an error of another kind came through the method's file, or through one
            beside it.
    """
    try:
        yield
    except (Exception, SystemExit) as error:  # an exit would end a grid without a word
        if isinstance(error, TorchBDIError) or (isinstance(error, OSError) and error.errno):
            raise
        own, folder = registry.source_of(name), Path(registry.__file__).parent
        passed = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        beside = [f for f in passed if Path(f).parent == folder and Path(f).name != "_door.py"]
        if own not in passed and not beside:
            raise
        file = own if own in passed else beside[-1]
        told = told_with_line(error, file, f"method={name} fails")
        raise MethodFailedError(f"{told} Mend it.") from error


def print_traceback(error: Exception) -> None:
    """Prints the traceback of an error that is none of ours; a message says what ours is."""
    if isinstance(error, MethodFailedError) and error.__cause__ is not None:
        traceback.print_exception(error.__cause__)
    elif not isinstance(error, TorchBDIError | OSError):
        traceback.print_exception(error)
