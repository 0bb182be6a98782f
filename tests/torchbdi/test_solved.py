"""The functions that a search maximises, against BDI and the regression themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi import NNGP, NTK, RBF, OfflineData, Space
from torchbdi.kernel import Kernel
from torchbdi.kernels import compiled
from torchbdi.search import SearchOptions, maximise
from torchbdi.solved import Prediction, SingleLoss


def table(n: int = 120) -> OfflineData:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (n, 5))
    score = (codes == [0, 1, 2, 3, 0]).sum(1) + rng.normal(0, 0.1, n)
    return OfflineData.from_raw(codes, score, Space.sequence(5, "ACGT"))


KERNELS = [NTK(6), NNGP(3), NTK(3, b_std=0.5), RBF(), NTK(1)]


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    ("weights", "alpha"),
    [((1.0, 1.0), 0.0), ((1.0, 0.5), 0.3), ((1.0, 0.0), 0.0), ((0.0, 2.0), 0.3)],
)
@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_the_loss_is_bdis(
    kernel: Kernel, weights: tuple[float, float], alpha: float, fast: bool
) -> None:
    if fast:
        pytest.importorskip("numba")
    data = table()
    x = data.space.sample(30, torch.Generator().manual_seed(0))
    fit = torchbdi.fit_ridge(kernel, data.x, data.y, 1e-3)
    forward, backward = weights
    for scale in ("trace", "absolute"):
        if scale == "absolute":
            fit = torchbdi.fit_ridge(kernel, data.x, data.y, 1e-3, scale)
        settings = {
            "ridge": 1e-3,
            "ridge_scale": scale,
            "alpha": alpha,
            "forward_weight": forward,
            "backward_weight": backward,
        }
        bdi = torchbdi.BDI(data.x, data.y, x[:, None], kernel=kernel, coefficients=fit, **settings)
        wanted = -bdi.loss()["total"].detach()
        with compiled.use(fast):
            f = SingleLoss(kernel, data.x, data.y, fit.coefficients, **settings)
            # Some are rows of the table: sums of products tell an angle of 0 to 1e-8 only.
            torch.testing.assert_close(f(x), wanted, rtol=1e-7, atol=1e-7)
            leaf = x.clone().requires_grad_()
            value = f(leaf)
        torch.testing.assert_close(value.detach(), wanted, rtol=1e-9, atol=1e-9)
        (slope,) = torch.autograd.grad(value.sum(), leaf)
        (own,) = torch.autograd.grad(-bdi.loss()["total"].sum(), bdi.x_h)
        torch.testing.assert_close(slope, own[:, 0], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("constant", [0.0, 2.0])
def test_the_prediction_is_the_fits(constant: float) -> None:
    data = table()
    x = data.space.sample(30, torch.Generator().manual_seed(0))
    f = Prediction(NTK(4), data.x, torch.ones(len(data.x), dtype=torch.float64), constant)
    fit = torchbdi.fit_ridge(NTK(4), f.x_l, data.y, 0.1)
    f = Prediction(NTK(4), data.x, fit.coefficients, constant)
    # Some are rows of the table, where a cosine tells an angle of 0 to 1e-8 only.
    torch.testing.assert_close(f(x), fit.predict(f.extend(x)), rtol=1e-7, atol=1e-7)
    far = torch.randn(3, x.shape[1], generator=torch.Generator().manual_seed(0)).double()
    assert torch.autograd.gradcheck(f, far.requires_grad_())


@pytest.mark.parametrize("constant", [0.0, 2.0])
@pytest.mark.parametrize("way", ["enumeration", "beam"])
def test_parts_give_the_search_what_whole_designs_give(way: str, constant: float) -> None:
    data = table()
    kernel = NTK(6)
    plain = SingleLoss(kernel, data.x, data.y, None, forward_weight=0.0, constant=constant)
    d = torchbdi.fit_ridge(kernel, plain.x_l, data.y, 1e-3).coefficients
    f = SingleLoss(kernel, data.x, data.y, d, ridge=1e-3, constant=constant)
    options = SearchOptions(enumerate=2000 if way == "enumeration" else 0, width=16)
    by_parts = maximise(f, data.space, 10, options=options)
    whole = maximise(lambda x: f(x), data.space, 10, options=options)
    assert by_parts.way == way
    torch.testing.assert_close(by_parts.value, whole.value, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(by_parts.x, whole.x)
    assert by_parts.evaluations == whole.evaluations


def test_refusals() -> None:
    data = table()
    with pytest.raises(torchbdi.InputError, match="both 0"):
        SingleLoss(NTK(), data.x, data.y, None, forward_weight=0.0, backward_weight=0.0)
    with pytest.raises(torchbdi.InputError, match="needs the coefficients"):
        SingleLoss(NTK(), data.x, data.y, None)


class Doubled(NTK):
    """Twice the NTK: a kernel of somebody's, whose values are not those of its base."""

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        return 2 * super().gram(x1, x2)

    def diagonal(self, x: Tensor) -> Tensor:
        return 2 * super().diagonal(x)

    def settings(self) -> Mapping[str, Any]:
        return super().settings()


def test_a_subclass_with_values_of_its_own_is_asked_for_them() -> None:
    data = table()
    x = data.space.sample(10, torch.Generator().manual_seed(0))
    fit = torchbdi.fit_ridge(Doubled(), data.x, data.y, 1e-3, "absolute")
    f = Prediction(Doubled(), data.x, fit.coefficients)
    assert f.pairs is None
    torch.testing.assert_close(f(x), fit.predict(x))


@pytest.mark.parametrize("fast", [False, True])
def test_the_mean_of_every_column_has_no_backward_loss(fast: bool) -> None:
    """A kernel without biases is 0 there: what is left is the forward loss of a prediction of 0."""
    if fast:
        pytest.importorskip("numba")
    data = table(40)
    d = torchbdi.fit_ridge(NTK(), data.x, data.y, 1e-3).coefficients
    zero = torch.zeros(1, data.x.shape[1], dtype=torch.float64)
    x = torch.cat([zero, data.x[:3]])
    with compiled.use(fast):
        for weights, at_zero in (((1.0, 0.0), -50.0), ((1.0, 1.0), -torch.inf)):
            names = dict(zip(("forward_weight", "backward_weight"), weights, strict=True))
            f = SingleLoss(NTK(), data.x, data.y, d, ridge=1e-3, **names)
            leaf = x.clone().requires_grad_()
            for value in (f(x), f(leaf)):
                assert value[0].item() == at_zero
                assert value.isfinite()[1:].all()
            (slope,) = torch.autograd.grad(f(leaf).sum(), leaf)
            assert slope.isfinite().all()
