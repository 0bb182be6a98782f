"""Kernels say what their values depend on, and are told apart by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi import NNGP, NTK, RBF, InputError, Kernel


class Scaled(Kernel):
    """A Gaussian with a length for each feature, as a person would write it."""

    def __init__(self, lengths: Tensor):
        super().__init__()
        self.lengths = torch.nn.Parameter(lengths.clone())
        self.base = RBF(1.0)

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        return self.base.gram(x1 / self.lengths, None if x2 is None else x2 / self.lengths)

    def diagonal(self, x: Tensor) -> Tensor:
        return self.base.diagonal(x)


class Told(Scaled):
    """The same with settings()."""

    def settings(self) -> Mapping[str, Any]:
        return {"lengths": self.lengths, "base": self.base}


class Stretched(NTK):
    """Changes values and inherits settings() that do not know."""

    def __init__(self, length: float):
        super().__init__()
        self.length = length

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        return super().gram(x1 / self.length, None if x2 is None else x2 / self.length)

    def diagonal(self, x: Tensor) -> Tensor:
        return super().diagonal(x / self.length)


class Named(NTK):
    """Nothing but another name."""


LENGTHS = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)


class Summed(Kernel):
    """The sum of some kernels."""

    def __init__(self, *parts: Kernel):
        super().__init__()
        self.parts = torch.nn.ModuleList(parts)

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        return torch.stack([part.gram(x1, x2) for part in self.kernels()]).sum(0)

    def diagonal(self, x: Tensor) -> Tensor:
        return torch.stack([part.diagonal(x) for part in self.kernels()]).sum(0)

    def kernels(self) -> list[Kernel]:
        return [part for part in self.parts if isinstance(part, Kernel)]

    def settings(self) -> Mapping[str, Any]:
        return {"parts": self.kernels(), "nested": [[1.0], [self.parts[0]]]}


def test_settings_may_be_lists_of_kernels() -> None:
    kernel = Summed(NTK(2), RBF(0.5))
    text = "[NTK(depth=2, w_std=1.0, b_std=0.0), RBF(gamma=0.5)]"
    assert repr(kernel).startswith(f"Summed(parts={text}, nested=[[1.0], [NTK(")
    assert Summed(NTK(2), RBF(0.6)).identity() != kernel.identity()
    x, y = torch.randn(20, 3).double(), torch.randn(20).double()
    assert torchbdi.fit_ridge(kernel, x, y, 1e-3).identity.kernel == kernel.identity()  # type: ignore[union-attr]


def test_repr_and_identity_are_the_constructor() -> None:
    for kernel, text in (
        (NTK(), "NTK(depth=6, w_std=1.0, b_std=0.0)"),
        (NNGP(3, 2, 1), "NNGP(depth=3, w_std=2.0, b_std=1.0)"),
        (RBF(), "RBF(gamma=None)"),
        (RBF(1), "RBF(gamma=1.0)"),
    ):
        assert repr(kernel) == kernel.identity() == text
        again = eval(text, {"NTK": NTK, "NNGP": NNGP, "RBF": RBF})
        assert again.identity() == text
        assert again.settings() == kernel.settings()
    assert Named().identity().endswith("test_settings.Named(depth=6, w_std=1.0, b_std=0.0)")


@pytest.mark.parametrize("kind", [NTK, NNGP])
def test_every_setting_tells_kernels_apart(kind: type[NTK]) -> None:
    kernels = [kind(), kind(5), kind(w_std=1.0 + 2**-52), kind(b_std=5e-324), kind(b_std=0.1)]
    assert len({k.identity() for k in kernels}) == len(kernels)
    assert NTK().identity() != NNGP().identity()
    assert RBF(0.1).identity() != RBF(0.1 + 2**-56).identity() != RBF().identity()


def test_a_length_tells_kernels_apart() -> None:
    one, same, other = Told(LENGTHS), Told(LENGTHS), Told(LENGTHS * (1 + 2**-52))
    assert one.identity() == same.identity() != other.identity()
    assert repr(one) == repr(same) != repr(other)
    before = one.identity()
    with torch.no_grad():
        one.lengths[2] = 4.0
    assert one.identity() != before
    same.base.gamma = 2.0
    assert same.identity() != before


def test_a_parameter_counts_without_being_named() -> None:
    class Lazy(Scaled):
        def settings(self) -> Mapping[str, Any]:
            return {}

    assert Lazy(LENGTHS).identity() != Lazy(2 * LENGTHS).identity()
    assert Lazy(LENGTHS).identity() == Lazy(LENGTHS).identity()
    kernel = Lazy(LENGTHS)
    before = kernel.identity()
    kernel.register_buffer("shift", torch.ones(3))
    assert kernel.identity() != before


@pytest.mark.parametrize(
    "kernel", [Scaled(LENGTHS), Stretched(2.0)], ids=lambda k: type(k).__name__
)
def test_a_kernel_that_does_not_say_is_refused_where_it_would_be_matched(kernel: Kernel) -> None:
    with pytest.raises(InputError, match=rf"{type(kernel).__name__} has no settings\(\)"):
        kernel.identity()
    assert type(kernel).__name__ in repr(kernel)
    x = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = x[:, 0] - x[:, 0].mean()
    fit = torchbdi.fit_ridge(kernel, x, y, ridge=1e-3)  # nothing to be matched here
    torch.testing.assert_close(fit.predict(x[:4]), kernel(x[:4], x) @ fit.coefficients)
    model = torchbdi.BDI(x, y, x[:3].unsqueeze(1), kernel=kernel, ridge=1e-3)
    assert torch.isfinite(model.loss()["total"]).all()
    with pytest.raises(InputError, match=r"has no settings\(\)"):
        torchbdi.BDI(x, y, x[:3].unsqueeze(1), kernel=kernel, ridge=1e-3, coefficients=fit)


def test_settings_are_numbers_texts_and_tensors() -> None:
    class Odd(Told):
        def settings(self) -> Mapping[str, Any]:
            return {"f": torch.exp}

    with pytest.raises(InputError, match="the setting f is of type"):
        Odd(LENGTHS).identity()


def test_what_a_kernel_has_to_write_is_said() -> None:
    with pytest.raises(NotImplementedError, match=r"Kernel has no diagonal\(x\)"):
        Kernel()(LENGTHS[:, None])


def test_exports() -> None:
    from torchbdi import kernel, module, proposer, ridge

    assert torchbdi.Kernel is kernel.Kernel
    assert torchbdi.DesignModule is module.DesignModule
    assert torchbdi.SolveReport is ridge.SolveReport
    assert torchbdi.Proposals is proposer.Proposals
    assert {"Kernel", "DesignModule", "SolveReport", "Proposals"} <= set(dir(torchbdi))
    assert all(hasattr(torchbdi, name) for name in torchbdi.__all__)
