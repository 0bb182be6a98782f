"""What the documents name exists: files, functions, commands, methods, tasks and settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from experiments.tasks import task_names
from experiments.tasks.registry import fields as task_fields
from torchbdi.methods import registry

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
PLACES = ("docs", "experiments", "kernels", "tests", "torchbdi")
EXAMPLE = {"method": {"evolve", "bold", "NAME", "X"}, "task": {"hartmann"}}  # docs write them
WRITTEN = {"torchbdi/methods/evolve.py", "experiments/tasks/hartmann.py"}
NAMED = re.compile(r"`([\w/]+\.py)` \((`[\w.]+`(?:, `[\w.]+`)*)\)")


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def named(text: str) -> Iterator[tuple[str, str]]:
    """Files and what stands in brackets behind them: `` `file.py` (`name`, `Class.name`) ``."""
    for file, names in NAMED.findall(text):
        for name in re.findall(r"[\w.]+", names):
            yield file, name


def objects(source: str) -> set[str]:
    """Functions, classes and constants of a module, and members of classes as Class.name."""

    def of(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from of(node.body, f"{node.name}.")
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            for target in targets:
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                yield from (prefix + part.id for part in parts if isinstance(part, ast.Name))

    return set(of(ast.parse(source).body))


def test_objects_of_every_kind_are_seen() -> None:
    source = "A, B = 1, 2\nC: int = 3\nclass D:\n    x: int\n    def f(self): ...\ndef g(): ..."
    assert objects(source) == {"A", "B", "C", "D", "D.x", "D.f", "g"}
    text = "`a/b.py` (`f`, `D.g`), (`c.py` (`h`)) and `d.py` (the weights)"
    assert list(named(text)) == [("a/b.py", "f"), ("a/b.py", "D.g"), ("c.py", "h")]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_functions_and_files(document: str) -> None:
    text = text_of(document)
    for file, name in named(text):
        assert name in objects(text_of(file)), f"{file}: {name}"
    for path in re.findall(rf"`((?:{'|'.join(PLACES)})/[\w./-]*(?:\.\w+|/))`", text):
        assert (ROOT / path).exists() or path in WRITTEN, path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_pictures(document: str) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", text_of(document)):
        here = (ROOT / document).parent / link
        assert link.startswith("https://") or here.exists(), link


def test_the_guide_to_the_paper_names_every_file_of_the_kernels_forms() -> None:
    """A new file of a form is to be told there."""
    text = text_of("docs/paper.md")
    assert len(set(named(text))) > 60
    for room in ("gpu", "compiled", "relu", "zonal"):
        for path in (ROOT / "kernels" / room).glob("*.py"):
            hidden = path.name in ("__init__.py", "chebyshev.py", "fixed_point.py")
            assert hidden or f"`kernels/{room}/{path.name}`" in text, path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_words_of_commands(document: str) -> None:
    text = text_of(document)
    for module in set(re.findall(r"python -m (experiments[\w.]*\w)", text)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    makefile = text_of("Makefile")
    for target in set(re.findall(r"(?:`|^    )make (\w[\w-]*)", text, re.MULTILINE)):
        assert f"\n{target}:" in makefile, target
    known = {"task": task_names(), "method": registry.names()}
    for group, name in re.findall(r"\b(task|method)=(\w+)", text):
        assert name in known[group] or name in EXAMPLE.get(group, ()), f"{group}={name}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_settings(document: str) -> None:
    """Every word such as ``method.steps=`` is a setting of a method, a task or the trainer."""
    trainer = yaml.safe_load(text_of("experiments/conf/trainer/default.yaml"))
    settings = {
        "method": {f.name for name in registry.file_names() for f in registry.fields(name)},
        "task": {field.name for name in task_names() for field in task_fields(name)},
        "trainer": set(trainer),
    }
    settings["method"] |= {"generations", "size"}  # of the examples
    settings["task"] |= {"noise"}
    for group, name in re.findall(r"\b(method|task|trainer)\.(\w+)=", text_of(document)):
        assert name in settings[group], f"{group}.{name}"
