"""docs/hardening.md names tests; each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = {"T": "torchbdi", "K": "kernels", "X": "experiments"}


def test_every_test_that_is_named_exists() -> None:
    text = (ROOT / "docs" / "hardening.md").read_text()
    file, named = "", []
    for folder, stem, name in re.findall(r"`(?:([TKX])/([\w/]+))?::(\w+)`", text):
        if folder:
            file = f"tests/{FOLDERS[folder]}/{stem}.py"
        named.append((file, name))
    assert len(named) > 50
    for file, name in named:
        functions = {
            node.name
            for node in ast.walk(ast.parse((ROOT / file).read_text()))
            if isinstance(node, ast.FunctionDef)
        }
        assert name in functions, f"{file}::{name}"


def test_no_line_numbers() -> None:
    text = (ROOT / "docs" / "hardening.md").read_text()
    assert not re.search(r"\.py:? ?\d", text)
