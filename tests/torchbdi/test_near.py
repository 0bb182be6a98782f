"""Nearly equal and nearly opposite directions keep their digits, by 40-digit arithmetic."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

import mpmath
import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi import BDI, NNGP, NTK, Kernel
from torchbdi.kernels import compiled
from torchbdi.kernels.relu import limits
from torchbdi.kernels.zonal import tiles

ANGLES = [0.0, 1e-15, 1e-12, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 1.9e-3, 2.1e-3, 1e-2, 0.1, 1.0]
KERNELS = [
    NTK(),
    NTK(2),
    NTK(12),
    NTK(24),
    NNGP(),
    NTK(3, 1.4),
    NTK(6, 1.2, 0.3),
    NNGP(4, 1.0, 0.5),
    NTK(5, 1.0, 1e-4),
]


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def exact(kernel: NTK | NNGP, s: mpmath.mpf, p: mpmath.mpf, q: mpmath.mpf) -> mpmath.mpf:
    """One entry by the textbook recursion, from x.z/d, x.x/d and z.z/d."""
    mp = mpmath.mp
    w, b = (mp.mpf(s) ** 2 for s in (kernel.stack.w_std, kernel.stack.b_std))
    s, p, q = (w * v + b for v in (s, p, q))
    t = s
    for _ in range(kernel.stack.depth - 1):
        r = mp.sqrt(p * q)
        cosine = max(mp.mpf(-1), min(mp.mpf(1), s / r))
        k0 = (mp.pi - mp.acos(cosine)) / (2 * mp.pi)
        s = w * r * (mp.sqrt((1 - cosine) * (1 + cosine)) / (2 * mp.pi) + k0 * cosine) + b
        t = s + w * k0 * t
        p, q = w * p / 2 + b, w * q / 2 + b
    return t if isinstance(kernel, NTK) else s


def products(a: list, b: list) -> tuple[mpmath.mpf, ...]:
    """x.z/d, x.x/d and z.z/d."""
    mp = mpmath.mp
    return tuple(mp.fsum(map(mp.fmul, u, v)) / len(a) for u, v in ((a, b), (a, a), (b, b)))


def pairs(angle: float, sign: float, d: int = 5) -> tuple[Tensor, Tensor]:
    """Designs at about this angle, or this much short of opposite, of other lengths."""
    x = randn(3, d)
    unit = x / torch.linalg.vector_norm(x, dim=1, keepdim=True)
    side = randn(3, d, seed=1)
    side = side - (side * unit).sum(1, keepdim=True) * unit
    side = side / torch.linalg.vector_norm(side, dim=1, keepdim=True)
    z = (unit * torch.cos(torch.tensor(angle).double()) + angle * side) * sign
    return x, z * torch.tensor([[1.0], [2.0], [0.7]]).double()


@functools.cache
def true_values(kernel: NTK | NNGP, angle: float, sign: float) -> tuple[Tensor, Tensor]:
    """k(x_i, z_i) and its gradient by x_i."""
    return by_differences(kernel, *pairs(angle, sign))


def by_differences(
    kernel: NTK | NNGP, x: Tensor, z: Tensor, digits: int = 100
) -> tuple[Tensor, Tensor]:
    """k(x_i, z_i) and its gradient by x_i, by differences of half of the digits.

    It is a function of x.z, x.x and z.z: its slopes by the first two give those by the entries.
    """
    values, grads, mp = [], [], mpmath.mp
    with mpmath.workdps(digits):
        h = mp.mpf(10) ** (-digits // 2)
        for a, b in zip(x.tolist(), z.tolist(), strict=True):
            a, b = [mp.mpf(v) for v in a], [mp.mpf(v) for v in b]
            s, p, q = products(a, b)
            values.append(float(exact(kernel, s, p, q)))
            by_s = (exact(kernel, s + h, p, q) - exact(kernel, s - h, p, q)) / (2 * h)
            by_p = (exact(kernel, s, p + h, q) - exact(kernel, s, p - h, q)) / (2 * h)
            row = [(by_s * v + by_p * 2 * u) / len(a) for u, v in zip(a, b, strict=True)]
            grads.append([float(v) for v in row])
    return torch.tensor(values, dtype=torch.float64), torch.tensor(grads, dtype=torch.float64)


@pytest.fixture(params=["plain", "compiled"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Plain tiles and compiled ones, which small matrices do not get by themselves."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr("torchbdi.kernels.zonal.fill.COMPILED_FROM", 1)
    with compiled.use(request.param == "compiled"):
        yield request.param


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_values_keep_their_digits(kernel: NTK | NNGP, sign: float, form: str) -> None:
    for angle in ANGLES:
        x, z = pairs(angle, sign)
        true, _ = true_values(kernel, angle, sign)
        scale = (kernel.diag(x) * kernel.diag(z)).sqrt()
        batched = kernel(x.unsqueeze(1), z.unsqueeze(1)).flatten()
        whole = torch.cat([x, z])
        tile = torch.empty(6, 6, dtype=torch.float64)
        kernel.matrix(whole).fill(slice(0, 6), slice(0, 6), tile)
        product = kernel.matrix(whole).multiply(torch.eye(6, dtype=torch.float64))
        for found in (
            kernel(x, z).diagonal(),
            kernel(z, x).diagonal(),
            kernel(whole).diagonal(3),
            kernel(whole).diagonal(-3),
            kernel(torch.stack([whole, whole]))[1].diagonal(3),
            kernel(torch.stack([x, x]), z)[1].diagonal(),
            tile.diagonal(-3),
            product.diagonal(3),
            batched,
        ):
            error = ((found - true).abs() / scale).max()
            assert error <= 5e-13, (angle, float(error))


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_equal_rows_are_the_closed_form(kernel: Kernel, form: str) -> None:
    for d in (1, 2, 24, 5126):
        x = randn(20, d)
        k = kernel(x, x.clone()).diagonal()
        torch.testing.assert_close(k, kernel.diag(x), rtol=1e-14, atol=0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("kernel", [k for k in KERNELS if k.stack.depth < 20], ids=repr)
def test_gradients_keep_their_digits(kernel: NTK | NNGP, sign: float, form: str) -> None:
    ways: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
        lambda x, z: kernel(x, z),
        lambda x, z: kernel(z, x),
        lambda x, z: kernel(torch.cat([x, z]))[:3, 3:],
        lambda x, z: kernel(torch.stack([x, x]), z)[0],
        lambda x, z: kernel(torch.stack([x, x]), torch.stack([z, z]))[1],
        lambda x, z: kernel(torch.cat([x, z]).expand(3, -1, -1))[2, 3:, :3],
    )
    for angle in (1e-9, 1e-7, 1e-5, 1e-3, 1.9e-3, 2.1e-3, 0.1):
        x, z = pairs(angle, sign)
        _, true = true_values(kernel, angle, sign)
        size = true.abs().max()
        for way in ways:
            own = x.clone().requires_grad_()
            (found,) = torch.autograd.grad(way(own, z).diagonal().sum(), own)
            # Directions are rounded to eps, which leaves eps / angle. From a cosine it is
            # eps / angle^2, and the polynomial's slope is good to 1e-11.
            error = float((found - true).abs().max() / size)
            assert error <= (1e-13 + 3e-15 / angle if angle < 2e-3 else 5e-11), angle


FORGETFUL = [NTK(32, 1.0, 5.0), NTK(12, 0.5, 1.0), NTK(6, 0.7, 1.0), NNGP(48, 0.5, 1.0)]


@pytest.mark.parametrize("kernel", FORGETFUL, ids=repr)
def test_networks_whose_kernel_is_all_but_constant(kernel: NTK | NNGP) -> None:
    """Biases turn all designs to one direction; the gradient is then 1e-6 of k and less."""
    x = randn(7, 3)
    z = torch.stack([
        randn(3, seed=2), 30 * randn(3, seed=3), 1e-2 * randn(3, seed=4), -x[3],
        x[4] + 1e-6 * randn(3, seed=5), x[5] + 1e-9 * randn(3, seed=6), randn(3, seed=7),
    ])  # fmt: skip
    x[6] *= 1e8
    values, grads = by_differences(kernel, x, z, digits=240)
    own, other = x.clone().requires_grad_(), z.clone().requires_grad_()
    k, turned = kernel(own, z).diagonal(), kernel(x, other).diagonal()
    torch.testing.assert_close(k.detach(), values, rtol=1e-12, atol=0)
    _, others = by_differences(kernel, z, x, digits=240)
    (found,), (found_other,) = (
        torch.autograd.grad(v.sum(), by) for v, by in ((k, own), (turned, other))
    )
    for got, true in ((found, grads), (found_other, others)):
        error = (got - true).norm(dim=1) / true.norm(dim=1)
        assert error.max() < 1e-8, error


def test_a_covariance_with_biases_has_no_kink() -> None:
    """Where the designs are 0 but for rounding, the NTK has one."""
    kernel, x, z = NNGP(3, 1.0, 0.5), 1e-14 * randn(5, 3), 1e-14 * randn(5, 3, seed=1)
    own = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(kernel(own, z).diagonal().sum(), own)
    _, true = by_differences(kernel, x, z, digits=240)
    torch.testing.assert_close(found, true, rtol=1e-10, atol=0)


@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_the_sweep_equals_the_dense_coupling(
    m: int, weights: tuple[float, float], form: str
) -> None:
    """Designs on, near, and opposite to data; the dense form has its own way to near pairs."""
    x, y = randn(300, 6), randn(300, seed=5)
    starts = torch.cat([x[:3], x[3:6] + 1e-6 * randn(3, 6, seed=2), -1.7 * x[6:9], randn(3, 6)])
    starts = starts.view(-1, m, 6)
    starts[-1, 0] = x[7] * (1 + 1e-12)
    forward, backward = weights
    model = BDI(x, y, starts, coefficients=y, forward_weight=forward, backward_weight=backward,
                alpha=0.3, ridge=1e-2)  # fmt: skip
    losses = model.loss()
    (grad,) = torch.autograd.grad(losses["total"].sum(), model.x_h)
    with compiled.use(False):
        plain = Kernel.couple(model.kernel, x, y, model.squared_weights, y if forward else None)
        model._coupling = (x.device, model.coefficients, plain)
        dense = model.loss()
        (expected,) = torch.autograd.grad(dense["total"].sum(), model.x_h)
    for name in losses:
        torch.testing.assert_close(losses[name], dense[name], rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(grad, expected, rtol=1e-8, atol=1e-8 * float(expected.abs().max()))


def test_near_pairs_of_tiles_reach_the_gradient(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Matrices of several tiles, symmetric and not, in the order of the tiles."""
    x = randn(30, 4)
    z = torch.cat([x[::3] + 1e-7 * randn(10, 4, seed=3), randn(9, 4, seed=4)])
    whole = torch.cat([x, z])
    weights = randn(49, 49, seed=5)
    expected = []
    for k in (lambda x: NTK()(x), lambda x: NTK()(x, z)):
        own = whole.clone().requires_grad_()
        out = k(own)
        expected.append(torch.autograd.grad((out * weights[:, : out.shape[1]]).sum(), own)[0])
    for name, size in (("ROWS", 4), ("SIDE", 7), ("ENTRIES", 20)):
        monkeypatch.setattr(tiles, name, size)
    for k, true in zip((lambda x: NTK()(x), lambda x: NTK()(x, z)), expected, strict=True):
        own = whole.clone().requires_grad_()
        out = k(own)
        (grad,) = torch.autograd.grad((out * weights[:, : out.shape[1]]).sum(), own)
        torch.testing.assert_close(grad, true, rtol=1e-9, atol=1e-9)


@functools.cache
def one_direction(far: bool) -> tuple[Tensor, Tensor]:
    """Designs and their symmetric matrix."""
    x = 1e4 + randn(40, 3) if far else randn(40, 1)
    true, rows = torch.zeros(40, 40, dtype=torch.float64), x.tolist()
    for i, j in itertools.combinations_with_replacement(range(40), 2):
        true[i, j] = true[j, i] = float(exact(NTK(), *products(rows[i], rows[j])))
    return x, true


def test_all_directions_alike(form: str) -> None:
    """One feature, or designs far from the origin: every pair is near."""
    for far in (False, True):
        x, true = one_direction(far)
        k = NTK()(x)
        scale = float(k.max())
        assert (k - true).abs().max() <= 1e-8 * scale  # by floats: what acos leaves
        assert torch.linalg.eigvalsh(k).min() > -1e-13 * scale
        own = x.clone().requires_grad_()
        (grad,) = torch.autograd.grad(NTK()(own, x).sum(), own)
        assert torch.isfinite(grad).all()


def test_repeated_designs_have_the_right_coefficients() -> None:
    """The difference of the two equations of a repeated design: ridge (d_i - d_j) = y_i - y_j."""
    x, y = randn(12, 3), randn(13, seed=1)
    for ridge in (1e-6, 1e-8):
        for i in range(12):
            fit = torchbdi.fit_ridge(NTK(), torch.cat([x, x[i : i + 1]]), y, ridge=ridge)
            right = (y[i] - y[12]) / fit.report.ridge_added
            assert abs(float((fit.coefficients[i] - fit.coefficients[12]) / right) - 1) < 5e-4


def test_fitted_designs_are_predicted_as_fitted() -> None:
    x = randn(40, 3)
    x = torch.cat([x, x[:10] + 1e-5 * randn(10, 3, seed=1)])  # measured again, nearly the same
    y = randn(50, seed=2)
    fit = torchbdi.fit_ridge(NTK(), x, y)
    exact_predictions = y - fit.report.ridge_added * fit.coefficients  # K d = y - ridge d
    assert (fit.predict(x) - exact_predictions).abs().max() < 1e-8


def test_single_precision() -> None:
    x = randn(30, 6).float()
    k = NTK()(x, x.clone()).diagonal()
    torch.testing.assert_close(k, NTK().diag(x), rtol=1e-6, atol=0)
    assert limits.kink_of_differences(torch.float32) < limits.NEAR
