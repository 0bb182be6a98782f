"""A kernel of somebody's that gives something else than it should is told what it should give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from small_tables import table
from torch import Tensor

from torchbdi import BDI, NTK, InputError, Kernel, fit_ridge


class Given(Kernel):
    """A kernel whose matrices and diagonal are made of those of NTK."""

    def __init__(
        self,
        gram: Callable[[Tensor], Any] = lambda k: k,
        diagonal: Callable[[Tensor], Any] = lambda k: k,
    ):
        super().__init__()
        self.base, self.made = NTK(3), (gram, diagonal)

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        made: Tensor = self.made[0](self.base.gram(x1, x2))
        return made

    def diagonal(self, x: Tensor) -> Tensor:
        made: Tensor = self.made[1](self.base.diagonal(x))
        return made


@pytest.mark.parametrize(
    ("gram", "got"),
    [
        (lambda k: k[..., :1], r"\(\d+, 1\)"),  # it would be spread over all columns
        (lambda k: k.float(), r"torch\.float32"),
        (lambda k: k.mT, r"\(\d+, \d+\)"),
        (lambda k: k.tolist(), "list"),
    ],
)
def test_a_gram_of_another_shape_or_dtype(gram: Callable[[Tensor], Any], got: str) -> None:
    x_l, y_l, _ = table()
    kernel, words = Given(gram), rf"Given: its gram\(x1, x2\) must give .*float64 .* got .*{got}"
    with pytest.raises(InputError, match=words):
        kernel(x_l[:3], x_l)
    with pytest.raises(InputError, match=words):
        BDI(x_l, y_l, x_l[:3, None], kernel=kernel, coefficients=y_l, backward_weight=0).loss()


def test_a_diagonal_of_another_shape() -> None:
    x_l, y_l, _ = table()
    kernel = Given(diagonal=lambda k: k.unsqueeze(-1))
    for call in (lambda: kernel.diag(x_l), lambda: fit_ridge(kernel, x_l, y_l, 1e-3)):
        with pytest.raises(InputError, match=r"its diagonal\(x\) must give .* shape \(\d+,\)"):
            call()


def test_a_diagonal_that_is_not_that_of_the_matrix() -> None:
    """The fit took it for that of K, and the designs' own model did not."""
    x_l, y_l, _ = table()
    with pytest.raises(InputError, match=r"Given: diagonal\(x\) gives .* gram\(x, None\) has"):
        fit_ridge(Given(diagonal=lambda k: 2 * k), x_l, y_l, 1e-3)
    near = fit_ridge(Given(diagonal=lambda k: k * (1 + 1e-9)), x_l, y_l, 1e-3)
    expected = fit_ridge(NTK(3), x_l, y_l, 1e-3)
    torch.testing.assert_close(near.predict(x_l), expected.predict(x_l), rtol=1e-5, atol=1e-5)


def test_a_wider_dtype_is_taken() -> None:
    """Lengths in float64 make float64 of designs in float32."""
    x_l, _, _ = table()
    wide = Given(lambda k: k.double(), lambda k: k.double())
    made = wide(x_l.float(), x_l.float())
    torch.testing.assert_close(made, NTK(3)(x_l.float(), x_l.float()).double())


class Lengths(NTK):
    """A length for each feature, the way somebody writes it who has NTK at hand."""

    def __init__(self, lengths: Tensor, size: float, **network: Any):
        super().__init__(3, **network)
        self.lengths, self.size = lengths, size

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        return self.size * super().gram(
            x1 / self.lengths, None if x2 is None else x2 / self.lengths
        )

    def diagonal(self, x: Tensor) -> Tensor:
        return self.size * super().diagonal(x / self.lengths)

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "lengths": self.lengths, "size": self.size}


@pytest.mark.parametrize("b_std", [0.0, 0.4])
def test_a_kernel_made_of_ours_by_scales_has_them_once(b_std: float) -> None:
    """Of one design alone, as in every group where M = 1, it had them twice."""
    x, y, starts = table()
    lengths = torch.tensor([0.5, 2.0, 4.0, 1.0], dtype=torch.float64)
    kernel, plain = Lengths(lengths, 3.0, b_std=b_std), NTK(3, b_std=b_std)
    for n in (1, 2, 5):
        torch.testing.assert_close(kernel(x[:n]), 3 * plain(x[:n] / lengths))
    made = BDI(x, y, starts, kernel=kernel, ridge=1e-2).loss()
    expected = BDI(x / lengths, y, starts / lengths, kernel=plain, ridge=1e-2).loss()
    for name, value in made.items():
        torch.testing.assert_close(value, expected[name])
