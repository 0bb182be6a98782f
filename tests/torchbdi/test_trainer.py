"""BDI in a Trainer of somebody's own: epochs, resuming, precisions, rates, bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
import numpy as np
import pytest
import torch
from quiet_trainer import quiet_trainer as trainer
from torch import Tensor

import torchbdi
from torchbdi import BDI, NTK, Ascent, FiniteBDI, InputError
from torchbdi.module import DesignModule


def table() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 3, dtype=torch.float64, generator=generator)
    y = torch.randn(20, dtype=torch.float64, generator=generator)
    return x, y, x[:2].unsqueeze(1)


def by_hand(model: DesignModule, steps: int, lr: float) -> Tensor:
    """Steps of torch's Adam, without a Trainer and without anything of ours around them."""
    adam = torch.optim.Adam([model.x_h], lr=lr)
    for _ in range(steps):
        adam.zero_grad()
        model.loss()["total"].sum().backward()
        adam.step()
    return model.x_h.detach()


class Short(BDI):
    """BDI with epochs of 8 steps: nothing asked here depends on how many they are."""

    EPOCH_STEPS = 8


class ShortAscent(Ascent):
    EPOCH_STEPS = 8


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_an_epoch_has_its_steps_however_many_there_are(epochs: int) -> None:
    x, y, starts = table()
    run, model = trainer(max_epochs=epochs), Short(x, y, starts, kernel=NTK(2), lr=1e-2)
    run.fit(model)
    assert run.global_step == 8 * epochs
    expected = by_hand(BDI(x, y, starts, kernel=NTK(2), lr=1e-2), 8 * epochs, 1e-2)
    assert (model.x_h - expected).abs().max() <= 1e-12


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"max_epochs": 4, "limit_train_batches": 6}, 24),
        ({"max_epochs": 2, "limit_train_batches": 0.25}, 4),
        ({"max_epochs": 3, "accumulate_grad_batches": 4}, 6),
        ({"max_steps": 18, "limit_train_batches": 4}, 18),
        ({"max_steps": 11, "accumulate_grad_batches": 2}, 11),
        ({"max_steps": 12, "max_epochs": 7}, 12),
    ],
)
@pytest.mark.parametrize("kind", [Short, ShortAscent])
def test_no_part_of_an_epoch_is_skipped(
    kind: type[BDI], settings: dict[str, Any], steps: int
) -> None:
    x, y, starts = table()
    run = trainer(**settings)
    run.fit(kind(x, y, starts, kernel=NTK(2)))
    assert run.global_step == steps


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"max_steps": 7, "accumulate_grad_batches": 3}, 7),
        ({"max_steps": 4.0}, 4),
        ({"max_epochs": 2, "limit_train_batches": 10, "accumulate_grad_batches": 4}, 6),
        ({"max_epochs": 2, "limit_train_batches": 2, "accumulate_grad_batches": 1000}, 2),
        ({"max_epochs": 2, "overfit_batches": 3}, 6),
        ({"fast_dev_run": 3}, 3),
        ({"max_epochs": 2, "limit_train_batches": 4, "val_check_interval": 0.5}, 8),
        ({"max_epochs": 2, "limit_train_batches": 4, "reload_dataloaders_every_n_epochs": 1}, 8),
    ],
    ids=str,
)
def test_every_step_has_the_whole_gradient(settings: dict[str, Any], steps: int) -> None:
    """Where an epoch ends, a Trainer steps with fewer batches than it divides by."""
    x, y, starts = table()
    run, model = trainer(**settings), BDI(x, y, starts, kernel=NTK(2), lr=0.1)
    run.fit(model)
    assert run.global_step == steps
    expected = by_hand(BDI(x, y, starts, kernel=NTK(2), lr=0.1), steps, 0.1)
    assert (model.x_h - expected).abs().max() <= 1e-12


def test_clipping_sees_the_whole_gradient() -> None:
    x, y, starts = table()
    settings = {"max_steps": 5, "gradient_clip_val": 0.5, "precision": "bf16-mixed"}
    plain, several = (BDI(x, y, starts, lr=0.1) for _ in range(2))
    trainer(**settings).fit(plain)
    trainer(**settings, accumulate_grad_batches=2).fit(several)
    model = BDI(x, y, starts, lr=0.1)
    adam = torch.optim.Adam([model.x_h], lr=0.1)
    for _ in range(5):
        adam.zero_grad()
        model.loss()["total"].sum().backward()
        torch.nn.utils.clip_grad_norm_([model.x_h], 0.5)
        adam.step()
    assert torch.equal(plain.x_h, model.x_h)
    assert (several.x_h - model.x_h).abs().max() <= 1e-12


class SaveAt(lightning.Callback):
    def __init__(self, step: int, path: Path) -> None:
        self.step, self.path = step, path

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            trainer.save_checkpoint(self.path)


@pytest.mark.parametrize("step", [1, 7, 8, 9, 15, 16])
def test_resumed_between_and_within_epochs(step: int, tmp_path: Path) -> None:
    """However far the first run had come, the second ends where an uninterrupted one does."""
    x, y, starts = table()
    path = tmp_path / "a.ckpt"
    whole = Short(x, y, starts, kernel=NTK(2))
    trainer(max_epochs=2, callbacks=[SaveAt(step, path)]).fit(whole)
    again = Short(x, y, starts, kernel=NTK(2))
    run = trainer(max_epochs=2)
    run.fit(again, ckpt_path=path, weights_only=True)
    assert run.global_step == 16
    assert torch.equal(again.x_h, whole.x_h)


def test_resumed_in_the_middle_of_a_step(tmp_path: Path) -> None:
    """Saved after three of four batches: their gradients are not in a checkpoint."""
    x, y, starts = table()
    settings = {"max_steps": 12, "accumulate_grad_batches": 4}
    whole = BDI(x, y, starts, kernel=NTK(2))
    trainer(**settings, callbacks=[SaveAt(5, tmp_path / "a.ckpt")]).fit(whole)
    again, run = BDI(x, y, starts, kernel=NTK(2)), trainer(**settings)
    run.fit(again, ckpt_path=tmp_path / "a.ckpt", weights_only=True)
    assert run.global_step == 12
    assert (again.x_h - whole.x_h).abs().max() <= 1e-12


def test_resumed_for_more_epochs(tmp_path: Path) -> None:
    x, y, starts = table()
    path = tmp_path / "a.ckpt"
    first = trainer(max_epochs=1)
    first.fit(Short(x, y, starts, kernel=NTK(2)))
    first.save_checkpoint(path)
    run, model = trainer(max_epochs=3), Short(x, y, starts, kernel=NTK(2))
    run.fit(model, ckpt_path=path, weights_only=True)
    assert run.global_step == 24
    assert (model.x_h - by_hand(BDI(x, y, starts, kernel=NTK(2)), 24, 1e-3)).abs().max() <= 1e-12


@pytest.mark.parametrize("kind", [BDI, FiniteBDI])
def test_a_compiled_module_takes_the_same_steps(kind: Any) -> None:
    x, y, starts = table()
    small: dict[str, Any] = {"width": 4, "depth": 2, "net_epochs": 1} if kind is FiniteBDI else {}
    plain, made = kind(x, y, starts, **small), kind(x, y, starts, **small)
    trainer(max_steps=3).fit(plain)
    trainer(max_steps=3).fit(torch.compile(made, backend="eager"))
    assert torch.equal(made.x_h, plain.x_h)


def test_several_fits_go_on_from_where_the_designs_are() -> None:
    x, y, starts = table()
    model = Short(x, y, starts, kernel=NTK(2))
    for _ in range(2):
        run = trainer(max_epochs=1)
        run.fit(model)
        assert run.global_step == 8
    expected = BDI(x, y, starts, kernel=NTK(2))
    for _ in range(2):  # each fit has an Adam of its own
        by_hand(expected, 8, 1e-3)
    assert (model.x_h - expected.x_h).abs().max() <= 1e-12


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lr", np.logspace(-3, -1, 3)[1]),
        ("lr", np.float32(0.01)),
        ("target", np.int64(10)),
        ("alpha", torch.tensor(0.1)),
        ("forward_weight", np.array(2.0)),
        ("ridge", np.float64(1e-5)),
        ("lr", np.array([0.1, 0.2, 0.3])),
        ("lr", [0.1, 0.2, 0.3]),
        ("bounds", np.array([[-9.0] * 3, [9.0] * 3])),
    ],
)
def test_whatever_numbers_are_given_a_checkpoint_can_be_read(
    name: str, value: Any, tmp_path: Path
) -> None:
    x, y, starts = table()
    path = tmp_path / "a.ckpt"

    def model() -> BDI:
        return BDI(x, y, starts, **{name: value})

    first = trainer(max_steps=3)
    first.fit(model())
    first.save_checkpoint(path)
    torch.load(path, weights_only=True)
    run, again, whole = trainer(max_steps=6), model(), model()
    run.fit(again, ckpt_path=path, weights_only=True)
    assert run.global_step == 6
    trainer(max_steps=6).fit(whole)
    assert torch.equal(again.x_h, whole.x_h)


def test_ten_and_ten_point_zero_are_one_run(tmp_path: Path) -> None:
    x, y, starts = table()
    path = tmp_path / "a.ckpt"
    first = trainer(max_steps=2)
    first.fit(BDI(x, y, starts, target=10, forward_weight=1, alpha=0, lr=1))
    first.save_checkpoint(path)
    run = trainer(max_steps=4)
    other = BDI(x, y, starts, target=10.0, forward_weight=np.float32(1), lr=torch.tensor(1.0))
    run.fit(other, ckpt_path=path, weights_only=True)
    assert run.global_step == 4


def test_a_subclass_of_somebodys_keeps_numbers_that_can_be_read(tmp_path: Path) -> None:
    class Own(BDI):
        def __init__(self, *args: Any, lr: Any, mine: Any) -> None:
            super().__init__(*args, lr=lr)
            self.mine = mine

    x, y, starts = table()
    run = trainer(max_steps=2)
    run.fit(Own(x, y, starts, lr=np.float64(0.1), mine=np.float32(3)))
    run.save_checkpoint(tmp_path / "a.ckpt")
    saved = torch.load(tmp_path / "a.ckpt", weights_only=True)
    assert saved["hyper_parameters"]["lr"] == 0.1
    assert saved["hyper_parameters"]["mine"] == 3


def test_a_checkpoint_is_loaded_onto_the_same_table_only(tmp_path: Path) -> None:
    x, y, starts = table()
    path = tmp_path / "a.ckpt"
    run, model = trainer(max_steps=2), BDI(x, y, starts, alpha=0.5)
    run.fit(model)
    run.save_checkpoint(path)
    loaded = BDI.load_from_checkpoint(path, x_l=x, y_l=y, x_h=starts, weights_only=True)
    assert torch.equal(loaded.x_h, model.x_h)
    assert loaded.hparams["alpha"] == 0.5
    with pytest.raises(InputError, match="data differ"):
        BDI.load_from_checkpoint(path, x_l=x, y_l=-y, x_h=starts, weights_only=True)
    with pytest.raises(InputError, match=r"its x_h is \(2, 1, 3\)"):
        BDI.load_from_checkpoint(path, x_l=x, y_l=y, x_h=x[:3], weights_only=True)
    with pytest.raises(InputError, match="does not say"):
        model.on_load_checkpoint({"state_dict": model.state_dict()})


@pytest.mark.parametrize(
    "precision", ["bf16-true", "16-true", "32-true", "64-true", "bf16-mixed", 64]
)
@pytest.mark.parametrize("kind", [BDI, FiniteBDI])
def test_every_precision_keeps_float64(kind: Any, precision: Any) -> None:
    x, y, starts = table()
    small: dict[str, Any] = {"width": 8, "depth": 3, "net_epochs": 2} if kind is FiniteBDI else {}
    expected, model = kind(x, y, starts, **small), kind(x, y, starts, **small)
    trainer(max_steps=4).fit(expected)
    trainer(max_steps=4, precision=precision).fit(model)
    assert model.x_h.dtype == torch.float64
    assert torch.equal(model.x_h, expected.x_h)


@pytest.mark.parametrize("convert", ["float", "half", "bfloat16", "double"])
def test_conversions_leave_the_numbers_alone(convert: str) -> None:
    x, y, starts = table()
    model = BDI(x, y, starts)
    expected = model.loss()["total"]
    before = {name: tensor.clone() for name, tensor in model.named_buffers()}
    getattr(model, convert)()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.named_buffers())
    assert torch.equal(model.loss()["total"], expected)
    model.to(torch.float32)
    trainer(max_steps=2).fit(model)
    assert model.x_h.dtype == torch.float64


def test_another_dtype_by_force_is_refused() -> None:
    x, y, starts = table()
    model = BDI(x, y, starts)
    model.x_h = torch.nn.Parameter(model.x_h.detach().float())
    with pytest.raises(InputError, match=r"works in float64.*64-true"):
        model.loss()


@pytest.mark.parametrize("kind", [BDI, Ascent, FiniteBDI])
def test_a_rate_for_each_feature_is_an_adam_for_each(kind: Any) -> None:
    x, y, starts = table()
    small: dict[str, Any] = {"width": 8, "depth": 3, "net_epochs": 2} if kind is FiniteBDI else {}
    rates = torch.tensor([0.1, 0.0, 1e-3], dtype=torch.float64)
    model = kind(x, y, starts, lr=rates, **small)
    trainer(max_steps=12).fit(model)
    plain = kind(x, y, starts, **small)
    columns = [plain.x_h.detach()[..., i].clone().requires_grad_() for i in range(3)]
    optimizers = [torch.optim.Adam([c], lr=float(r)) for c, r in zip(columns, rates, strict=True)]
    for step in range(12):
        with torch.no_grad():
            plain.x_h.copy_(torch.stack(columns, -1))
        plain.x_h.grad = None
        losses = plain.loss(step) if kind is FiniteBDI else plain.loss()
        losses["total"].sum().backward()
        for i, (column, optimizer) in enumerate(zip(columns, optimizers, strict=True)):
            column.grad = plain.x_h.grad[..., i].clone()
            optimizer.step()
    torch.testing.assert_close(model.x_h, torch.stack(columns, -1), rtol=1e-12, atol=1e-14)
    assert torch.equal(model.x_h[..., 1], starts[..., 1])
    same = kind(x, y, starts, lr=torch.full((3,), 0.05), **small)
    one = kind(x, y, starts, lr=float(torch.tensor(0.05)), **small)
    for each in (same, one):
        trainer(max_steps=5).fit(each)
    torch.testing.assert_close(same.x_h, one.x_h, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("lr", [1e-2, [0.1, 0.0, 1e-3]])
def test_schedulers_change_rates_of_features_alike(lr: Any, tmp_path: Path) -> None:
    """Half the rate after every step, which is half of every feature's rate."""
    x, y, starts = table()

    class Halved(BDI):
        def configure_optimizers(self) -> Any:
            optimizer: Any = super().configure_optimizers()
            halves = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
            return [optimizer], [{"scheduler": halves, "interval": "step"}]

    model = Halved(x, y, starts, kernel=NTK(2), lr=lr)
    watch = lightning.pytorch.callbacks.LearningRateMonitor("step")
    logger = lightning.pytorch.loggers.CSVLogger(tmp_path)
    trainer(max_steps=4, callbacks=[watch], logger=logger, log_every_n_steps=1).fit(model)

    plain = BDI(x, y, starts, kernel=NTK(2))
    columns = [plain.x_h.detach()[..., i].clone().requires_grad_() for i in range(3)]
    rates = torch.as_tensor(lr, dtype=torch.float64).expand(3).tolist()
    optimizers = [torch.optim.Adam([c], lr=r) for c, r in zip(columns, rates, strict=True)]
    for step in range(4):
        with torch.no_grad():
            plain.x_h.copy_(torch.stack(columns, -1))
        plain.x_h.grad = None
        plain.loss()["total"].sum().backward()
        for i, (column, optimizer) in enumerate(zip(columns, optimizers, strict=True)):
            optimizer.param_groups[0]["lr"] = rates[i] / 2**step
            column.grad = plain.x_h.grad[..., i].clone()
            optimizer.step()
    torch.testing.assert_close(model.x_h, torch.stack(columns, -1), rtol=1e-12, atol=1e-14)


def test_a_state_with_rates_in_the_place_of_their_factor_is_taken() -> None:
    x, y, starts = table()
    rates = torch.tensor([0.1, 0.0, 1e-3], dtype=torch.float64)
    models = [BDI(x, y, starts, kernel=NTK(2), lr=rates) for _ in range(2)]
    one, two = (model.configure_optimizers() for model in models)
    state = one.state_dict()
    state["param_groups"][0]["lr"] = state["param_groups"][0].pop("rates")
    two.load_state_dict(state)
    for model, optimizer in zip(models, (one, two), strict=True):
        model.loss()["total"].sum().backward()
        optimizer.step()
    assert not torch.equal(models[0].x_h, starts)
    assert torch.equal(models[0].x_h, models[1].x_h)


@pytest.mark.parametrize("lr", [0.5, [0.5, 0.1, 0.0]])
def test_bounds_hold_after_every_step(lr: Any) -> None:
    x, y, starts = table()
    low, high = x.amin(0), x.amax(0)
    high[0], low[2] = torch.inf, -torch.inf
    seen: list[Tensor] = []

    class Look(lightning.Callback):
        def on_train_batch_end(self, trainer: Any, module: Any, *_: object) -> None:
            seen.append(module.x_h.detach().clone())

    model, free = (
        BDI(x, y, starts, lr=lr, bounds=bounds) for bounds in (torch.stack([low, high]), None)
    )
    trainer(max_steps=30, callbacks=[Look()]).fit(model)
    trainer(max_steps=30).fit(free)
    assert len(seen) == 30
    assert all(((h >= low) & (h <= high)).all() for h in seen)
    assert (model.x_h[..., 1] == high[1]).any() or (model.x_h[..., 1] == low[1]).any()
    assert ((free.x_h < low) | (free.x_h > high)).any()  # so they did something


def test_bounds_by_hand() -> None:
    """The first step, projected; and an Adam that knows nothing of the projection."""
    x, y, starts = table()
    bounds = torch.stack([x.amin(0), x.amax(0)])
    model = BDI(x, y, starts, lr=0.5, bounds=bounds)
    free = BDI(x, y, starts, lr=0.5)
    optimizer, plain = model.configure_optimizers(), torch.optim.Adam([free.x_h], lr=0.5)
    for _ in range(5):
        for m, o in ((model, optimizer), (free, plain)):
            o.zero_grad()
            m.loss()["total"].sum().backward()
            o.step()
        with torch.no_grad():
            free.x_h.copy_(torch.minimum(torch.maximum(free.x_h, bounds[0]), bounds[1]))
    assert torch.equal(model.x_h, free.x_h)


def test_wrong_rates_and_bounds() -> None:
    x, y, starts = table()
    inf = torch.inf
    for lr in (torch.ones(2), torch.ones(1, 3), [1.0, -1.0, 1.0], [1.0, torch.nan, 1.0], "1e-3",
               None, -1.0, [1, 2, "a"], True, 1j, torch.ones(1)):  # fmt: skip
        with pytest.raises(InputError, match="lr"):
            BDI(x, y, starts, lr=lr)  # type: ignore[arg-type]
    for bounds, words in (
        (torch.ones(3, 2), r"shape \(2, D\)"),
        ((-1.0, 1.0), r"shape \(2, D\)"),
        ([[0.0] * 3, [-1.0] * 3], "feature 0 are 0 to -1"),
        ([[torch.nan] * 3, [inf] * 3], "feature 0"),
        ([[0.0] * 3, [1e-3] * 3], "outside the bounds"),
        ("box", "bounds must hold numbers"),
    ):
        with pytest.raises(InputError, match=words):
            BDI(x, y, starts, bounds=bounds)  # type: ignore[arg-type]


def test_a_checkpoint_of_other_rates_or_bounds_is_refused(tmp_path: Path) -> None:
    x, y, starts = table()
    rates = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    run = trainer(max_steps=2)
    run.fit(BDI(x, y, starts, lr=rates))
    run.save_checkpoint(tmp_path / "a.ckpt")
    other = BDI(x, y, starts, lr=rates * (1 + 2**-52))
    with pytest.raises(InputError, match="another run: lr differ"):
        trainer(max_steps=4).fit(other, ckpt_path=tmp_path / "a.ckpt", weights_only=True)
    bounded = BDI(x, y, starts, lr=rates, bounds=[[-9.0] * 3, [9.0] * 3])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="another run: bounds differ"):
        trainer(max_steps=4).fit(bounded, ckpt_path=tmp_path / "a.ckpt", weights_only=True)


def test_a_module_made_in_inference_mode_learns() -> None:
    x, y, starts = table()
    with torch.inference_mode():
        made = BDI(x.clone(), y.clone(), starts.clone())
        looked = made.loss()["total"].clone()
    plain = BDI(x, y, starts)
    assert torch.equal(looked, plain.loss()["total"])
    trainer(max_steps=5).fit(made)
    trainer(max_steps=5, inference_mode=False).fit(plain)
    assert torch.equal(made.x_h, plain.x_h)
    with torch.no_grad():
        assert not made.loss()["total"].requires_grad


def test_a_kernel_without_settings_trains_and_is_not_resumed(tmp_path: Path) -> None:
    class Silent(NTK):
        def __init__(self) -> None:
            super().__init__(depth=3)

    x, y, starts = table()
    run = trainer(max_steps=2)
    run.fit(BDI(x, y, starts, kernel=Silent()))
    with pytest.warns(UserWarning, match=r"Silent has no settings\(\).*No run can go on"):
        run.save_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(InputError, match=r"Silent has no settings\(\)"):
        trainer(max_steps=4).fit(
            BDI(x, y, starts, kernel=Silent()), ckpt_path=tmp_path / "a.ckpt", weights_only=True
        )
    with pytest.raises(InputError, match="does not say"):
        trainer(max_steps=4).fit(
            BDI(x, y, starts), ckpt_path=tmp_path / "a.ckpt", weights_only=True
        )


def test_a_fit_of_other_scores_is_refused() -> None:
    x, y, starts = table()
    fit = torchbdi.fit_ridge(NTK(), x, y)
    BDI(x, y, starts, coefficients=fit)
    for other, words in (
        (BDI, "another y_l"),
        (Ascent, "another y_l"),
    ):
        with pytest.raises(InputError, match=words):
            other(x, -y, starts, coefficients=fit)
    one = torch.cat([y[:-1], y[-1:] + 1e-12])
    with pytest.raises(InputError, match="another y_l"):
        BDI(x, one, starts, coefficients=fit)
    with pytest.raises(InputError, match="another x_l"):
        BDI(x.flip(0), y.flip(0), starts, coefficients=fit)
