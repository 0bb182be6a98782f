"""BDI's losses against a direct dense transcription of Eq. 10 to 14, and the LightningModule."""

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
from small_tables import table
from torch import Tensor
from torch.autograd import gradcheck

import torchbdi
from torchbdi import BDI, NTK, RBF, InputError, NotPositiveDefiniteError, TorchBDIError

# Starts lie on data points, where acos turns a rounding error of 1e-16 into one of 1e-8.
RTOL = 1e-7


def dense_losses(
    x_l: Tensor,
    y_l: Tensor,
    x_h: Tensor,
    kernel: torchbdi.kernel.Kernel,
    target: float,
    alpha: float,
    ridge: float,
    scale: str,
) -> tuple[Tensor, Tensor]:
    """Eq. 12 and 11 for one group, written down as they stand, with inverses."""
    n, m = len(x_l), len(x_h)
    k_ll, k_hh, k_hl = kernel(x_l), kernel(x_h), kernel(x_h, x_l)
    beta_l = ridge * k_ll.trace() / n if scale == "trace" else ridge
    beta_h = ridge * k_hh.trace() / m if scale == "trace" else ridge
    eye_l, eye_h = (torch.eye(s, dtype=torch.float64) for s in (n, m))
    y_h = torch.full((m,), target, dtype=torch.float64)
    w_h = torch.full((m,), 1 / m**0.5, dtype=torch.float64)
    w_l = (torch.exp(alpha * y_l) / torch.exp(alpha * y_l).sum()).sqrt()
    forward = w_h * (y_h - k_hl @ torch.linalg.inv(k_ll + beta_l * eye_l) @ y_l)
    backward = w_l * (y_l - k_hl.T @ torch.linalg.inv(k_hh + beta_h * eye_h) @ y_h)
    return forward @ forward, backward @ backward


@pytest.mark.parametrize("m", [1, 8])
@pytest.mark.parametrize("kernel", [NTK(), NTK(depth=3, b_std=0.2), RBF()], ids=repr)
@pytest.mark.parametrize("scale", ["trace", "absolute"])
def test_losses_and_gradients_equal_the_transcription(
    m: int, kernel: torchbdi.kernel.Kernel, scale: str
) -> None:
    """M = 1 is Eq. 13; the starts lie on data points."""
    x_l, y_l, x_h = table(m=m)
    settings = {"target": 3.0, "alpha": 0.7, "ridge": 1e-3}
    model = BDI(
        x_l,
        y_l,
        x_h,
        kernel=kernel,
        ridge_scale=scale,
        forward_weight=0.5,
        backward_weight=2.0,
        **settings,
    )
    losses = model.loss()
    assert set(losses) == {"total", "forward", "backward"}
    (grad,) = torch.autograd.grad(losses["total"].sum(), model.x_h)
    for group in range(len(x_h)):
        own = x_h[group].clone().requires_grad_()
        forward, backward = dense_losses(x_l, y_l, own, kernel, scale=scale, **settings)
        torch.testing.assert_close(losses["forward"][group], forward, rtol=RTOL, atol=0)
        torch.testing.assert_close(losses["backward"][group], backward, rtol=RTOL, atol=0)
        total = (0.5 * forward + 2.0 * backward) / 2
        torch.testing.assert_close(losses["total"][group], total, rtol=RTOL, atol=0)
        (expected,) = torch.autograd.grad(total, own)
        size = float(expected.abs().max())
        torch.testing.assert_close(grad[group], expected, rtol=1e-6, atol=1e-7 * size)


def test_each_term_is_what_it_says() -> None:
    """Eq. 13, M = 1, by hand on numbers: a wrong sign, weight or transpose shows."""
    x_l = torch.tensor([[1.0], [2.0]], dtype=torch.float64)
    y_l = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    model = BDI(
        x_l,
        y_l,
        torch.tensor([[3.0]]),
        kernel=NTK(depth=1),
        target=5.0,
        alpha=1.0,
        ridge=1.0,
        ridge_scale="absolute",
    )
    # K_ll = [[1, 2], [2, 4]], so (K_ll + I)^-1 y_l = [-7, 4] / 6, and k_hl = [3, 6].
    losses = model.loss()
    prediction = (3 * -7 + 6 * 4) / 6
    assert losses["forward"].item() == pytest.approx((5 - prediction) ** 2, rel=1e-12)
    # k_hh + 1 = 10: the designs' model predicts k_lh * 5 / 10 = [1.5, 3].
    weight = torch.softmax(torch.tensor([-1.0, 1.0], dtype=torch.float64), 0)
    expected = weight[0] * (-1 - 1.5) ** 2 + weight[1] * (1 - 3) ** 2
    assert losses["backward"].item() == pytest.approx(expected.item(), rel=1e-12)
    assert losses["total"].shape == ()


def test_batch_is_independent_groups() -> None:
    x_l, y_l, x_h = table(m=2)
    whole = BDI(x_l, y_l, x_h).loss()
    for i in range(len(x_h)):
        one = BDI(x_l, y_l, x_h[i]).loss()
        for name in whole:
            torch.testing.assert_close(whole[name][i], one[name], rtol=RTOL, atol=1e-12)


@pytest.mark.parametrize("m", [1, 3])
def test_gradcheck_of_the_whole_loss(m: int) -> None:
    x_l, y_l, x_h = table(n=20, m=m, groups=2)
    model = BDI(x_l, y_l, x_h + 0.1, ridge=1e-2)

    def total(x: Tensor) -> Tensor:
        return torch.func.functional_call(model, {"x_h": x}, ())

    model.forward = lambda: model.loss()["total"]  # type: ignore[method-assign]
    assert gradcheck(total, (model.x_h.detach().clone().requires_grad_(),))


def test_a_zero_weight_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import torchbdi.bdi as module

    def never(*_: object, **__: object) -> None:
        raise AssertionError("was computed")

    x_l, y_l, x_h = table()
    monkeypatch.setattr(module, "fit_ridge", never)
    losses = BDI(x_l, y_l, x_h, forward_weight=0.0).loss()
    assert (losses["forward"] == 0).all()
    torch.testing.assert_close(losses["total"], losses["backward"] / 2)
    monkeypatch.setattr(module, "cholesky_solve", never)
    losses = BDI(x_l, y_l, x_h, backward_weight=0.0, coefficients=y_l).loss()
    assert (losses["backward"] == 0).all()
    torch.testing.assert_close(losses["total"], losses["forward"] / 2)


def test_coefficients_are_taken_as_given() -> None:
    x_l, y_l, x_h = table()
    fit = torchbdi.fit_ridge(NTK(), x_l, y_l)
    own = BDI(x_l, y_l, x_h).loss()["forward"]
    for given in (fit, fit.coefficients):
        torch.testing.assert_close(BDI(x_l, y_l, x_h, coefficients=given).loss()["forward"], own)
    doubled = BDI(x_l, y_l, x_h, coefficients=2 * fit.coefficients).loss()["forward"]
    assert not torch.allclose(doubled, own)


def test_a_fit_of_something_else_is_refused() -> None:
    x_l, y_l, x_h = table()
    fit = torchbdi.fit_ridge(NTK(), x_l, y_l)
    BDI(x_l, y_l, x_h, coefficients=fit)
    with pytest.raises(InputError, match="fit of another kernel"):
        BDI(x_l, y_l, x_h, kernel=NTK(depth=3), coefficients=fit)
    with pytest.raises(InputError, match="fit of another x_l"):
        BDI(x_l + 1, y_l, x_h, coefficients=fit)
    for other in ({"ridge": 1e-3}, {"ridge_scale": "absolute"}):
        with pytest.raises(InputError, match="fit of another ridge"):
            BDI(x_l, y_l, x_h, coefficients=fit, **other)  # type: ignore[arg-type]


def test_the_only_parameter_is_x_h() -> None:
    x_l, y_l, x_h = table()
    model = BDI(x_l.float(), y_l.numpy(), x_h.float())  # type: ignore[arg-type]
    assert [name for name, _ in model.named_parameters()] == ["x_h"]
    assert isinstance(model.x_h, torch.nn.Parameter)
    assert model.x_h.dtype == torch.float64
    assert model.x_h.shape == x_h.shape
    assert set(model.state_dict()) == {"x_h", "x_h_start"}
    assert x_h.data_ptr() != model.x_h.data_ptr()


def test_bad_input() -> None:
    x_l, y_l, x_h = table()
    with pytest.raises(InputError, match=r"y_l must have shape \(N,\)"):
        BDI(x_l, y_l[:, None], x_h)
    with pytest.raises(InputError, match="with N = 60"):
        BDI(x_l, y_l[:-1], x_h)
    with pytest.raises(InputError, match=r"D = 4 as x_l"):
        BDI(x_l, y_l, x_h[..., :3])
    with pytest.raises(InputError, match=r"\(B, M, D\) or \(M, D\)"):
        BDI(x_l, y_l, x_h[None])
    with pytest.raises(InputError, match="NaN"):
        BDI(x_l, y_l * torch.nan, x_h)
    with pytest.raises(InputError, match="x_h contains NaN"):
        BDI(x_l, y_l, x_h * torch.nan)
    for name in ("target", "alpha", "lr", "forward_weight", "backward_weight", "ridge"):
        with pytest.raises(InputError, match=name):
            BDI(x_l, y_l, x_h, **{name: float("nan")})
    with pytest.raises(InputError, match="trace"):
        BDI(x_l, y_l, x_h, ridge_scale="relative")
    with pytest.raises(InputError, match="both 0"):
        BDI(x_l, y_l, x_h, forward_weight=0.0, backward_weight=0.0)
    with pytest.raises(InputError, match="kernel"):
        BDI(x_l, y_l, x_h, kernel=torch.nn.Linear(1, 1))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="coefficients"):
        BDI(x_l, y_l, x_h, coefficients=y_l[:5])


def test_training_equals_a_plain_loop() -> None:
    x_l, y_l, x_h = table()
    model, plain = BDI(x_l, y_l, x_h, lr=0.05), BDI(x_l, y_l, x_h, lr=0.05)
    trainer(30).fit(model)
    optimizer = torch.optim.Adam([plain.x_h], lr=0.05)
    for _ in range(30):
        optimizer.zero_grad()
        plain.loss()["total"].sum().backward()
        optimizer.step()
    assert torch.equal(model.x_h, plain.x_h)


def test_two_hundred_steps_are_one_epoch() -> None:
    x_l, y_l, x_h = table(n=10, groups=1)
    model = BDI(x_l, y_l, x_h)
    run = lightning.Trainer(
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
    )
    run.fit(model)
    assert run.global_step == 200
    assert run.current_epoch == 1


class StopAt(lightning.Callback):
    def __init__(self, step: int, path: Path, how: str) -> None:
        self.step, self.path, self.how = step, path, how

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyError("a bug of somebody's callback")


STEPS, STOP = 60, 23


@pytest.fixture(scope="module")
def uninterrupted() -> Tensor:
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h, lr=0.05)
    run = trainer(STEPS)
    run.fit(model)
    assert run.global_step == STEPS
    return model.x_h.detach().clone()


def resume(path: Path) -> Tensor:
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h, lr=0.05)
    run = trainer(STEPS)
    run.fit(model, ckpt_path=path, weights_only=True)
    assert run.global_step == STEPS
    return model.x_h.detach()


def test_resume_after_an_exception(uninterrupted: Tensor, tmp_path: Path) -> None:
    x_l, y_l, x_h = table()
    path = tmp_path / "a.ckpt"
    with pytest.raises(KeyError, match="somebody"):
        trainer(STEPS, callbacks=[StopAt(STOP, path, "raise")]).fit(BDI(x_l, y_l, x_h, lr=0.05))
    assert torch.equal(resume(path), uninterrupted)


def test_resume_after_max_steps(uninterrupted: Tensor, tmp_path: Path) -> None:
    x_l, y_l, x_h = table()
    path = tmp_path / "a.ckpt"
    run = trainer(STOP)
    run.fit(BDI(x_l, y_l, x_h, lr=0.05))
    run.save_checkpoint(path)
    assert torch.equal(resume(path), uninterrupted)


def test_resume_after_max_steps_within_the_epoch(uninterrupted: Tensor, tmp_path: Path) -> None:
    from torchbdi.module import Steps

    x_l, y_l, x_h = table()
    path = tmp_path / "a.ckpt"
    run = trainer(STOP)
    run.fit(BDI(x_l, y_l, x_h, lr=0.05), train_dataloaders=Steps(STEPS))
    run.save_checkpoint(path)
    assert torch.equal(resume(path), uninterrupted)


def train_until_killed(path: Path) -> None:
    x, y, h = table()
    trainer(STEPS, callbacks=[StopAt(STOP, path, "kill")]).fit(BDI(x, y, h, lr=0.05))


def test_resume_after_kill(uninterrupted: Tensor, tmp_path: Path) -> None:
    path = tmp_path / "a.ckpt"
    assert finished(train_until_killed, path) == -signal.SIGKILL
    assert torch.equal(resume(path), uninterrupted)


def test_a_checkpoint_holds_no_data_and_is_refused_elsewhere(tmp_path: Path) -> None:
    x_l, y_l, x_h = table()
    path = tmp_path / "a.ckpt"
    run = trainer(3)
    run.fit(BDI(x_l, y_l, x_h))
    run.save_checkpoint(path)
    saved = torch.load(path, weights_only=True)
    assert set(saved["state_dict"]) == {"x_h", "x_h_start"}
    assert len(saved["torchbdi"]["identity"]["data"]) == 64
    for other, name in (
        (BDI(x_l, y_l + 1e-9, x_h), "data"),
        (BDI(x_l, y_l, x_h, alpha=0.1), "alpha"),
        (BDI(x_l, y_l, x_h, kernel=RBF()), "kernel"),
    ):
        with pytest.raises(InputError, match=rf"another run: {name} differ"):
            trainer(5).fit(other, ckpt_path=path, weights_only=True)


class Watched(BDI):
    """A subclass that only looks on: its runs are BDI's."""

    every = 2

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Logs one thing more."""
        super().on_train_batch_end(outputs, batch, batch_idx)
        self.log("watched", float(batch_idx % self.every))


class Halved(Watched):
    """A subclass with another loss."""

    def evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        """Half of BDI's."""
        losses, predicted = super().evaluate()
        return {name: value / 2 for name, value in losses.items()}, predicted


class Signed(Watched):
    """A subclass whose hook changes the gradient, so that its steps are others."""

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Keeps the signs alone."""
        super().on_before_optimizer_step(optimizer)
        assert self.x_h.grad is not None
        self.x_h.grad.sign_()


@pytest.mark.parametrize(("begins", "goes_on"), [(BDI, Watched), (Watched, BDI)])
def test_a_subclass_that_only_watches_goes_on_with_its_base_runs(
    begins: type[BDI], goes_on: type[BDI], uninterrupted: Tensor, tmp_path: Path
) -> None:
    path = tmp_path / "a.ckpt"
    run = trainer(STOP)
    run.fit(begins(*table(), lr=0.05))
    run.save_checkpoint(path)
    model = goes_on(*table(), lr=0.05)
    trainer(STEPS).fit(model, ckpt_path=path, weights_only=True)
    assert torch.equal(model.x_h.detach(), uninterrupted)
    for other in (Halved, Signed):
        with pytest.raises(InputError, match=f"is one of BDI, not of {other.__name__}"):
            trainer(STEPS).fit(other(*table(), lr=0.05), ckpt_path=path, weights_only=True)


def test_a_loss_that_is_not_finite_stops() -> None:
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h, coefficients=y_l, backward_weight=0)
    model.x_h.data[1] = torch.nan
    with pytest.raises(TorchBDIError, match=r"not finite at step 0 in groups \[1\]"):
        trainer(5).fit(model)
    model = BDI(x_l, y_l, x_h, coefficients=y_l)
    model.y_l[0] = torch.nan
    with pytest.raises(InputError, match="y_l was changed in place"):
        trainer(5).fit(model)


@pytest.mark.parametrize("m", [1, 2])
def test_designs_without_a_model_are_named(m: int) -> None:
    """Kernels without biases are 0 at the mean of every column, as at a centre point."""
    x, y, x_h = table(20, 3, m, 4)
    x_h[2] = 0.0
    for ridge in (1e-6, 1.0):
        with pytest.raises(NotPositiveDefiniteError, match=r"groups \[2\] of x_h.*Move those"):
            BDI(x, y, x_h, ridge=ridge).loss()
    if m == 1:
        with pytest.raises(NotPositiveDefiniteError, match="groups"):
            BDI(x, y, x_h[2]).loss()
    for kernel in (RBF(), NTK(b_std=0.1)):
        assert BDI(x, y, x_h, kernel=kernel).loss()["total"].isfinite().all()
    assert BDI(x, y, x_h, ridge_scale="absolute").loss()["total"].isfinite().all()
    assert BDI(x, y, x_h, backward_weight=0.0).loss()["total"].isfinite().all()


def test_designs_that_have_left_the_numbers_are_named() -> None:
    x, y, x_h = table(20, 3, groups=4)
    model = BDI(x, y, x_h, lr=1e300)
    optimizer = model.configure_optimizers()
    model.loss()["total"].sum().backward()
    optimizer.step()
    with pytest.raises(InputError, match=r"not finite in groups \[0, 1, 2, 3\].*Lower lr"):
        model.loss()
