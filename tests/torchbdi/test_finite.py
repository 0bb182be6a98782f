"""The finite-width branch against explicit copies of the network, and against the NTK."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import lightning
import pytest
import torch
from forked import finished
from quiet_trainer import trainer
from small_tables import FINITE as SMALL
from small_tables import table
from torch import Tensor
from torch.autograd import gradcheck
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from torchbdi import NTK, InputError, TorchBDIError, unrolled
from torchbdi.finite import FiniteBDI
from torchbdi.network import MLP, fit_network, seeded, squared_error
from torchbdi.unrolled import linearise, tangent_diagonal

DOUBLE: dict[str, Any] = SMALL | {"dtype": torch.float64}


def copied_network_loss(
    model: FiniteBDI, x_h: Tensor, target: float, row_weights: Tensor, scales: list[float]
) -> Tensor:
    """Eq. 9 for one group as it stands: own parameters, and the graph of their gradient."""
    start = {name: p.detach().clone() for name, p in model.theta.named_parameters()}
    start = {name: p.requires_grad_() for name, p in start.items()}
    inner = (target - functional_call(model.theta, start, (x_h,))).square().sum() / len(x_h)
    slopes = torch.autograd.grad(inner, list(start.values()), create_graph=True)
    stepped = {
        name: p - model.eta * scale * slope
        for (name, p), slope, scale in zip(start.items(), slopes, scales, strict=True)
    }
    error = model.y_l - functional_call(model.theta, stepped, (model.x_l,))
    return (row_weights * error.square()).sum()


@pytest.mark.parametrize("m", [1, 4])
@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
@pytest.mark.parametrize("depth", [1, 2, 6])
def test_losses_and_gradients_equal_copied_networks(
    m: int, parametrisation: str, depth: int
) -> None:
    x_l, y_l, x_h = table(m=m)
    settings = DOUBLE | {"depth": depth, "parametrisation": parametrisation, "target": 3.0}
    model = FiniteBDI(x_l, y_l, x_h, alpha=0.7, forward_weight=0.5, backward_weight=3.0, **settings)
    widths = [4] + [16] * (depth - 1)
    scales = [1 / n if parametrisation == "ntk" else 1.0 for n in widths]
    losses = model.loss()
    assert set(losses) == {"total", "forward", "backward"}
    (grad,) = torch.autograd.grad(losses["total"].sum(), model.x_h)
    for group in range(len(x_h)):
        own = x_h[group].clone().requires_grad_()
        forward = (3.0 - model.forward_net(own)).square().mean()
        backward = copied_network_loss(model, own, 3.0, torch.softmax(0.7 * y_l, 0), scales)
        torch.testing.assert_close(losses["forward"][group], forward)
        torch.testing.assert_close(losses["backward"][group], backward)
        total = (0.5 * forward + 3.0 * backward) / 2
        torch.testing.assert_close(losses["total"][group], total)
        (expected,) = torch.autograd.grad(total, own)
        torch.testing.assert_close(grad[group], expected, rtol=1e-9, atol=1e-11)


def test_the_ntk_parametrisation_is_a_step_in_the_scaled_weights() -> None:
    """W = sqrt(n) V is what a step of gradient descent moves there."""
    x_l, y_l, x_h = table(groups=1)
    model = FiniteBDI(x_l, y_l, x_h, parametrisation="ntk", forward_weight=0.0, **DOUBLE)
    w = [(v * v.shape[1] ** 0.5).detach().requires_grad_() for v in model.theta.weights]

    def f(w: list[Tensor], x: Tensor) -> Tensor:
        for weight in w[:-1]:
            x = (x @ weight.mT / weight.shape[1] ** 0.5).relu()
        return (x @ w[-1].mT / w[-1].shape[1] ** 0.5).squeeze(-1)

    slopes = torch.autograd.grad((10 - f(w, x_h[0])).square().sum(), w)
    stepped = [weight - model.eta * slope for weight, slope in zip(w, slopes, strict=True)]
    expected = (y_l - f(stepped, x_l)).square().mean()
    torch.testing.assert_close(model.loss()["backward"][0], expected)


@pytest.mark.parametrize("m", [1, 3])
def test_gradcheck_of_the_whole_loss(m: int) -> None:
    x_l, y_l, x_h = table(n=20, m=m, groups=2)
    model = FiniteBDI(x_l, y_l, x_h + 0.1, **DOUBLE)

    def total(x: Tensor) -> Tensor:
        return functional_call(model, {"x_h": x}, ())

    model.forward = lambda: model.loss()["total"]  # type: ignore[method-assign]
    assert gradcheck(total, (model.x_h.detach().clone().requires_grad_(),))


@pytest.mark.parametrize("m", [1, 3])
def test_a_wide_network_moves_as_the_ntk_says(m: int) -> None:
    """f(X_l; theta*) - f(X_l; theta) goes to (2 eta/M) K_lh (y_h - f(X_h; theta))."""
    x_l, y_l, x_h = table(n=40, m=m, groups=2)
    k_lh = NTK(depth=4)(x_l, x_h)
    settings: dict[str, Any] = {"depth": 4, "parametrisation": "ntk", "eta": 1.0, "target": 1.0}
    settings |= {"dtype": torch.float64, "forward_net": torch.nn.Linear(4, 1)}

    def error(width: int, seed: int) -> float:
        model = FiniteBDI(x_l, y_l, x_h, width=width, seed=seed, **settings)
        theta = list(model.theta.weights)
        inputs, changes = model.unrolled_step(x_h)
        after, _, _ = unrolled._predict(theta, x_l, x_l @ theta[0].mT, inputs, changes)
        moved = after - model.theta(x_l)
        pull = 2 * 1.0 / m * (1.0 - model.theta(x_h))
        expected = (k_lh @ pull[..., None]).squeeze(-1)
        return float((moved - expected).norm() / expected.norm())

    errors = [sum(error(width, seed) for seed in range(8)) / 8 for width in (16, 128, 1024)]
    # The fluctuation of a kernel of width n is of size 1/sqrt(n): a factor of 2.8 each time.
    assert errors[1] < errors[0] / 1.8, errors
    assert errors[2] < errors[1] / 1.8, errors
    assert errors[2] < 0.15, errors


def test_tangent_diagonal_is_the_squared_norm_of_the_gradient() -> None:
    net = MLP(3, 8, 4, "standard", seeded(0), torch.float64)
    x = torch.randn(2, 3, 3, dtype=torch.float64, generator=seeded(1))
    weights = list(net.weights)
    assert MLP.count(3, 8, 4) == sum(w.numel() for w in weights)
    inputs, slopes, f = linearise(weights, x)
    scales = [1.0, 0.5, 2.0, 3.0]
    diagonal = tangent_diagonal(inputs, slopes, scales)
    torch.testing.assert_close(f, net(x))
    for b in range(2):
        for i in range(3):
            grads = torch.autograd.grad(net(x[b, i]), weights)
            expected = sum(s * g.square().sum() for s, g in zip(scales, grads, strict=True))
            torch.testing.assert_close(diagonal[b, i], expected)


def test_the_default_eta_halves_the_inverse_kernel() -> None:
    x_l, y_l, x_h = table()
    model = FiniteBDI(x_l, y_l, x_h, **DOUBLE)
    inputs, slopes, _ = linearise(list(model.theta.weights), x_h)
    mean = tangent_diagonal(inputs, slopes, [1.0] * 4).mean()
    torch.testing.assert_close(2 * model.eta * mean, torch.tensor(1.0, dtype=torch.float64))
    assert FiniteBDI(x_l, y_l, x_h, eta=0.25, **DOUBLE).eta == 0.25


@pytest.mark.parametrize("budget", [1, 4096, 20_000])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, budget: int) -> None:
    x_l, y_l, x_h = table(m=2)
    model = FiniteBDI(x_l, y_l, x_h, **DOUBLE)
    theta = list(model.theta.weights)
    assert unrolled.chunk_sizes(theta, x_l, x_h) == (60, 5)
    whole = model.loss()["backward"]
    (whole_grad,) = torch.autograd.grad(whole.sum(), model.x_h)
    monkeypatch.setitem(unrolled.CHUNK_BYTES, "cpu", budget)
    rows, groups = unrolled.chunk_sizes(theta, x_l, x_h)
    assert (rows, groups) == {1: (1, 1), 4096: (4, 1), 20_000: (22, 1)}[budget]
    parts = model.loss()["backward"]
    (parts_grad,) = torch.autograd.grad(parts.sum(), model.x_h)
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(parts_grad, whole_grad, rtol=1e-9, atol=1e-11)


def test_slices_cover_everything_once() -> None:
    for total, at_once in ((7, 3), (9, 3), (1, 5), (32_898, 32_768)):
        pieces = list(unrolled.slices(total, at_once))
        covered = [i for piece in pieces for i in range(piece.start, piece.stop)]
        assert covered == list(range(total))
        assert max(p.stop - p.start for p in pieces) <= at_once


class Largest(TorchDispatchMode):
    """Notes the largest tensor that any operation makes."""

    numel = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for out in result if isinstance(result, tuple | list) else (result,):
            if isinstance(out, Tensor):
                # A view that only repeats memory takes none.
                self.numel = max(self.numel, out.untyped_storage().nbytes() // out.itemsize)
        return result


def test_no_group_has_weights_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither B copies of a weight matrix nor B x N activations are ever made."""
    x_l, y_l, x_h = table(n=200, groups=32)
    monkeypatch.setitem(unrolled.CHUNK_BYTES, "cpu", 1 << 20)
    model = FiniteBDI(x_l, y_l, x_h, width=256, forward_weight=0.0)
    with Largest() as largest:
        losses = model.loss()
        losses["total"].sum().backward()
    assert 256 * 32 <= largest.numel <= 256 * 256  # of 32 * 256 * 256 and 32 * 200 * 256
    assert model.x_h.grad is not None
    assert model.x_h.grad.abs().min() > 0


def test_batch_is_independent_groups_and_one_group_is_a_scalar() -> None:
    x_l, y_l, x_h = table(m=2)
    settings = DOUBLE | {"eta": 0.01}
    whole = FiniteBDI(x_l, y_l, x_h, **settings).loss()
    for i in range(len(x_h)):
        one = FiniteBDI(x_l, y_l, x_h[i], **settings).loss()
        for name in whole:
            assert one[name].shape == ()
            torch.testing.assert_close(whole[name][i], one[name])


def test_single_precision_agrees_with_double() -> None:
    """The draw of a network does not depend on its precision; losses and X_h are float64."""
    x_l, y_l, x_h = table()
    single, double = FiniteBDI(x_l, y_l, x_h, **SMALL), FiniteBDI(x_l, y_l, x_h, **DOUBLE)
    assert single.theta.weights[0].dtype == torch.float32
    assert single.x_h.dtype == single.loss()["total"].dtype == torch.float64
    for name, value in single.loss().items():
        torch.testing.assert_close(value, double.loss()[name], rtol=1e-4, atol=1e-4)


def test_a_zero_weight_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import torchbdi.finite as module

    def never(*_: object, **__: object) -> None:
        raise AssertionError("was computed")

    x_l, y_l, x_h = table()
    with monkeypatch.context() as patch:
        patch.setattr(module, "fit_network", never)
        model = FiniteBDI(x_l, y_l, x_h, forward_weight=0.0, **SMALL)
        trainer(2).fit(model)
        losses = model.loss()
        assert (losses["forward"] == 0).all()
        torch.testing.assert_close(losses["total"], losses["backward"] / 2)
    monkeypatch.setattr(module, "loss_after_step", never)
    losses = FiniteBDI(x_l, y_l, x_h, backward_weight=0.0, **SMALL).loss()
    assert (losses["backward"] == 0).all()
    torch.testing.assert_close(losses["total"], losses["forward"] / 2)


def test_the_rows_of_a_step_follow_from_seed_and_step() -> None:
    x_l, y_l, x_h = table()
    settings = SMALL | {"rows_per_step": 20, "alpha": 0.7}
    model, same = (FiniteBDI(x_l, y_l, x_h, **settings) for _ in range(2))
    other = FiniteBDI(x_l, y_l, x_h, **settings | {"seed": 4})
    same.rows(0)  # drawing for another step changes nothing
    x, y, w = model.rows(7)
    for a, b in zip((x, y, w), same.rows(7), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(x, model.rows(8)[0])
    assert not torch.equal(x, other.rows(7)[0])
    chosen = (x[:, None] == x_l).all(-1).nonzero()[:, 1]
    assert len(chosen.unique()) == 20
    expected = torch.softmax(0.7 * y_l, 0)[chosen]
    torch.testing.assert_close(w, expected / expected.sum())
    assert torch.equal(y, y_l[chosen])
    torch.testing.assert_close(model.loss(step=7)["backward"], same.loss(step=7)["backward"])
    assert not torch.allclose(model.loss(step=7)["backward"], model.loss(step=8)["backward"])
    everything = FiniteBDI(x_l, y_l, x_h, **settings | {"rows_per_step": 60})
    assert torch.equal(everything.rows(7)[0], x_l)


def test_every_row_is_drawn_sometimes() -> None:
    x_l, y_l, x_h = table()
    model = FiniteBDI(x_l, y_l, x_h, rows_per_step=20, **SMALL)
    counts = torch.zeros(60)
    for step in range(200):
        counts += (model.rows(step)[0][:, None] == x_l).all(-1).any(0)
    assert 40 < counts.min() <= counts.max() < 95  # 66.7 on average, standard deviation 6.7


def test_seeds() -> None:
    x_l, y_l, x_h = table()
    one, same = (FiniteBDI(x_l, y_l, x_h, **SMALL) for _ in range(2))
    torch.rand(5)  # the global generator plays no part
    other = FiniteBDI(x_l, y_l, x_h, **SMALL | {"seed": 2**32 + 3})
    for name, value in one.loss().items():
        assert torch.equal(value, same.loss()[name])
        assert not torch.allclose(value, other.loss()[name])
    assert not torch.allclose(one.theta.weights[1], one.forward_net.weights[1])


def test_initial_weights_have_the_variance_of_their_parametrisation() -> None:
    for parametrisation, gain in (("standard", 2.0), ("ntk", 1.0)):
        net = MLP(50, 400, 3, parametrisation, seeded(0), torch.float64)
        assert [tuple(w.shape) for w in net.weights] == [(400, 50), (400, 400), (1, 400)]
        for weight in net.weights[:2]:
            variance = gain / weight.shape[1]
            assert weight.var().item() == pytest.approx(variance, rel=0.05)


def test_forward_network_fits_the_table() -> None:
    x_l, y_l, _ = table()
    net = MLP(4, 64, 3, "standard", seeded(0), torch.float64)
    before = squared_error(net, x_l, y_l, torch.float64)
    fit_network(net, x_l, y_l, epochs=60, batch=16, lr=3e-3, generator=seeded(1))
    after = squared_error(net, x_l, y_l, torch.float64)
    torch.testing.assert_close(after, (net(x_l) - y_l).square().mean())
    assert after < 0.1 * before
    assert not any(p.requires_grad for p in net.parameters())


def test_a_forward_network_that_diverges_stops() -> None:
    x_l, y_l, x_h = table()
    with pytest.raises(TorchBDIError, match="not finite in epoch"):
        FiniteBDI(x_l, y_l, x_h, net_lr=1e30, **SMALL).loss()


def test_a_given_forward_network_that_fails_on_the_table_is_refused() -> None:
    x_l, y_l, x_h = table()

    class Root(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x[..., 0].sqrt()

    x_l[:3], x_l[3] = x_l[:3].abs(), -x_l[3].abs()
    model = FiniteBDI(x_l, y_l, x_h.abs() + 0.1, forward_net=Root(), **DOUBLE)
    with pytest.raises(InputError, match="forward_net gives NaN or inf for rows of x_l"):
        model.loss()


def test_a_given_forward_network_is_taken_as_it_is() -> None:
    x_l, y_l, x_h = table()
    given = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    state = {name: p.detach().clone() for name, p in given.state_dict().items()}
    model = FiniteBDI(x_l, y_l, x_h, forward_net=given, **DOUBLE)
    losses = model.loss()
    prediction = given.double()(x_h).squeeze(-1)
    torch.testing.assert_close(losses["forward"], (10 - prediction).square().mean(-1))
    error = (given(x_l).squeeze(-1) - y_l).square().mean()
    torch.testing.assert_close(model.net_loss, error.detach())
    assert all(p.requires_grad for p in given.parameters())
    assert all(torch.equal(state[name], p.float()) for name, p in given.state_dict().items())


def test_only_x_h_learns() -> None:
    x_l, y_l, x_h = table()
    model = FiniteBDI(x_l.float(), y_l.float(), x_h.float(), **SMALL)
    before = {name: p.detach().clone() for name, p in model.theta.named_parameters()}
    model.train_forward_net()
    learnt = [p.detach().clone() for p in model.forward_net.parameters()]
    trainer(3).fit(model)
    assert [name for name, p in model.named_parameters() if p.requires_grad] == ["x_h"]
    assert isinstance(model.x_h, torch.nn.Parameter)
    assert model.x_h.shape == x_h.shape
    assert not torch.allclose(model.x_h, model.x_h_start)
    assert all(torch.equal(before[name], p) for name, p in model.theta.named_parameters())
    assert all(map(torch.equal, learnt, model.forward_net.parameters()))


def test_networks_are_frozen_whatever_a_loop_does_with_the_module() -> None:
    """model.train() and unfreeze() stand in many loops, and mean what learns: X_h."""
    x_l, y_l, x_h = table()
    layers = [torch.nn.Linear(4, 9), torch.nn.BatchNorm1d(9), torch.nn.Dropout(0.5)]
    given = torch.nn.Sequential(*layers, torch.nn.Linear(9, 1), torch.nn.Flatten(0))

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = given

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x.reshape(-1, x.shape[-1])).reshape(x.shape[:-1])

    for net in (Flat(), None):
        model = FiniteBDI(x_l, y_l, x_h, **(DOUBLE | {"forward_net": net}))
        expected = model.loss()["total"].detach()
        still = [p.clone() for name, p in model.state_dict().items() if name != "x_h"]
        model.freeze()
        model.unfreeze()
        model.train()
        model.train_forward_net()
        assert torch.equal(model.loss()["total"].detach(), expected)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        model.train()
        model.loss()["total"].sum().backward()
        optimizer.step()
        assert [n for n, p in model.named_parameters() if p.grad is not None] == ["x_h"]
        after = [p for name, p in model.state_dict().items() if name != "x_h"]
        assert all(map(torch.equal, still, after))


def test_second_derivatives_are_refused() -> None:
    """They would lack what the gradient's own coefficients depend on."""
    model = FiniteBDI(*table(), **DOUBLE)
    total = model.loss()["total"].sum()
    with pytest.raises(TorchBDIError, match="FiniteBDI's backward loss has no second derivatives"):
        torch.autograd.grad(total, model.x_h, create_graph=True)


def test_transforms_of_functions_are_refused() -> None:
    model = FiniteBDI(*table(), **DOUBLE)

    def loss(x_h: torch.Tensor) -> torch.Tensor:
        with torch.nn.utils.stateless._reparametrize_module(model, {"x_h": x_h}):
            return model.loss()["total"].sum()

    with pytest.raises(InputError, match=r"inside a transform of torch\.func"):
        torch.func.grad(loss)(model.x_h.detach())


def test_an_optimiser_of_all_parameters_moves_x_h_alone() -> None:
    """The forward network is trained at the first loss, behind the first zero_grad()."""
    x_l, y_l, x_h = table()
    model, plain = FiniteBDI(x_l, y_l, x_h, **SMALL), FiniteBDI(x_l, y_l, x_h, **SMALL)
    plain.train_forward_net()
    for optimizer, of in (
        (torch.optim.AdamW(model.parameters(), lr=0.05), model),
        (torch.optim.AdamW([plain.x_h], lr=0.05), plain),
    ):
        for _ in range(3):
            optimizer.zero_grad()
            of.loss()["total"].sum().backward()
            optimizer.step()
    for (name, one), other in zip(model.named_parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other), name


def test_bad_input() -> None:
    x_l, y_l, x_h = table()
    with pytest.raises(InputError, match=r"FiniteBDI: y_l must have shape \(N,\)"):
        FiniteBDI(x_l, y_l[:, None], x_h, **SMALL)
    with pytest.raises(InputError, match=r"FiniteBDI: x_h must have shape .* D = 4 as x_l"):
        FiniteBDI(x_l, y_l, x_h[..., :3], **SMALL)
    for name in ("width", "depth", "rows_per_step", "net_epochs", "net_batch"):
        for value in (0, 1.5, True) + (() if name == "rows_per_step" else (None,)):
            with pytest.raises(InputError, match=f"{name} must be an integer"):
                FiniteBDI(x_l, y_l, x_h, **SMALL | {name: value})
    for name in ("eta", "net_lr", "target", "alpha", "lr", "forward_weight", "backward_weight"):
        with pytest.raises(InputError, match=name):
            FiniteBDI(x_l, y_l, x_h, **SMALL | {name: float("nan")})
    with pytest.raises(InputError, match="seed"):
        FiniteBDI(x_l, y_l, x_h, **SMALL | {"seed": -1})
    with pytest.raises(InputError, match="'standard', 'ntk'"):
        FiniteBDI(x_l, y_l, x_h, parametrisation="mup", **SMALL)
    with pytest.raises(InputError, match="float32 or float64"):
        FiniteBDI(x_l, y_l, x_h, dtype=torch.float16, **SMALL)
    with pytest.raises(InputError, match="both 0"):
        FiniteBDI(x_l, y_l, x_h, forward_weight=0.0, backward_weight=0.0, **SMALL)
    with pytest.raises(InputError, match="all 0"):
        FiniteBDI(x_l, y_l, 0 * x_h, **SMALL)
    with pytest.raises(InputError, match="forward_net"):
        FiniteBDI(x_l, y_l, x_h, forward_net=torch.nn.Linear(4, 2), **SMALL)


def build(**settings: Any) -> FiniteBDI:
    return FiniteBDI(*table(), **SMALL | {"rows_per_step": 20} | settings)


def test_training_equals_a_plain_loop() -> None:
    model, plain = build(), build()
    trainer(20).fit(model)
    optimizer = torch.optim.Adam([plain.x_h], lr=0.05)
    for step in range(20):
        optimizer.zero_grad()
        plain.loss(step)["total"].sum().backward()
        optimizer.step()
    assert torch.equal(model.x_h, plain.x_h)


class StopAt(lightning.Callback):
    def __init__(self, step: int, path: Path) -> None:
        self.step, self.path = step, path

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)
            os.kill(os.getpid(), signal.SIGKILL)


def train_until_killed(path: Path) -> None:
    trainer(12, callbacks=[StopAt(5, path)]).fit(build())


def test_resume_after_kill_is_bit_identical(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ckpt"
    assert finished(train_until_killed, path) == -signal.SIGKILL
    whole = build()
    trainer(12).fit(whole)
    resumed = build()
    with monkeypatch.context() as patch:  # the forward network comes with the checkpoint
        patch.setattr("torchbdi.finite.fit_network", None)
        run = trainer(12)
        run.fit(resumed, ckpt_path=path, weights_only=True)
    assert run.global_step == 12
    assert torch.equal(resumed.x_h, whole.x_h)
    assert torch.equal(resumed.net_loss, whole.net_loss)


def test_a_checkpoint_holds_no_data_and_is_refused_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    run = trainer(3)
    run.fit(build())
    run.save_checkpoint(path)
    saved = torch.load(path, weights_only=True)
    assert not {"x_l", "y_l", "weights"} & set(saved["state_dict"])
    x_l, y_l, x_h = table()
    settings = SMALL | {"rows_per_step": 20}
    for other, name in (
        (FiniteBDI(x_l, y_l + 1e-9, x_h, **settings), "data"),
        (build(eta=0.1), "eta"),
        (build(seed=5), "seed"),
        (build(dtype=torch.float64), "dtype"),
        (build(forward_net=torch.nn.Linear(4, 1)), "forward_net"),
    ):
        with pytest.raises(InputError, match=rf"another run: {name} differ"):
            trainer(5).fit(other, ckpt_path=path, weights_only=True)


def test_a_loss_that_is_not_finite_stops() -> None:
    x_l, y_l, x_h = table()
    model = FiniteBDI(x_l, y_l, x_h, forward_weight=0.0, **SMALL)
    model.squared_weights[0] = torch.nan
    with pytest.raises(TorchBDIError, match=r"FiniteBDI: .* not finite at step 0 in groups \[0, 1"):
        trainer(5).fit(model)
