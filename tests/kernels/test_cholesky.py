from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi import InputError, NotPositiveDefiniteError
from torchbdi.kernels import cholesky_solve


def spd(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(*shape, shape[-1], dtype=torch.float64, generator=generator)
    return a @ a.mT + torch.eye(shape[-1], dtype=torch.float64)


def rhs_of(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("m", [1, 2, 5, 33])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_equals_the_dense_inverse(m: int, dtype: torch.dtype) -> None:
    k, b = spd(3, 4, m).to(dtype), rhs_of(3, 4, m, 2).to(dtype)
    ridge = torch.rand(3, 4, dtype=dtype)
    full = k + ridge[..., None, None] * torch.eye(m, dtype=dtype)
    tol = 1e-10 if dtype == torch.float64 else 1e-2
    expected = torch.linalg.inv(full) @ b
    torch.testing.assert_close(cholesky_solve(k, b, ridge), expected, rtol=tol, atol=tol)
    torch.testing.assert_close(
        cholesky_solve(k, b[..., 0], ridge), expected[..., 0], rtol=tol, atol=tol
    )
    one = cholesky_solve(k[0, 0], b[0, 0, :, 0], 0.5)
    half = k[0, 0] + 0.5 * torch.eye(m, dtype=dtype)
    torch.testing.assert_close(half @ one, b[0, 0, :, 0], rtol=tol, atol=tol)


def test_reads_the_lower_triangle_only() -> None:
    k, b = spd(2, 4), rhs_of(2, 4)
    spoiled = k + 100 * torch.ones(4, 4, dtype=torch.float64).triu(1)
    assert torch.equal(cholesky_solve(spoiled, b), cholesky_solve(k, b))


@pytest.mark.parametrize("m", [1, 4])
def test_gradcheck(m: int) -> None:
    k, ridge = spd(3, m).requires_grad_(), torch.rand(3, dtype=torch.float64).requires_grad_()
    assert gradcheck(cholesky_solve, (k, rhs_of(3, m, 2).requires_grad_(), ridge))
    assert gradcheck(cholesky_solve, (k, rhs_of(3, m).requires_grad_(), ridge))


def test_broadcasts_the_batch() -> None:
    k, b = spd(4), rhs_of(5, 4, 2)
    x = cholesky_solve(k, b)
    torch.testing.assert_close(k @ x, b)
    assert cholesky_solve(spd(5, 4), rhs_of(1, 4)).shape == (5, 4)


def test_names_the_failing_members() -> None:
    k = spd(2, 3, 4)
    k[1, 0, 2, 2] = -5.0
    k[0, 2] = 1.0  # rank one
    with pytest.raises(NotPositiveDefiniteError) as error:
        cholesky_solve(k, rhs_of(2, 3, 4))
    message = str(error.value)
    assert "[0, 2] at pivot 1 of 4" in message
    assert "[1, 0] at pivot 2 of 4" in message
    assert "duplicate" in message
    assert "ridge" in message
    assert "[0, 0]" not in message
    x = cholesky_solve(k[0, 2], rhs_of(4), ridge=0.1)
    assert torch.isfinite(x).all()


def test_bad_input() -> None:
    k, b = spd(3, 4), rhs_of(3, 4)
    with pytest.raises(InputError, match=r"\(\.\.\., M, M\)"):
        cholesky_solve(k[..., :3], b)
    with pytest.raises(InputError, match="does not fit"):
        cholesky_solve(k, rhs_of(3, 5))
    with pytest.raises(InputError, match="broadcast"):
        cholesky_solve(k, rhs_of(2, 4))
    with pytest.raises(InputError, match="dtype"):
        cholesky_solve(k, b.float())
    with pytest.raises(InputError, match="k contains NaN"):
        cholesky_solve(k * torch.nan, b)
    with pytest.raises(InputError, match="rhs contains NaN"):
        cholesky_solve(k, b / 0)
    with pytest.raises(InputError, match="ridge"):
        cholesky_solve(k, b, -1.0)
    with pytest.raises(InputError, match="ridge has shape"):
        cholesky_solve(k, b, torch.ones(2, dtype=torch.float64))
