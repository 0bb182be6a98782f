"""The NTK, NNGP, RBF and Erf modules against slow, obvious versions."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi import NNGP, NTK, RBF, InputError, TorchBDIError
from torchbdi.erf import Erf
from torchbdi.kernel import Kernel

KERNELS = [
    NTK(),
    NTK(depth=1),
    NTK(depth=1, b_std=0.3),
    NTK(depth=2, w_std=1.4),
    NTK(depth=4, w_std=1.2, b_std=0.5),
    NTK(depth=24),  # past degree 48: the recursion on angles
    NNGP(),
    NNGP(depth=3, w_std=0.8, b_std=0.2),
    RBF(),
    RBF(gamma=0.3),
    Erf(),
    Erf(weight=8.0),
]
ZONAL = [NTK(), NTK(depth=2), NTK(depth=16, w_std=1.3), NTK(depth=24), NNGP(), NNGP(depth=2)]


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_relu_kernel(kernel: NTK | NNGP, x: Tensor, z: Tensor) -> float:
    """One entry by the textbook recursion, in Python floats."""
    w, b, d = kernel.stack.w_std**2, kernel.stack.b_std**2, len(x)
    s, qx, qz = (w * float(u @ v) / d + b for u, v in ((x, z), (x, x), (z, z)))
    t = s
    for _ in range(kernel.stack.depth - 1):
        norm = math.sqrt(qx * qz)
        theta = math.acos(max(-1.0, min(1.0, s / norm)))
        k1 = norm * (math.sin(theta) + (math.pi - theta) * math.cos(theta)) / (2 * math.pi)
        k0 = (math.pi - theta) / (2 * math.pi)
        s = w * k1 + b
        t = s + w * k0 * t
        qx, qz = w * qx / 2 + b, w * qz / 2 + b
    return t if isinstance(kernel, NTK) else s


@pytest.mark.parametrize("kind", [NTK, NNGP])
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 6, 8, 12, 16, 20, 22, 23, 32])
@pytest.mark.parametrize(("w_std", "b_std"), [(1.0, 0.0), (1.4, 0.0), (1.2, 0.4)])
def test_matches_the_slow_recursion(
    kind: type[NTK | NNGP], depth: int, w_std: float, b_std: float
) -> None:
    kernel = kind(depth, w_std, b_std)
    x, z = randn(5, 7), 2 * randn(6, 7, seed=1)
    slow = torch.tensor(
        [[slow_relu_kernel(kernel, a, b) for b in z] for a in x], dtype=torch.float64
    )
    scale = kernel.diag(torch.cat([x, z])).max()
    assert (kernel(x, z) - slow).abs().max() <= 2e-13 * scale
    slow_diagonal = torch.tensor([slow_relu_kernel(kernel, a, a) for a in x], dtype=torch.float64)
    # The slow recursion takes the diagonal through acos, which costs it half of the digits.
    torch.testing.assert_close(kernel.diag(x), slow_diagonal, rtol=1e-6, atol=0)


def test_depth_six_diagonal_is_six_thirtyseconds() -> None:
    x = randn(4, 9)
    expected = 6 / 32 * (x * x).sum(1) / 9
    torch.testing.assert_close(NTK().diag(x), expected, rtol=1e-15, atol=0)
    torch.testing.assert_close(NNGP().diag(x), expected / 6, rtol=1e-15, atol=0)


@pytest.mark.parametrize("b_std", [0.0, 0.5])
def test_agrees_with_finite_networks(b_std: float) -> None:
    """Monte Carlo: the empirical NTK and covariance of wide random networks."""
    depth, w_std, width, draws = 3, 1.3, 768, 24
    x = randn(4, 5, seed=3)
    generator = torch.Generator().manual_seed(1)
    ntk, nngp = torch.zeros(4, 4, dtype=torch.float64), torch.zeros(4, 4, dtype=torch.float64)
    sizes = [5] + [width] * (depth - 1)
    for _ in range(draws):
        params: list[Tensor] = []
        for fan_in, fan_out in zip(sizes, [*sizes[1:], 64], strict=True):
            for shape in ((fan_in, fan_out), (fan_out,)):
                draw = torch.randn(shape, dtype=torch.float64, generator=generator)
                params.append(draw.requires_grad_())
        h = x
        for layer in range(depth):
            weight, bias = params[2 * layer : 2 * layer + 2]
            h = w_std / math.sqrt(h.shape[1]) * h @ weight + b_std * bias
            h = h.relu() if layer < depth - 1 else h
        nngp += (h @ h.T / 64).detach() / draws
        rows = [torch.autograd.grad(h[i, 0], params, retain_graph=True) for i in range(4)]
        flat = torch.stack([torch.cat([g.flatten() for g in row]) for row in rows])
        ntk += flat @ flat.T / draws
    scale = float(NTK(depth, w_std, b_std).diag(x).max())
    assert (ntk - NTK(depth, w_std, b_std)(x)).abs().max() < 0.05 * scale
    scale = float(NNGP(depth, w_std, b_std).diag(x).max())
    assert (nngp - NNGP(depth, w_std, b_std)(x)).abs().max() < 0.1 * scale


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
class TestEveryKernel:
    def test_batch_equals_stacked_singles(self, kernel: Kernel) -> None:
        x, z = randn(2, 3, 4, 5), randn(3, 6, 5, seed=1)
        batched, symmetric = kernel(x, z), kernel(x)
        assert batched.shape == (2, 3, 4, 6)
        for i in range(2):
            for j in range(3):
                torch.testing.assert_close(
                    batched[i, j], kernel(x[i, j], z[j]), rtol=1e-13, atol=1e-14
                )
                torch.testing.assert_close(symmetric[i, j], kernel(x[i, j]), rtol=1e-13, atol=1e-14)

    def test_diag_is_the_diagonal(self, kernel: Kernel) -> None:
        x = randn(2, 4, 5)
        diagonal = kernel(x).diagonal(dim1=-2, dim2=-1)
        torch.testing.assert_close(kernel.diag(x), diagonal, rtol=1e-14, atol=0)

    def test_symmetric_and_positive_semidefinite(self, kernel: Kernel) -> None:
        x = randn(20, 4)
        k = kernel(x)
        torch.testing.assert_close(k, k.T, rtol=1e-13, atol=1e-15)
        assert torch.linalg.eigvalsh(k).min() > -1e-12 * k.diagonal().max()
        torch.testing.assert_close(k, kernel(x, x.clone()), rtol=0, atol=1e-7 * float(k.max()))

    def test_gradcheck(self, kernel: Kernel) -> None:
        x, z = randn(2, 3, 4).requires_grad_(), randn(5, 4, seed=1).requires_grad_()
        assert gradcheck(kernel, (x, z))
        assert gradcheck(lambda x: kernel(x), (x,))
        assert gradcheck(lambda x: kernel(x, x), (x,))
        assert gradcheck(kernel.diag, (x,))

    def test_only_what_is_asked_for_gets_a_gradient(self, kernel: Kernel) -> None:
        x, z = randn(3, 4).requires_grad_(), randn(5, 4, seed=1)
        kernel(x, z).sum().backward()
        first = x.grad.clone()
        z.requires_grad_()
        x.grad = None
        kernel(x, z).sum().backward()
        torch.testing.assert_close(first, x.grad)
        both = z.grad.clone()
        z.grad = None
        kernel(x.detach(), z).sum().backward()
        torch.testing.assert_close(both, z.grad)

    def test_pickle_and_dtype(self, kernel: Kernel) -> None:
        x, z = randn(3, 4), randn(2, 4, seed=1)
        again = pickle.loads(pickle.dumps(kernel))
        assert torch.equal(again(x, z), kernel(x, z))
        assert repr(again) == repr(kernel)
        single = kernel(x.float(), z.float())
        assert single.dtype == torch.float32
        scale = float(kernel.diag(torch.cat([x, z])).max())
        assert (single.double() - kernel(x, z)).abs().max() < 2e-5 * scale

    def test_non_contiguous_input(self, kernel: Kernel) -> None:
        x, z = randn(4, 6).T, randn(5, 8, seed=1)[:, ::2]
        expected = kernel(x.contiguous(), z.contiguous())
        torch.testing.assert_close(kernel(x, z), expected, rtol=1e-13, atol=1e-15)

    def test_empty_input(self, kernel: Kernel) -> None:
        assert kernel(randn(0, 4), randn(3, 4)).shape == (0, 3)
        assert kernel(randn(3, 4), randn(0, 4)).shape == (3, 0)

    def test_bad_input(self, kernel: Kernel) -> None:
        x = randn(3, 4)
        with pytest.raises(InputError, match=r"int64.*torch\.float64"):
            kernel(torch.ones(3, 4, dtype=torch.int64))
        with pytest.raises(InputError, match=r"x1 has D = 4, x2 has D = 5"):
            kernel(x, randn(3, 5))
        with pytest.raises(InputError, match=r"NaN or inf at 1 places, first at index \(1, 2\)"):
            kernel(torch.where(torch.arange(12).view(3, 4) == 6, torch.nan, x))
        with pytest.raises(InputError, match="x2 contains NaN"):
            kernel(x, x * math.inf)
        with pytest.raises(InputError, match=r"\(\.\.\., N, D\)"):
            kernel(x[0])
        with pytest.raises(InputError, match="float32"):
            kernel(x, x.float())
        with pytest.raises(InputError, match="broadcast"):
            kernel(randn(2, 3, 4), randn(3, 3, 4))
        with pytest.raises(InputError, match=r"x must be a torch\.Tensor"):
            kernel.diag([[1.0]])  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", ZONAL, ids=repr)
class TestZonal:
    def test_homogeneous(self, kernel: Kernel) -> None:
        x, z = randn(4, 5), randn(6, 5, seed=1)
        torch.testing.assert_close(
            kernel(3 * x, 0.2 * z), 0.6 * kernel(x, z), rtol=1e-12, atol=1e-16
        )

    @pytest.mark.parametrize("factor", [None, 1.0, 2.5, -1.0, -0.3])
    def test_radial_derivative_is_the_kernel(self, kernel: Kernel, factor: float | None) -> None:
        """x . dk/dx = k at ordinary (None), coincident and opposite pairs (Euler)."""
        x = randn(4, 5).requires_grad_()
        z = randn(4, 5, seed=1) if factor is None else factor * x.detach()
        k = torch.stack([kernel(x[i : i + 1], z[i : i + 1]).squeeze() for i in range(4)])
        (grad,) = torch.autograd.grad(k.sum(), x)
        radial = (x * grad).sum(1)
        torch.testing.assert_close(radial, k, rtol=1e-7, atol=1e-9)

    @pytest.mark.parametrize("factor", [1.0, 2.5, -1.0, -0.3])
    def test_no_tangential_gradient_at_a_kink(self, kernel: Kernel, factor: float) -> None:
        x = randn(4, 50).requires_grad_()
        for i in range(4):
            row = x[i : i + 1]
            k = kernel(row, factor * row.detach())
            (grad,) = torch.autograd.grad(k, row)
            expected = k.detach() * row.detach() / (row.detach() ** 2).sum()
            torch.testing.assert_close(grad, expected, rtol=1e-7, atol=1e-10)

    def test_gradient_of_the_diagonal(self, kernel: Kernel) -> None:
        """2 kappa(0) x / D, for diag(x) and for the 1 x 1 Gram matrices of M = 1."""
        x = randn(3, 1, 5).requires_grad_()
        kappa0 = kernel.diag(torch.ones(1, 1, dtype=torch.float64)).item()
        for value in (kernel.diag(x), kernel(x), kernel(x, x)):
            (grad,) = torch.autograd.grad(value.sum(), x)
            torch.testing.assert_close(grad, 2 * kappa0 * x.detach() / 5, rtol=1e-13, atol=0)

    def test_zero_vector(self, kernel: Kernel) -> None:
        x = torch.cat([torch.zeros(1, 5, dtype=torch.float64), randn(2, 5)]).requires_grad_()
        z = randn(3, 5, seed=1)
        k = kernel(x, z)
        assert (k[0] == 0).all()
        (grad,) = torch.autograd.grad(k.sum() + kernel(x).sum() + kernel.diag(x).sum(), x)
        assert (grad[0] == 0).all()
        assert torch.isfinite(grad).all()
        assert (grad[1:] != 0).any()

    def test_coincident_value_is_the_diagonal(self, kernel: Kernel) -> None:
        x = randn(50, 5)
        k = kernel(x, x.clone()).diagonal()
        torch.testing.assert_close(k, kernel.diag(x), rtol=1e-6, atol=0)


def test_biased_gradient_is_finite_at_coincident_pairs() -> None:
    kernel = NTK(depth=4, b_std=0.3)
    x = randn(4, 5).requires_grad_()
    (grad,) = torch.autograd.grad(kernel(x, x.detach().clone()).sum(), x)
    assert torch.isfinite(grad).all()
    zero = torch.zeros(1, 5, dtype=torch.float64, requires_grad=True)
    assert gradcheck(kernel, (zero, randn(3, 5, seed=2)))


@pytest.mark.parametrize("kernel", [NTK(), NNGP(depth=3, b_std=0.1)], ids=repr)
def test_second_derivatives_are_refused(kernel: Kernel) -> None:
    x = randn(3, 4).requires_grad_()
    with pytest.raises(TorchBDIError, match="no second derivatives"):
        torch.autograd.grad(kernel(x, randn(2, 4)).sum(), x, create_graph=True)


@pytest.mark.parametrize("kind", [NTK, NNGP])
def test_bad_networks(kind: type[NTK | NNGP]) -> None:
    for depth in (0, -1, 2.0, True):
        with pytest.raises(InputError, match="depth"):
            kind(depth=depth)  # type: ignore[arg-type]
    for w_std in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="w_std"):
            kind(w_std=w_std)
    for b_std in (-0.1, math.nan, math.inf):
        with pytest.raises(InputError, match="b_std"):
            kind(b_std=b_std)
    with pytest.raises(InputError, match="gamma"):
        RBF(gamma=0.0)


@pytest.mark.parametrize("weight", [0.125, 1.0])
def test_erf_is_the_covariance_of_wide_networks(weight: float) -> None:
    """The mean of erf(u.x) erf(u.z) over weights u, by Gauss and Hermite's rule in two numbers."""
    x = randn(6, 2)
    nodes, weights = np.polynomial.hermite.hermgauss(120)
    u = math.sqrt(2 * weight / 2) * torch.cartesian_prod(*[torch.from_numpy(nodes)] * 2)
    share = torch.cartesian_prod(*[torch.from_numpy(weights)] * 2).prod(1) / math.pi
    hidden = torch.erf(x @ u.mT)
    torch.testing.assert_close(Erf(weight)(x), (hidden * share) @ hidden.mT, rtol=0, atol=2e-6)
    with pytest.raises(InputError, match="weight"):
        Erf(weight=0.0)


def test_erf_of_designs_far_away_has_a_gradient() -> None:
    for dtype in (torch.float32, torch.float64):
        x = (1e12 * randn(3, 4)).to(dtype).requires_grad_()
        k = Erf()(x)
        k.sum().backward()
        assert (k.diagonal() <= 1).all()
        assert x.grad is not None
        assert torch.isfinite(x.grad).all()


def test_rbf_is_the_gaussian() -> None:
    x, z = 100 + randn(4, 6), 100 + randn(5, 6, seed=1)
    expected = torch.exp(-(x[:, None] - z[None]).square().sum(-1) / 6)
    torch.testing.assert_close(RBF()(x, z), expected, rtol=1e-11, atol=1e-14)
    assert (RBF()(x).diagonal() == 1).all()


@pytest.mark.parametrize("gamma", [None, 0.3])
def test_blocks_of_the_rbf_matrix_are_the_gaussian(gamma: float | None) -> None:
    x = 100 + randn(9, 6)
    x[7] = x[2]
    expected = torch.exp(-(gamma or 1 / 6) * (x[:, None] - x[None]).square().sum(-1))
    matrix = RBF(gamma).matrix(x)
    assert torch.equal(matrix.diagonal(), torch.ones(9, dtype=torch.float64))
    some = torch.tensor([8, 2, 7])
    for rows, cols in ((slice(0, 9), slice(0, 9)), (slice(1, 4), slice(2, 9)), (some, some)):
        block = expected[rows][:, cols]
        out = torch.empty_like(block)
        matrix.fill(rows, cols, out)
        torch.testing.assert_close(out, block, rtol=1e-11, atol=1e-14)
        assert (out <= 1).all()
        assert (out[block == 1] > 1 - 1e-11).all()
        if rows == slice(0, 9):
            assert (out.diagonal() == 1).all()
    v = randn(9, 2, seed=1)
    torch.testing.assert_close(matrix.multiply(v), expected @ v)
