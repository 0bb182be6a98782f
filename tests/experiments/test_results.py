"""Files are written whole, and the cache of coefficients is not trusted blindly."""

from __future__ import annotations

from functools import partial, partialmethod
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import torch

from experiments.data.arrays import write_npz
from experiments.runs import coefficients
from experiments.tasks.task import OfflineData
from torchbdi import NTK, NotConvergedError, fit_ridge, ridge
from torchbdi.kernels.files import write_atomic, write_csv, write_json, write_text


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def full_disk(file: BinaryIO) -> None:
        file.write(b"half of a fi")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomic(path, full_disk)
    assert path.read_text() == '{\n  "a": 1\n}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_read_back(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "π\n")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "π\n"
    write_csv(tmp_path / "a.csv", ["x", "name"], [[0.1 + 0.2, 'say "hi", twice']])
    assert (tmp_path / "a.csv").read_text() == 'x,name\n0.30000000000000004,"say ""hi"", twice"\n'
    write_npz(tmp_path / "a.npz", {"a": np.arange(3)})
    assert np.load(tmp_path / "a.npz")["a"].tolist() == [0, 1, 2]


def table() -> OfflineData:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(30, 3, dtype=torch.float64, generator=generator)
    return OfflineData(x, x[:, 0])


def test_the_second_fit_comes_from_the_cache(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = coefficients.cached_fit(NTK(), table(), 1e-6, "trace", 1e-8)
    calls: list[object] = []
    real = coefficients.fit_ridge

    def counted(*args: object, **options: object) -> object:
        calls.append(args)
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(coefficients, "fit_ridge", counted)
    again = coefficients.cached_fit(NTK(), table(), 1e-6, "trace", 1e-8)
    assert torch.equal(first.coefficients, again.coefficients)
    assert first.report == again.report
    assert not calls
    for kernel, beta, scale in (
        (NTK(depth=5), 1e-6, "trace"),
        (NTK(), 1e-5, "trace"),
        (NTK(), 1e-6, "absolute"),
    ):
        coefficients.cached_fit(kernel, table(), beta, scale, 1e-8)
    coefficients.cached_fit(NTK(), table(), 1e-6, "trace", 1e-7)
    assert len(calls) == 4


def test_an_interrupted_solve_goes_on(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ridge, "DEFAULT_RANK", 3)
    monkeypatch.setattr(coefficients, "fit_ridge", partial(fit_ridge, solver="pcg"))
    with monkeypatch.context() as patch:
        short = partialmethod(ridge.ConjugateGradient.solve, max_iterations=4)
        patch.setattr(ridge.ConjugateGradient, "solve", short)
        with pytest.raises(NotConvergedError):
            coefficients.cached_fit(NTK(), table(), 1e-3, "trace", 1e-8)
    (unfinished,) = own_cache.rglob("*.unfinished")
    fit = coefficients.cached_fit(NTK(), table(), 1e-3, "trace", 1e-8)
    assert f"going on from {unfinished}" in capsys.readouterr().out
    assert fit.report.iterations > 4
    expected = fit_ridge(NTK(), table().x, table().y, 1e-3, "trace")
    torch.testing.assert_close(fit.coefficients, expected.coefficients, rtol=1e-5, atol=1e-5)
    assert not list(own_cache.rglob("*.unfinished"))


@pytest.mark.parametrize("damage", ["truncate", "flip", "replace"])
def test_a_damaged_entry_is_rebuilt(
    own_cache: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = coefficients.cached_fit(NTK(), table(), 1e-6, "trace", 1e-8)
    (path,) = own_cache.rglob("*.npz")
    if damage == "truncate":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "flip":
        with np.load(path) as entry:
            arrays = dict(entry)
        arrays["coefficients"][3] += 1e-9
        np.savez_compressed(path, **arrays)
    else:
        np.savez(path, coefficients=np.array([{"a": 1}], dtype=object))
    again = coefficients.cached_fit(NTK(), table(), 1e-6, "trace", 1e-8)
    assert torch.equal(first.coefficients, again.coefficients)
    assert "damaged" in capsys.readouterr().out
    coefficients.cached_fit(NTK(), table(), 1e-6, "trace", 1e-8)
    assert "from" in capsys.readouterr().out
