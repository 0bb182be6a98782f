"""Writes the reference of torchbdi from its docstrings: ``python docs/reference.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

import pdoc

import torchbdi


def write_reference(folder: Path) -> None:
    """Renders every module of torchbdi as HTML, index.html first.

    Args:
        folder: is made where it is missing.
    """
    for name in torchbdi.__all__:
        getattr(torchbdi, name)  # pdoc shows what is loaded
    pdoc.render.configure(docformat="google", show_source=False, search=False)
    pdoc.pdoc("torchbdi", "torchbdi.proposer", output_directory=folder)


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
