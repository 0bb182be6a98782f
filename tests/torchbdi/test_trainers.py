"""Trainers without steps, averages of designs, and rates in the place of those of the features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import callbacks
from lightning.pytorch.tuner import Tuner
from quiet_trainer import quiet_trainer as trainer
from torch import Tensor

from torchbdi import BDI, NTK, FiniteBDI, InputError


class Short(BDI):
    EPOCH_STEPS = 4


def table() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 3, dtype=torch.float64, generator=generator)
    return x, torch.randn(20, dtype=torch.float64, generator=generator), x[:2].unsqueeze(1)


def path(steps: int) -> list[Tensor]:
    """X_h before the first step and after each."""
    model = BDI(*table(), kernel=NTK(2), lr=0.1)
    adam, seen = torch.optim.Adam([model.x_h], lr=0.1), [model.x_h.detach().clone()]
    for _ in range(steps):
        adam.zero_grad()
        model.loss()["total"].sum().backward()
        adam.step()
        seen.append(model.x_h.detach().clone())
    return seen


def fitted(callback: Any, **settings: Any) -> BDI:
    model = Short(*table(), kernel=NTK(2), lr=0.1)
    trainer(callbacks=[callback], **settings).fit(model)
    return model


def swa(start: Any) -> callbacks.StochasticWeightAveraging:
    return callbacks.StochasticWeightAveraging(0.1, swa_epoch_start=start)


@pytest.mark.parametrize(
    ("start", "settings", "words"),
    [
        (1, {"max_steps": 8}, "from epoch 1 on, and this Trainer has 1: .* the starts"),
        (1, {"max_epochs": 1}, "has 1"),
        (0.8, {"max_epochs": 1}, "has 1"),
        (3, {"max_steps": 8, "limit_train_batches": 4}, "from epoch 3 on, and this Trainer has 2"),
        (1, {"max_steps": 8, "max_epochs": 3}, "before its 3 epochs: there would be no average"),
    ],
)
def test_an_average_without_a_step_is_refused(
    start: Any, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=rf"Short: StochasticWeightAveraging .*(?:{words})"):
        fitted(swa(start), **settings)


@pytest.mark.parametrize(
    ("start", "settings", "steps"),
    [
        (2, {"max_epochs": 2}, [4]),
        (2, {"max_steps": 8, "accumulate_grad_batches": 2}, [4]),
        (2, {"max_steps": 8, "limit_train_batches": 4}, [4]),
        (1, {"max_epochs": 2}, [0, 4]),
    ],
)
def test_an_average_of_epochs(start: Any, settings: dict[str, Any], steps: list[int]) -> None:
    seen = path(4)
    mean = torch.stack([seen[step] for step in steps]).mean(0)
    assert (fitted(swa(start), **settings).x_h - mean).abs().max() <= 1e-12


needs_averaging = pytest.mark.skipif(
    not hasattr(callbacks, "EMAWeightAveraging"), reason="this Lightning has no WeightAveraging"
)


@pytest.mark.parametrize("batches", [True, 3])
def test_a_trial_of_some_batches_goes_through(batches: bool | int) -> None:
    """Its designs are the starts, which nobody takes; it has one epoch, whatever was asked for."""
    assert fitted(swa(2), max_epochs=3, fast_dev_run=batches).x_h.isfinite().all()


@needs_averaging
def test_averages_of_steps() -> None:
    seen = path(6)[1:]
    mean = fitted(callbacks.WeightAveraging(use_buffers=False), max_steps=6)
    assert (mean.x_h - torch.stack(seen).mean(0)).abs().max() <= 1e-12
    moving = seen[0]
    for x in seen[1:]:
        moving = 0.7 * moving + 0.3 * x
    ema = fitted(callbacks.EMAWeightAveraging(use_buffers=False, decay=0.7), max_steps=6)
    assert (ema.x_h - moving).abs().max() <= 1e-12


@needs_averaging
@pytest.mark.parametrize("kind", [BDI, FiniteBDI])
def test_an_average_of_the_table_is_refused(kind: Any) -> None:
    """Seven tenths and three tenths of a number are not always that number."""
    x, y, starts = table()
    small: dict[str, Any] = {"width": 4, "depth": 2, "net_epochs": 1} if kind is FiniteBDI else {}
    before = x.clone(), y.clone()
    with pytest.raises(InputError, match=r"EMAWeightAveraging\(use_buffers=False\)"):
        averaging = callbacks.EMAWeightAveraging(decay=0.7)
        trainer(max_steps=8, callbacks=[averaging]).fit(kind(x, y, starts, **small))
    assert torch.equal(x, before[0])
    assert torch.equal(y, before[1])


@needs_averaging
def test_an_average_that_begins_too_late_is_refused() -> None:
    late = {"use_buffers": False, "update_starting_at_step": 6}
    with pytest.raises(InputError, match="none of the 6 steps"):
        fitted(callbacks.EMAWeightAveraging(**late), max_steps=6)
    assert not torch.equal(
        fitted(callbacks.EMAWeightAveraging(**late), max_steps=7).x_h, path(0)[0]
    )


def test_a_rate_that_is_found_takes_no_place_of_the_features_rates() -> None:
    x, y, starts = table()
    rates = torch.tensor([0.1, 0.0, 0.01], dtype=torch.float64)
    model, run = BDI(x, y, starts, kernel=NTK(2), lr=rates), trainer(max_steps=4)
    found = Tuner(run).lr_find(model, num_training=40, update_attr=False)
    assert found is not None
    assert torch.equal(model.hparams["lr"], rates)
    Tuner(run).lr_find(model, num_training=40)
    with pytest.raises(InputError, match="lr was one rate for each feature, and is 0"):
        run.fit(model)
    assert torch.equal(model.x_h, starts)
    one = BDI(x, y, starts, kernel=NTK(2), lr=0.1)
    Tuner(run).lr_find(one, num_training=40)
    run.fit(one)
    assert one.hparams["lr"] == one.configure_optimizers().param_groups[0]["lr"] != 0.1


def test_coefficients_go_where_the_table_goes() -> None:
    model = BDI(*table(), kernel=NTK(2))
    model.fitted()
    model.to("meta")
    assert model.coefficients is not None
    assert model.coefficients.is_meta
    assert "coefficients" not in model.state_dict()


@pytest.mark.parametrize("kind", [BDI, FiniteBDI])
@pytest.mark.parametrize(
    ("settings", "words"), [({"max_steps": 2}, "max_steps=2"), ({"max_epochs": 1}, "max_epochs=1")]
)
def test_a_trainer_that_has_made_its_steps_is_refused(
    kind: Any, settings: dict[str, Any], words: str
) -> None:
    """The second of two modules kept its starts, and the fit reported success."""
    small: dict[str, Any] = {"width": 4, "depth": 2, "net_epochs": 1} if kind is FiniteBDI else {}
    run, one, two = trainer(**settings), *(kind(*table(), **small) for _ in range(2))
    one.EPOCH_STEPS = 2
    run.fit(one)
    with pytest.raises(InputError, match=f"its {words} already, .* Make a new Trainer"):
        run.fit(two)


def test_a_run_that_is_over_is_taken_up_from_its_checkpoint(tmp_path: Path) -> None:
    run, one = trainer(max_steps=2), BDI(*table(), kernel=NTK(2))
    run.fit(one)
    run.save_checkpoint(tmp_path / "a.ckpt")
    for again in (run, trainer(max_steps=2)):
        other = BDI(*table(), kernel=NTK(2))
        again.fit(other, ckpt_path=tmp_path / "a.ckpt", weights_only=True)
        assert torch.equal(other.x_h, one.x_h)


def test_a_loader_without_a_length() -> None:
    """However long its only epoch is."""
    model = BDI(*table(), kernel=NTK(2), lr=0.1)
    trainer(max_steps=2).fit(model, train_dataloaders=iter(range(9)))
    assert (model.x_h - path(2)[2]).abs().max() <= 1e-12
    with pytest.raises(InputError, match="this Trainer has 1"):
        run = trainer(max_steps=2, callbacks=[swa(1)])
        run.fit(BDI(*table(), kernel=NTK(2)), train_dataloaders=iter(range(9)))
