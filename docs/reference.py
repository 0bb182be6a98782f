"""Writes the reference of torchbdi from its docstrings: ``python docs/reference.py FOLDER``."""

from __future__ import annotations

import dataclasses
import sys
import typing
from pathlib import Path

import pdoc

import torchbdi
from torchbdi.methods import registry


def write_reference(folder: Path) -> None:
    """Renders every module of torchbdi as HTML, index.html first.

    Args:
        folder: is made where it is missing.
    """
    for name in torchbdi.__all__:
        getattr(torchbdi, name)  # pdoc shows what is loaded
    for file in registry.file_names():
        _resolve_fields(registry.class_of(file))
    pdoc.render.configure(docformat="google", show_source=False, search=False)
    pdoc.pdoc("torchbdi", "torchbdi.proposer", output_directory=folder)


def _resolve_fields(method: type) -> None:
    """Gives a dataclass's __init__ its types: pdoc looks for inherited ones in the wrong module."""
    hints = typing.get_type_hints(method)
    fields = dataclasses.fields(method)  # type: ignore[arg-type]
    method.__init__.__annotations__ = {field.name: hints[field.name] for field in fields}


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
