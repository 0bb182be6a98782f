"""The arrows between modules: experiments -> torchbdi -> torchbdi.kernels, and never in a circle.

Every import statement counts, those inside functions and under TYPE_CHECKING too.
"""

from __future__ import annotations

import ast
import graphlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("torchbdi.kernels", "torchbdi", "experiments")
"""From the lowest up; a module belongs to the first whose name its own begins with."""


def floor(module: str) -> int:
    return next(i for i, name in enumerate(FLOORS) if f"{module}.".startswith(f"{name}."))


def modules() -> dict[str, Path]:
    """The files of the three packages, by the names under which they are imported."""
    found = {}
    for top in ("torchbdi", "kernels", "experiments"):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[f"torchbdi.{name}" if top == "kernels" else name] = path
    return found


def imported(name: str, source: str, is_package: bool, known: Mapping[str, object]) -> set[str]:
    """The modules among the known ones that a module names in its import statements."""
    return {m for m in _named(name, source, is_package, known) if m in known}


def _named(name: str, source: str, is_package: bool, known: Mapping[str, object]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".")[: None if is_package else -1]
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in known else base


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    known = modules()
    return {
        name: imported(name, path.read_text(), path.name == "__init__.py", known)
        for name, path in known.items()
    }


def test_import_statements_of_every_form_are_seen() -> None:
    known = dict.fromkeys(["p", "p.a", "p.b", "p.r", "p.r.a", "q"])
    source = """
import os, q
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from . import a
def later():
    from ..b import value
"""
    assert imported("p.r.c", source, False, known) == {"q", "p.r.a", "p.b"}
    assert imported("p.r", "from . import a\nfrom .. import b, name", True, known) == {
        "p.r.a", "p.b", "p",
    }  # fmt: skip
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_nothing_imports_in_a_circle(graph: dict[str, set[str]]) -> None:
    assert len(graph) > 100
    assert "torchbdi.kernels.relu.recursion" in graph["torchbdi.kernels.zonal.profile"]
    graphlib.TopologicalSorter(graph).prepare()


def test_the_arrows_go_one_way(graph: dict[str, set[str]]) -> None:
    upwards = [(a, b) for a, all_of in graph.items() for b in all_of if floor(a) < floor(b)]
    assert not upwards


@pytest.mark.parametrize(
    ("room", "barred"),
    [
        ("experiments.oracles", "experiments.tasks"),
        ("experiments.robots", "experiments.tasks"),
        ("experiments.runs", "experiments.paper"),
        ("torchbdi.kernels.solve", "torchbdi.kernels.zonal"),
        ("torchbdi.kernels.solve", "torchbdi.kernels.relu"),
        ("torchbdi.kernels.relu", "torchbdi.kernels.zonal"),
    ],
)
def test_rooms_that_must_not_know_each_other(
    room: str, barred: str, graph: dict[str, set[str]]
) -> None:
    inside = [name for name in graph if name.startswith(f"{room}.")]
    assert len(inside) >= 3
    seen = [(a, b) for a in inside for b in graph[a] if f"{b}.".startswith(f"{barred}.")]
    assert not seen


def test_rooms_of_the_proposer_stand_in_a_row(graph: dict[str, set[str]]) -> None:
    """From a file that is read to what is told of it; the modules beside them tie them together."""
    rooms = ("reading", "columns", "rules", "model", "search", "report")
    place = {f"torchbdi.proposer.{room}": i for i, room in enumerate(rooms)}

    def room(module: str) -> int | None:
        return place.get(module if module in place else module.rpartition(".")[0])

    assert all(sum(room(name) == i for name in graph) >= 4 for i in place.values())
    arrows = [(a, b, room(a), room(b)) for a in graph for b in graph[a]]
    assert not [(a, b) for a, b, i, j in arrows if i is not None and j is not None and j > i]


def test_tests_stand_in_the_folders_of_the_library() -> None:
    """Each folder of tests/torchbdi is one of torchbdi; each room of the proposer has tests."""
    library, tests = ROOT / "torchbdi", ROOT / "tests" / "torchbdi"
    folders = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")}
    packages = {path.parent.relative_to(library) for path in library.rglob("__init__.py")}
    assert folders <= packages
    assert folders >= {folder for folder in packages if folder.is_relative_to("proposer")}


def test_only_its_own_scripts_import_the_training_of_policies(graph: dict[str, set[str]]) -> None:
    room = "experiments.policies."
    assert any(name.startswith(room) for name in graph)
    assert not [
        (a, b)
        for a, all_of in graph.items()
        for b in all_of
        if b.startswith(room) and not a.startswith(room)
    ]


def test_only_the_compiled_and_gpu_forms_import_what_compiles(graph: dict[str, set[str]]) -> None:
    """So a machine without numba or triton can import everything else."""
    known = modules()
    for compiler, room in (("numba", "compiled"), ("triton", "gpu")):
        users = {
            name
            for name, path in known.items()
            if compiler in imported(name, path.read_text(), False, {compiler: None})
        }
        assert users
        # Benchmarks measure what is compiled, and need it.
        rooms = (f"torchbdi.kernels.{room}.", "experiments.benchmarks.")
        assert all(name.startswith(rooms) for name in users)


def test_every_folder_of_the_library_is_in_the_wheel() -> None:
    listed = (ROOT / "setup.cfg").read_text().split("packages =")[1].split("package_dir")[0].split()
    packages = {name for name, path in modules().items() if path.name == "__init__.py"}
    assert set(listed) == {name for name in packages if not name.startswith("experiments")}


def test_every_folder_says_what_it_is_for_and_what_is_not_in_it() -> None:
    for name, path in modules().items():
        if path.name == "__init__.py":
            told = ast.get_docstring(ast.parse(path.read_text())) or ""
            assert len(re.findall(r"[.:`](?=\s|$)", told)) >= 2, f"{name}: two sentences at least"
