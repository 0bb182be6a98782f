"""The reference is made of docstrings: every public name has one, and all of it renders."""

from __future__ import annotations

import importlib.util
import inspect
import warnings
from pathlib import Path
from types import ModuleType

import pytest

import torchbdi
import torchbdi.proposer

SCRIPT = Path(__file__).parents[2] / "docs" / "reference.py"
MODULES: tuple[ModuleType, ...] = (torchbdi, torchbdi.kernels, torchbdi.proposer)


def public() -> dict[str, object]:
    """All public names, and the public methods and properties that torchbdi gives its classes."""
    found: dict[str, object] = {}
    for module in MODULES:
        for name in module.__all__:
            found[f"{module.__name__}.{name}"] = value = getattr(module, name)
            if not inspect.isclass(value):
                continue
            for base in value.__mro__:
                if base.__module__.startswith("torchbdi"):
                    for member, what in vars(base).items():
                        plain = inspect.isfunction(what) or isinstance(
                            what, property | staticmethod
                        )
                        if plain and not member.startswith("_"):
                            found.setdefault(f"{module.__name__}.{name}.{member}", what)
    return found


def test_every_public_name_has_a_docstring() -> None:
    names = public()
    assert len(names) > 40
    # A dataclass without a docstring is given one that begins with its own call.
    poor = [
        name
        for name, what in names.items()
        if len(text := what.__doc__ or "") < 10 or text.startswith(name.rsplit(".", 1)[1] + "(")
    ]
    assert not poor
    functions = [name for name, what in names.items() if inspect.isfunction(what)]
    silent = [
        name
        for name in functions
        if set(inspect.signature(names[name]).parameters) - {"self"}  # type: ignore[arg-type]
        and "Args:" not in names[name].__doc__  # type: ignore[operator]
        and name.count(".") == 1
    ]
    assert not silent, "functions that do not tell their arguments"


def test_the_reference_renders(tmp_path: Path) -> None:
    pytest.importorskip("pdoc")
    spec = importlib.util.spec_from_file_location("reference", SCRIPT)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        script.write_reference(tmp_path)
    assert not [str(w.message) for w in told if "pdoc" in str(w.filename)]
    for module in MODULES:
        page = (tmp_path / f"{module.__name__.replace('.', '/')}.html").read_text()
        for name in module.__all__:
            assert f'id="{name}"' in page or f"{name}.html" in page, name
    page = (tmp_path / "torchbdi.html").read_text()
    assert ">Arguments:</h6>" in page, "docstrings are not read as Google's"
