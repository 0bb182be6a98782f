"""The cache of coefficients: found again, never mistaken, not trusted blindly, not in the way."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import torchbdi
from experiments.runs import coefficients
from experiments.runs.coefficients import cached_fit
from experiments.tasks.task import OfflineData
from torchbdi import NTK, RBF, InputError, NotConvergedError, RidgeFit, fit_ridge
from torchbdi.identity import fit_identity
from torchbdi.kernels.files import state_before, write_state
from torchbdi.kernels.solve.pcg import ConjugateGradient
from torchbdi.kernels.tensors import from_bytes, to_bytes


def table() -> OfflineData:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(30, 3, dtype=torch.float64, generator=generator)
    x = (x - x.mean(0)) / x.std(0, correction=0)
    return OfflineData(x, x[:, 0])


def cached(**options: Any) -> RidgeFit:
    return cached_fit(NTK(), table(), 1e-6, "trace", 1e-8, **options)


@pytest.fixture
def solves(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one with every solve that is really done."""
    calls: list[object] = []

    def counted(*args: object, **options: object) -> RidgeFit:
        calls.append(args)
        return fit_ridge(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(coefficients, "fit_ridge", counted)
    return calls


def test_a_solve_of_another_revision_is_not_taken(own_cache: Path, solves: list[object]) -> None:
    cached()
    cached(revision=torchbdi.REVISION + 1)
    assert len(solves) == 2
    cached(revision=torchbdi.REVISION)
    assert len(solves) == 2


def test_the_second_fit_comes_from_the_cache(own_cache: Path, solves: list[object]) -> None:
    first, again = cached(), cached()
    assert len(solves) == 1
    assert torch.equal(first.coefficients, again.coefficients)
    assert first.report == again.report
    made = fit_ridge(NTK(), table().x, table().y)
    assert again.identity == made.identity
    assert torch.equal(again.coefficients, made.coefficients)
    assert torch.equal(again.leave_one_out(), made.leave_one_out())


def test_every_setting_has_an_entry_of_its_own(own_cache: Path, solves: list[object]) -> None:
    data, other = table(), OfflineData(table().x, -table().y)
    for kernel, rows, beta, scale, tolerance in (
        (NTK(), data, 1e-6, "trace", 1e-8),
        (NTK(), other, 1e-6, "trace", 1e-8),
        (NTK(depth=5), data, 1e-6, "trace", 1e-8),
        (RBF(0.1), data, 1e-6, "trace", 1e-8),
        (RBF(0.1 + 2**-56), data, 1e-6, "trace", 1e-8),
        (NTK(), data, 1e-5, "trace", 1e-8),
        (NTK(), data, 1e-6, "absolute", 1e-8),
        (NTK(), data, 1e-6, "trace", 1e-7),
    ):
        before = len(solves)
        fit = cached_fit(kernel, rows, beta, scale, tolerance)
        assert len(solves) == before + 1
        assert fit.identity == fit_identity(kernel, rows.x, rows.y, beta, scale)


def test_a_kernel_that_does_not_say_what_it_is_has_no_entry(own_cache: Path) -> None:
    class Mine(RBF):
        def __init__(self, length: float):
            super().__init__()
            self.gamma = length**-2

    with pytest.raises(InputError, match="settings"):
        cached_fit(Mine(2.0), table(), 1e-6, "trace", 1e-8)
    assert not list(own_cache.rglob("*.state"))


def interrupted(monkeypatch: pytest.MonkeyPatch, most: int, **options: Any) -> None:
    """A solve by conjugate gradients that ends after a few iterations."""

    def short(self: ConjugateGradient, rhs: torch.Tensor) -> Any:
        return solve(self.with_options(max_iterations=most), rhs)

    solve = ConjugateGradient.solve
    with monkeypatch.context() as patch:
        patch.setattr(ConjugateGradient, "solve", short)
        with pytest.raises(NotConvergedError):
            cached_fit(NTK(), table(), 1e-3, "trace", 1e-8, **options)


@pytest.fixture
def iterative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conjugate gradients, as slow as it takes to interrupt them."""

    def by_pcg(*args: Any, **options: Any) -> RidgeFit:
        return fit_ridge(*args, **options, solver="pcg")

    prepare = ConjugateGradient.prepare
    monkeypatch.setattr(coefficients, "fit_ridge", by_pcg)
    monkeypatch.setattr(
        ConjugateGradient,
        "prepare",
        lambda self, matrix, ridge, how: prepare(
            self, matrix, ridge, coefficients.dataclasses.replace(how, rank=3)
        ),
    )


@pytest.mark.parametrize("damaged", [0, 1, 2])
def test_an_interrupted_solve_goes_on_whatever_state_is_whole(
    own_cache: Path,
    iterative: None,
    damaged: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for most in (3, 5):
        interrupted(monkeypatch, most)
    (unfinished,) = own_cache.rglob("*.unfinished")
    steps: list[int] = []
    for path in [unfinished, state_before(unfinished)][:damaged]:
        path.write_bytes(path.read_bytes()[:-1])
    begin = ConjugateGradient._begin

    def begun(self: ConjugateGradient, saved: Any, rhs: torch.Tensor) -> Any:
        state = begin(self, saved, rhs)
        steps.append(state.iteration)
        return state

    monkeypatch.setattr(ConjugateGradient, "_begin", begun)
    if damaged:
        with pytest.warns(RuntimeWarning, match="unfinished is damaged"):
            fit = cached_fit(NTK(), table(), 1e-3, "trace", 1e-8)
    else:
        fit = cached_fit(NTK(), table(), 1e-3, "trace", 1e-8)
    assert steps == [[5, 3, 0][damaged]]
    assert f"going on from {unfinished}" in capsys.readouterr().out
    assert fit.report.iterations > 5
    expected = fit_ridge(NTK(), table().x, table().y, 1e-3, "trace")
    torch.testing.assert_close(fit.coefficients, expected.coefficients, rtol=1e-5, atol=1e-5)
    assert not list(own_cache.rglob("*unfinished*"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def replace(path: Path) -> None:
    """By a whole state that means something else."""
    write_state(path, to_bytes({"key": "a", "coefficients": [1], "report": {}}))
    state_before(path).unlink(missing_ok=True)


def confuse(path: Path) -> None:
    """By the entry of another problem, under this one's name."""
    entry = from_bytes(path.read_bytes())
    write_state(path, to_bytes({**entry, "key": "another"}))


@pytest.mark.parametrize("damage", [cut, flip, replace, confuse])
def test_a_damaged_entry_is_solved_anew(
    own_cache: Path,
    damage: Callable[[Path], None],
    solves: list[object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = cached()
    (path,) = own_cache.rglob("*.state")
    damage(path)
    again = cached()
    assert len(solves) == 2
    assert torch.equal(first.coefficients, again.coefficients)
    said = capsys.readouterr().out
    assert damage is confuse or f"{path} is" in said
    cached()
    assert len(solves) == 2
    assert f"from {path}" in capsys.readouterr().out


def test_a_hundred_flipped_bits_of_an_entry_are_found(own_cache: Path) -> None:
    expected, draw = cached(), random.Random(0)
    (path,) = own_cache.rglob("*.state")
    whole = path.read_bytes()
    for _ in range(100):
        changed = bytearray(whole)
        changed[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        said: list[str] = []
        assert coefficients.last_good_state(path, coefficients._parse, said.append) is None
        assert "is damaged" in said[0]
    path.write_bytes(changed)
    assert torch.equal(cached().coefficients, expected.coefficients)


def test_a_full_cache_disk_loses_nothing(
    own_cache: Path,
    tmp_path: Path,
    solves: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(path: Path, content: bytes) -> None:
        if path.is_relative_to(own_cache):
            raise OSError(28, "No space left on device", str(path))
        write_state(path, content)

    monkeypatch.setattr(coefficients, "write_state", full)
    first = cached(beside=tmp_path)
    said = capsys.readouterr().out
    assert "No space left on device on the disk mounted at /" in said
    assert f"kept in {tmp_path / 'coefficients.state'}" in said
    again = cached(beside=tmp_path)
    assert len(solves) == 1
    assert torch.equal(again.coefficients, first.coefficients)
    # A run of another table has another entry, and one without a place of its own has none.
    other = OfflineData(table().x, -table().y)
    opposite = cached_fit(NTK(), other, 1e-6, "trace", 1e-8, beside=tmp_path)
    assert torch.equal(opposite.coefficients, -first.coefficients)
    assert torch.equal(cached().coefficients, first.coefficients)
    assert "kept nowhere" in capsys.readouterr().out
    assert len(solves) == 3


def test_a_cache_that_cannot_be_made_loses_nothing(
    tmp_path: Path,
    solves: list[object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(coefficients, "cache_folder", lambda: tmp_path / "cache")
    first = cached(beside=tmp_path / "run")
    assert "cannot be made" in capsys.readouterr().out
    assert torch.equal(cached(beside=tmp_path / "run").coefficients, first.coefficients)
    assert len(solves) == 1
