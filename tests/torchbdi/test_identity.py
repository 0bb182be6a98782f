"""Hashes of tables and settings: equal where the numbers are, and nowhere else."""

from __future__ import annotations

import hashlib

import pytest
import torch

from torchbdi import InputError
from torchbdi.identity import canonical, check_run, table_hash

X = torch.arange(12, dtype=torch.float64).view(4, 3) / 7
Y = torch.tensor([0.5, -1.0, 2.0, 0.0], dtype=torch.float64)


def test_a_table_has_one_hash_however_it_is_stored() -> None:
    plain = hashlib.sha256(b"(4, 3)" + X.numpy().tobytes() + b"(4,)" + Y.numpy().tobytes())
    assert table_hash(X, Y) == plain.hexdigest()
    assert table_hash(X.T.contiguous().T, Y) == table_hash(X, Y)
    assert table_hash(X.clone().requires_grad_(), Y) == table_hash(X, Y)
    assert table_hash(X.float(), Y) == table_hash(X.float().double(), Y)
    one = X.T[:1, :1], X[:1, 0]  # torch calls these contiguous, whatever their strides
    assert table_hash(*one) == table_hash(*(torch.tensor(x.tolist()).double() for x in one))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, -Y),
        (X, Y.unsqueeze(1)),
        (X.flip(0), Y),
        (X.T.reshape(4, 3), Y),
        (X.reshape(3, 4), Y),
        (torch.where(X[2, 1] == X, X * (1 + 2**-52), X), Y),
    ],
)
def test_any_other_table_has_another(x: torch.Tensor, y: torch.Tensor) -> None:
    assert table_hash(x, y) != table_hash(X, Y)


def test_settings_keep_every_digit() -> None:
    assert canonical({"b": 1.0, "a": None}) == canonical({"a": None, "b": 1.0})
    assert canonical({"gamma": 0.1}) != canonical({"gamma": 0.1 + 2**-56})
    assert canonical({"depth": 1}) != canonical({"depth": 1.0})
    assert canonical({"lengths": X}) == canonical({"lengths": X.clone()})
    assert canonical({"lengths": X}) != canonical({"lengths": X.T.reshape(4, 3)})
    assert canonical({"lengths": X}) != canonical({"lengths": X.reshape(3, 4)})
    assert canonical({"lengths": torch.zeros(2)}) != canonical({"lengths": torch.zeros(2).double()})
    assert canonical({"parts": {"a": [1, X]}}) != canonical({"parts": {"a": [1, -X]}})


def test_a_setting_without_a_text_of_its_own_is_refused() -> None:
    with pytest.raises(InputError, match="the setting f is of type function"):
        canonical({"f": lambda x: x})


@pytest.mark.parametrize(("lr", "told"), [("1", "seed differs."), ("2", "lr, seed differ.")])
def test_what_differs_from_a_checkpoint_is_named(lr: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        check_run("BDI", {"lr": "1", "seed": "0"}, {"lr": lr, "seed": "1"})
