"""Every way to the losses against objective.py, which has them as the paper writes them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from torchbdi import BDI, NNGP, NTK, RBF, InputError, Kernel
from torchbdi.kernels import compiled
from torchbdi.objective import backward_loss, data_weights, forward_loss, losses, total_loss


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_the_paper_by_hand() -> None:
    """Two data, two designs, numbers that can be followed."""
    y_l, y_h = torch.tensor([1.0, -1.0]).double(), torch.tensor([10.0, 10.0]).double()
    k_ll, k_hh = torch.eye(2).double(), 2 * torch.eye(2).double()
    k_hl = torch.tensor([[1.0, 0.5], [0.0, 1.0]]).double()
    weights = data_weights(y_l, 0.0)
    assert weights.tolist() == [0.5, 0.5]
    forward, backward = losses(k_ll, k_hh, k_hl, y_l, y_h, weights, 1.0, 2.0)
    # d = y_l / 2, so K_hl d = (0.25, -0.5); a = y_h / 4, so a^T K_hl = (2.5, 3.75).
    assert float(forward) == (9.75**2 + 10.5**2) / 2
    assert float(backward) == (1.5**2 + 4.75**2) / 2
    assert float(total_loss(forward, backward, 1.0, 3.0)) == float(forward + 3 * backward) / 2
    tilted = data_weights(y_l, 0.5)
    assert abs(float(tilted[0] / tilted[1]) - 2.718281828459045) < 1e-15
    assert float(tilted.sum()) == 1


def test_weights_out_of_range_are_told() -> None:
    """They were NaN, and a Trainer said that lr was too large."""
    y_l = torch.tensor([20.0, 0.0]).double()
    assert data_weights(y_l, 1e306).tolist() == [1, 0]
    x = torch.eye(2).double()
    for make in (lambda: data_weights(y_l, 1e308), lambda: BDI(x, y_l, x, alpha=-1e308)):
        with pytest.raises(InputError, match=r"alpha = .*1e\+308 times .* Lower alpha"):
            make()


@pytest.mark.parametrize("scale", ["trace", "absolute"])
@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize(
    ("kernel", "form"),
    [
        (NTK(), "plain"),
        (NTK(), "compiled"),
        (NNGP(3), "compiled"),
        (NTK(40), "plain"),
        (NTK(3, b_std=0.3), "plain"),
        (NTK(1), "plain"),
        (RBF(), "plain"),
    ],
    ids=str,
)
def test_every_way_gives_these_losses(
    kernel: Kernel, form: str, m: int, scale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr("torchbdi.kernels.zonal.fill.COMPILED_FROM", 1)
    x_l, y_l = randn(40, 5), randn(40, seed=1)
    x_h = randn(4, m, 5, seed=2)
    settings: dict[str, Any] = {"target": 3.0, "alpha": 0.7, "ridge": 1e-2, "ridge_scale": scale}
    with compiled.use(form == "compiled"):
        model = BDI(x_l, y_l, x_h, kernel=kernel, forward_weight=0.5, backward_weight=2.0,
                    **settings)  # fmt: skip
        found = model.loss()
        (grad,) = torch.autograd.grad(found["total"].sum(), model.x_h)
    own = x_h.clone().requires_grad_()
    with compiled.use(False):
        k_ll, k_hh, k_hl = kernel(x_l), kernel(own), kernel(own, x_l)
    ridges = [1e-2 * k.diagonal(dim1=-2, dim2=-1).mean(-1) for k in (k_ll, k_hh)]
    if scale == "absolute":
        ridges = [torch.full_like(r, 1e-2) for r in ridges]
    y_h = torch.full((4, m), 3.0, dtype=torch.float64)
    forward, backward = losses(k_ll, k_hh, k_hl, y_l, y_h, data_weights(y_l, 0.7), *ridges)
    total = total_loss(forward, backward, 0.5, 2.0)
    (expected,) = torch.autograd.grad(total.sum(), own)
    for name, true in (("forward", forward), ("backward", backward), ("total", total)):
        torch.testing.assert_close(found[name], true, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(grad, expected, rtol=1e-8, atol=1e-10 * float(expected.abs().max()))


def test_a_group_is_a_mean_over_its_designs() -> None:
    prediction = randn(3, 4)
    one = torch.stack([forward_loss(prediction[:, i : i + 1], torch.ones(1)) for i in range(4)])
    torch.testing.assert_close(forward_loss(prediction, torch.ones(4)), one.mean(0))
    k, a, y = randn(2, 3, 7), randn(2, 3, seed=1), randn(7, seed=2)
    loop = [sum((y[j] - a[g] @ k[g, :, j]) ** 2 / 7 for j in range(7)) for g in range(2)]
    torch.testing.assert_close(backward_loss(k, a, y, torch.full((7,), 1 / 7).double()),
                               torch.stack(loop))  # fmt: skip
