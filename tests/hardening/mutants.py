"""Mutants of what keeps numbers and files whole: with one thing changed a check must fail.

``make mutation`` runs it; it reads source text, so `make test` does not. The objective and the
regression have their own, tests/torchbdi/mutants.py. docs/hardening.md has the scores.

A check is given a module, or its twin with one thing changed, and raises where it is wrong.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import pickle
import random
import tempfile
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from torchbdi import InputError
from torchbdi.kernels.errors import DamagedStateError
from torchbdi.kernels.solve.operator import GramOperator
from torchbdi.ntk import NTK


class RaisedError(AssertionError):
    """Something else, or nothing, was raised."""


@contextlib.contextmanager
def refused(*kinds: type[BaseException], words: str = "") -> Any:
    try:
        yield
    except kinds as error:
        assert words in str(error), str(error)
    except Exception as error:
        raise RaisedError(repr(error)) from error
    else:
        raise RaisedError("nothing was raised")


def spd(n: int) -> torch.Tensor:
    a = torch.randn(n, n, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return a @ a.T


def tiles(module: Any) -> None:
    """Stored triangles are the matrix, take what was reckoned, and multiply as it does."""
    for n, tile in ((7, 3), (12, 4), (5, 8)):
        k = spd(n)
        matrix = SimpleNamespace(fill=lambda rows, cols, out, k=k: out.copy_(k[rows, cols]))
        packed = module.PackedTriangle(n, tile, torch.float64, torch.device("cpu"))
        packed.data.fill_(torch.nan)
        for i in range(len(packed.spans)):
            packed.fill_row(i, matrix)
        assert not packed.data.isnan().any(), "something was not written"
        assert len(packed.data) == module.packed_size(n, tile) <= n * (n + tile) / 2
        for i, rows in enumerate(packed.spans):
            assert torch.equal(packed.below(i), k[rows, : rows.start])
            assert torch.equal(packed.corner(i), k[rows, rows])
        for columns in (1, 3):
            v = spd(n)[:, :columns].contiguous()
            torch.testing.assert_close(packed.multiply(v), k @ v)


def checkpoint(module: Any) -> None:
    """What was saved is loaded for the same problem, and refused for any other."""
    x, y = spd(40)[:, :4], spd(40)[:, 5:6]

    def of(kernel: Any, rhs: torch.Tensor, ridge: float) -> Any:
        matrix: GramOperator = kernel.matrix(x)
        return module.SolveCheckpoint(Path(folder) / "state", matrix, rhs, ridge)

    with tempfile.TemporaryDirectory() as folder:
        names = ("d", "r", "p", "rz", "numbers", "preconditioner")
        state = {name: torch.full((2,), float(i)) for i, name in enumerate(names)}
        assert of(NTK(), y, 1e-12).load() is None
        of(NTK(), y, 1e-12).save(state)
        loaded = of(NTK(), y, 1e-12).load()
        assert loaded is not None
        assert all(torch.equal(loaded[name], state[name]) for name in names)
        changed = y.clone()
        changed[30] += 1e-9
        for other, words in (
            (of(NTK(), changed, 1e-12), "right-hand side"),
            (of(NTK(), y.expand(-1, 2), 1e-12), "right-hand side"),
            (of(NTK(w_std=1.001), y, 1e-12), "matrix"),
            (of(NTK(), y, 2e-12), "ridge"),
        ):
            with refused(InputError, words=words):
                other.load()
        of(NTK(), y, 1e-12).save({name: state[name] for name in names[1:]})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            back = of(NTK(), y, 1e-12).load()  # the one before it, which has all
        assert back is not None and torch.equal(back["d"], state["d"])


def states(module: Any) -> None:
    """A changed bit is found wherever it is; the state before is kept, and gone on from."""
    with tempfile.TemporaryDirectory() as folder:
        path, draw, said = Path(folder) / "state", random.Random(0), []
        module.write_state(path, b"first")
        module.write_state(path, b"second")
        assert module.read_state(path) == b"second"
        assert module.read_state(module.state_before(path)) == b"first"
        whole = path.read_bytes()
        for _ in range(60):
            content = bytearray(whole)
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
            path.write_bytes(content)
            with refused(DamagedStateError):
                module.read_state(path)
        assert module.last_good_state(path, bytes, said.append) == b"first"
        assert str(path) in said[0] and "Going on from" in said[0]
        module.write_state(path, b"third")  # what is damaged does not become the one before
        assert module.read_state(module.state_before(path)) == b"first"
        path.unlink()
        module.write_state(path, b"fourth")  # what was given up is not gone back to
        assert not module.state_before(path).exists()
        assert {p.name for p in Path(folder).iterdir()} == {"state"}


def transfer(module: Any) -> None:
    """Of what a server says of a body, only what fits is believed."""
    limits = module.Limits(largest=1000)
    fetch = module.Transfer(Path("nowhere"), None, limits)
    known = module.Transfer(Path("nowhere"), 500, limits)

    def answer(status: int = 200, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return SimpleNamespace(status_code=status, headers=named, raise_for_status=lambda: None)

    assert fetch._total(answer(Content_Length="1000"), 0) == 1000
    assert known._total(answer(Content_Length="500"), 0) == 500
    assert fetch._total(answer(Transfer_Encoding="chunked"), 0) is None
    part = answer(206, Content_Range="bytes 200-499/500", Content_Length="300")
    assert known._total(part, 200) == 500
    for of, response in (
        (fetch, answer(Content_Length="1001")),
        (known, answer(Content_Length="501")),
        (known, answer(Content_Length="499")),
        (fetch, answer(Content_Length="-5")),
        (fetch, answer()),
        (fetch, answer(206, Content_Length="10")),
        (fetch, answer(Content_Length="10", Content_Encoding="gzip")),
    ):
        with refused(module.RefusedError):
            of._total(response, 0)
    for response in (
        answer(200, Content_Range="bytes 200-499/500", Content_Length="300"),
        answer(206, Content_Range="bytes 0-299/500", Content_Length="300"),
        answer(206, Content_Range="bytes 100-499/500", Content_Length="400"),
        answer(206, Content_Range="bytes 200-399/500", Content_Length="200"),
        answer(206, Content_Range="bytes 200-499/500", Content_Length="500"),
        answer(206, Content_Range="bytes 200-100/101"),
        answer(206),
    ):
        with refused(module._NoPartError):
            known._total(response, 200)


class Call:
    def __init__(self, function: Any, *arguments: Any):
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def restricted(module: Any) -> None:
    """Arrays come out; names, huge things and what is hashed for ever do not."""
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.asfortranarray(np.eye(3, 2))}
    nested: Any = ()
    for _ in range(25):
        nested = (nested, nested)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"

        def load(content: Any, **more: Any) -> Any:
            path.write_bytes(pickle.dumps(content))
            return module.load_arrays(path, **more)

        for name, array in load(arrays).items():
            np.testing.assert_array_equal(array, arrays[name])
        for content, more in (
            ({"a": Call(getattr, "", "join")}, {}),
            ({"a": Call(print, "")}, {}),
            ({nested: arrays["a"]}, {}),
            ({"a": 3}, {}),
            ([arrays["a"]], {}),
            ({"a": np.arange(3)}, {}),
            ({str(i): arrays["a"] for i in range(40)}, {"limit": 1000}),
        ):
            with refused(module.UnsafePickleError):
                load(content, **more)
        with refused(module.UnsafePickleError, words="at most 50 are read"):
            load(arrays, limit=50)
        for place, name in (("builtins", "getattr"), ("builtins", "print"), ("os", "system")):
            with refused(module.UnsafePickleError, words="not part of an array"):
                module._Reader(b"").find_class(place, name)
        short = pickle.dumps({"a": np.arange(6.0)}, 2).replace(b"K\x06\x85", b"K\x07\x85")
        path.write_bytes(short)
        with refused(module.UnsafePickleError, words="do not fit"):
            module.load_arrays(path)
        try:
            load({"x" * 10**5: 3})
        except module.UnsafePickleError as error:
            assert len(str(error)) < 500


# Check, module, what stands there once, and mutants of it.
LINES: list[tuple[Callable[[Any], None], str, str, list[tuple[str, str]]]] = [
    (tiles, "torchbdi.kernels.solve.tiles", "tile * tile * (i * (i + 1) // 2)",
     [("i + 1", "i - 1"), ("i + 1", "i")]),
    (tiles, "torchbdi.kernels.solve.tiles", "row_offset(full, tile) + rest * n",
     [("rest * n", "rest * rest")]),
    (tiles, "torchbdi.kernels.solve.tiles", "row_offset(i, self.tile) + h * i * self.tile",
     [("h * i", "i"), ("+ h", "- h")]),
    (tiles, "torchbdi.kernels.solve.tiles", "add_product(cell.mT, v[rows], out[cols])",
     [("add_product(cell.mT, v[rows], out[cols])", "pass")]),
    (tiles, "torchbdi.kernels.solve.tiles",
     "multiply_both(below, x[left], x[rows], o[rows], o[left])",
     [("o[rows], o[left]", "o[rows], o[left].clone()")]),
    (tiles, "torchbdi.kernels.solve.tiles", "matrix.fill(rows, rows, self.corner(i))",
     [("rows, rows,", "rows, slice(0, rows.stop - rows.start),")]),
    (checkpoint, "torchbdi.kernels.solve.checkpoint", "hashlib.sha256(described + data)",
     [("described + data", "data[:64]"), ("described + data", "described")]),
    (checkpoint, "torchbdi.kernels.solve.checkpoint", "probe, self.probe, rtol=1e-9, atol=1e-9",
     [("rtol=1e-9", "rtol=1e-1")]),
    (checkpoint, "torchbdi.kernels.solve.checkpoint", '("ridge", ridge_same)',
     [("ridge_same", "True")]),
    (checkpoint, "torchbdi.kernels.solve.checkpoint", '("matrix", same)', [(", same", ", True")]),
    (checkpoint, "torchbdi.kernels.solve.checkpoint",
     '{"d", "r", "p", "rz", "numbers", "preconditioner"}', [('"d", ', "")]),
    (states, "torchbdi.kernels.states", "if _digest(content).encode() != found[1]:",
     [("_digest(content).encode() != found[1]", "False")]),
    (states, "torchbdi.kernels.states", "            if _is_whole(path):\n",
     [("_is_whole(path)", "path.exists()"), ("_is_whole(path)", "False")]),
    (states, "torchbdi.kernels.states", "elif not path.exists():",
     [("not path.exists()", "False")]),
    (states, "torchbdi.kernels.states", "for candidate in (path, state_before(path)):",
     [(", state_before(path)", ",")]),
    (transfer, "experiments.data.transfer", "response.status_code != 206 or found",
     [("response.status_code != 206 or ", "")]),
    (transfer, "experiments.data.transfer", "first == have", [("first == have", "True")]),
    (transfer, "experiments.data.transfer", "and last >= first", [("and last >= first", "")]),
    (transfer, "experiments.data.transfer", 'found[3] in ("*", str(last + 1))',
     [('found[3] in ("*", str(last + 1))', "True")]),
    (transfer, "experiments.data.transfer", "length in (None, str(last + 1 - first))",
     [("length in (None, str(last + 1 - first))", "True")]),
    (transfer, "experiments.data.transfer", "total > self._most or (self",
     [("total > self._most or ", "")]),
    (transfer, "experiments.data.transfer", "self.size is not None and total != self.size",
     [("!=", ">")]),
    (transfer, "experiments.data.transfer", "(206 if have else 200)",
     [("(206 if have else 200)", "response.status_code")]),
    (transfer, "experiments.data.transfer", 'if encoding != "identity":',
     [('encoding != "identity"', "False")]),
    (restricted, "experiments.robots.restricted_pickle", '("numpy", "dtype"): DType,',
     [("DType,", 'DType, ("builtins", "getattr"): getattr,'),
      ("DType,", 'DType, ("builtins", "print"): reconstruct,')]),
    (restricted, "experiments.robots.restricted_pickle",
     "len(raw) != math.prod(shape) * _TYPES[code]",
     [("len(raw) != math.prod(shape) * _TYPES[code]", "False")]),
    (restricted, "experiments.robots.restricted_pickle", "if size > limit:",
     [("size > limit", "False")]),
    (restricted, "experiments.robots.restricted_pickle", "if total > limit:",
     [("total > limit", "False")]),
    (restricted, "experiments.robots.restricted_pickle", 'order="F" if fortran else "C"',
     [('"F" if fortran else "C"', '"C"')]),
    (restricted, "experiments.robots.restricted_pickle", "return repr(value[:QUOTED])",
     [("value[:QUOTED]", "value")]),
]  # fmt: skip
MUTANTS = [
    (check, module, old, old.replace(part, other, 1))
    for check, module, old, parts in LINES
    for part, other in parts
]


def twin_of(folder: Path, name: str, old: str, new: str) -> types.ModuleType:
    """A module with one thing changed, beside the one that is loaded."""
    source = inspect.getsource(importlib.import_module(name))
    assert source.count(old) == 1, f"{name}: {old!r} stands there {source.count(old)} times"
    assert old != new or new in source
    path = folder / f"{name}.py"
    path.write_text(source.replace(old, new))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    twin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(twin)
    return twin


@pytest.mark.parametrize(("check", "module"), sorted({(m[0], m[1]) for m in MUTANTS}, key=str))
def test_the_original_passes(check: Callable[[Any], None], module: str) -> None:
    check(importlib.import_module(module))


@pytest.mark.parametrize(
    ("check", "module", "old", "new"), MUTANTS, ids=[f"{m[1]}: {m[3]}" for m in MUTANTS]
)
def test_a_mutant_is_caught(
    check: Callable[[Any], None], module: str, old: str, new: str, tmp_path: Path
) -> None:
    assert old != new
    twin = twin_of(tmp_path, module, old, new)
    with pytest.raises((AssertionError, ValueError, TypeError, RuntimeError, OSError, LookupError)):
        check(twin)
