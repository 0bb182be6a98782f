"""What is changed after something was made of it is taken anew or refused, never passed over."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from small_tables import table
from torch import Tensor

from torchbdi import BDI, NTK, RBF, FiniteBDI, InputError, Kernel, fit_ridge


class Stretched(Kernel):
    """A kernel with a parameter, and names of its own for what gram takes."""

    def __init__(self, length: float = 1.0):
        super().__init__()
        self.length = torch.nn.Parameter(torch.tensor(length, dtype=torch.float64))
        self.base = NTK(3)

    def gram(self, left: Tensor, right: Tensor | None) -> Tensor:  # type: ignore[override]
        return self.base.gram(left / self.length, None if right is None else right / self.length)

    def diagonal(self, x: Tensor) -> Tensor:
        return self.base.diagonal(x / self.length)


class Told(Stretched):
    """The same with settings()."""

    def settings(self) -> Mapping[str, Any]:
        return {"base": self.base}


@pytest.mark.parametrize("kind", [Stretched, Told])
def test_a_kernel_that_an_optimiser_changed_is_refused(kind: type[Stretched]) -> None:
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h, kernel=kind())
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3)
    model.loss()["total"].sum().backward()
    optimiser.step()
    with pytest.raises(InputError, match=r"kernel was .* Only x_h learns: .*\[model.x_h\]"):
        model.loss()


@pytest.mark.parametrize("kind", [Stretched, Told])
def test_a_fit_whose_kernel_was_changed_is_refused(kind: type[Stretched]) -> None:
    x_l, y_l, x_h = table()
    fit = fit_ridge(kind(), x_l, y_l, 1e-3)
    again = pickle.loads(pickle.dumps(fit))
    expected = fit.predict(x_h)
    with torch.no_grad():
        fit.kernel.length.mul_(2)  # type: ignore[operator, union-attr]
    with pytest.raises(InputError, match="the kernel has changed since the fit"):
        fit.predict(x_h)
    assert torch.equal(again.predict(x_h), expected)


def test_a_kernel_is_looked_at_once_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a deep kernel it takes a hash of all parameters."""
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h, kernel=Told())
    model.loss()
    calls: list[int] = []
    identity = Told.identity
    monkeypatch.setattr(Told, "identity", lambda self: (calls.append(1), identity(self))[1])
    model.loss()
    assert len(calls) == 1


def test_parameters_of_a_kernel_that_is_loaded_after_a_loss_are_refused() -> None:
    x_l, y_l, x_h = table()
    other, model = BDI(x_l, y_l, x_h, kernel=Told(2.0)), BDI(x_l, y_l, x_h, kernel=Told())
    model.load_state_dict(other.state_dict())
    expected = other.loss()["total"]
    assert torch.equal(model.loss()["total"], expected)
    with torch.no_grad():
        other.kernel.length.mul_(2)
    model.load_state_dict(other.state_dict())
    with pytest.raises(InputError, match="kernel was"):
        model.loss()


@pytest.mark.parametrize("kernel", [NTK(), RBF()], ids=repr)
def test_a_forward_loss_that_is_switched_on_is_computed(kernel: Kernel) -> None:
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h, kernel=kernel, forward_weight=0.0)
    model.loss()
    model.hparams["forward_weight"] = 1.0
    both = BDI(x_l, y_l, x_h, kernel=kernel).loss()
    for name, value in model.loss().items():
        assert torch.equal(value, both[name])


def test_coefficients_that_are_exchanged_are_taken() -> None:
    x_l, y_l, x_h = table()
    model = BDI(x_l, y_l, x_h)
    model.loss()
    model.coefficients = 2 * model.fitted()
    expected = BDI(x_l, y_l, x_h, coefficients=model.coefficients).loss()["forward"]
    assert torch.equal(model.loss()["forward"], expected)


@pytest.mark.parametrize("exchanged", [lambda t: t.flip(0), lambda t: t.float(), lambda t: t[:-1]])
def test_a_table_that_is_exchanged_is_refused(exchanged: Any) -> None:
    x_l, y_l, x_h = table()
    for name in ("x_l", "y_l"):
        model = BDI(x_l, y_l, x_h)
        model.loss()
        setattr(model, name, exchanged(getattr(model, name)))
        with pytest.raises(InputError, match=f"{name} was changed in place or exchanged"):
            model.loss()


@pytest.mark.parametrize(
    ("name", "value"),
    [("alpha", 0.5), ("eta", 0.1), ("seed", 3), ("parametrisation", "ntk"), ("net_lr", 1e-2)],
)
def test_settings_of_networks_that_were_made_are_refused(name: str, value: Any) -> None:
    x_l, y_l, x_h = table()
    model = FiniteBDI(x_l, y_l, x_h, width=8, depth=2, net_epochs=1)
    model.loss()
    model.hparams["target"] = 5.0  # of which nothing was made
    model.loss()
    model.hparams[name] = value
    with pytest.raises(InputError, match=f"FiniteBDI: {name} was"):
        model.loss()


@pytest.mark.parametrize("settled", [None, {"alpha": 1e-3}])
def test_a_pickle_from_before_settings_were_kept_goes_on(settled: Any) -> None:
    x_l, y_l, x_h = table()
    for model in (BDI(x_l, y_l, x_h), FiniteBDI(x_l, y_l, x_h, width=8, depth=2, net_epochs=1)):
        expected = model.loss()["total"]
        state = dict(vars(model))
        state.pop("_settled")
        if settled is not None:
            state["_settled"] = settled
        if isinstance(model, BDI):
            state["_coupling"] = state["_coupling"][::2]
        old = type(model).__new__(type(model))
        old.__setstate__(state)
        assert torch.equal(old.loss()["total"], expected)


def test_a_fit_from_before_parameters_were_seen_goes_on() -> None:
    x_l, y_l, x_h = table()
    fit = fit_ridge(Stretched(), x_l, y_l, 1e-3)
    expected = fit.predict(x_h)
    vars(fit).pop("_seen")
    assert torch.equal(fit.predict(x_h), expected)
