from __future__ import annotations

import numpy as np
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
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(9))


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


@pytest.mark.parametrize("batch", [(1,), (3,), (4,), (2, 4), (4, 4)])
def test_one_vector_fits_no_batch_of_matrices(batch: tuple[int, ...]) -> None:
    """Also where M is the batch size: (M,) is neither (..., M) of this batch nor (..., M, K)."""
    k, b = spd(*batch, 4), rhs_of(4)
    with pytest.raises(InputError, match=r"does not fit.*expand"):
        cholesky_solve(k, b)
    x = cholesky_solve(k, b.expand(k.shape[:-1]))
    torch.testing.assert_close((k @ x.unsqueeze(-1)).squeeze(-1), b.expand_as(x))


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("batch", [(), (1,), (2,), (3,), (2, 3)])
@pytest.mark.parametrize("shape", [(), (1,), (2,), (3,), (2, 2), (3, 2), (2, 3), (3, 3), (2, 3, 2)])
def test_every_shape_is_read_by_the_rule_or_refused(
    m: int, batch: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    k, b = spd(*batch, m), rhs_of(*shape)
    vector = len(shape) == len(batch) + 1
    columns = b.unsqueeze(-1) if vector else b
    expected = None
    if columns.ndim >= 2 and columns.shape[-2] == m:
        try:
            both = torch.broadcast_shapes(batch, columns.shape[:-2])
        except RuntimeError:
            both = None
        if both is not None:
            expected = torch.linalg.inv(k).expand(*both, m, m) @ columns
    if expected is None:
        with pytest.raises(InputError, match="cholesky_solve"):
            cholesky_solve(k, b)
    else:
        expected = expected.squeeze(-1) if vector else expected
        torch.testing.assert_close(cholesky_solve(k, b), expected)


def test_a_ridge_is_a_number_or_one_for_each_matrix() -> None:
    k, b = spd(2, 3), rhs_of(2, 3)
    expected = cholesky_solve(k, b, 0.5)
    for ridge in (np.float32(0.5), np.array(0.5), np.full(2, 0.5), torch.full((2,), 0.5)):
        assert torch.equal(cholesky_solve(k, b, ridge), expected)
    assert torch.equal(cholesky_solve(k, b, 1), cholesky_solve(k, b, 1.0))
    for bad in ("0.5", None, True, [0.5, 0.5], 0.5j, np.ones(3), torch.ones(2, dtype=torch.cfloat)):
        with pytest.raises(InputError, match="ridge"):
            cholesky_solve(k, b, bad)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="ridge has shape"):  # would make a batch of one matrix
        cholesky_solve(k[0], b[0], np.ones(2))  # type: ignore[arg-type]


def test_what_is_no_matrix_of_numbers_is_refused() -> None:
    k, b = spd(2, 3), rhs_of(2, 3)
    for bad, words in (
        (k.numpy(), "must be a torch.Tensor, got ndarray"),
        (k.half(), "dtype"),
        (k.to(torch.complex128), "dtype"),
        (k.to("meta"), "holds numbers"),
        (k.to_sparse(), "dense"),
    ):
        with pytest.raises(InputError, match=words):
            cholesky_solve(bad, b)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"torch\.func"):
        torch.func.vmap(cholesky_solve)(k, b)
    with pytest.raises(InputError, match=r"ridge is inside a transform of torch\.func"):
        torch.func.vmap(lambda ridge: cholesky_solve(k, b, ridge))(torch.ones(3).double())
    with pytest.raises(InputError, match="must be a"):
        cholesky_solve(k, [1.0, 2.0, 3.0])  # type: ignore[arg-type]


def test_what_is_not_read_may_hold_anything() -> None:
    k, b = spd(2, 3), rhs_of(2, 3)
    spoiled = torch.where(torch.ones(3, 3).triu(1).bool(), torch.nan, k)
    assert torch.equal(cholesky_solve(spoiled, b), cholesky_solve(k, b))


def test_tensors_of_inference_mode_are_taken() -> None:
    with torch.inference_mode():
        k, b = spd(2, 3), rhs_of(2, 3)
        inside = cholesky_solve(k, b)
    learns = b.clone().requires_grad_()
    cholesky_solve(k, learns).sum().backward()
    assert torch.equal(cholesky_solve(k, b), inside)
    torch.testing.assert_close(learns.grad, cholesky_solve(k, torch.ones_like(b)))
