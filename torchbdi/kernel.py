"""What every kernel of torchbdi is: an nn.Module with a Gram matrix and its diagonal."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .coupling import Coupling, DenseCoupling
from .covariance import diagonal_of, gram_of, gram_with
from .identity import shown
from .inputs import check_designs
from .kernels.by_hand import ordinary
from .kernels.errors import InputError
from .kernels.solve.operator import GramOperator
from .kernels.untraced import untraced
from .matrix import KernelMatrix
from .swept import Sweep, SweptCoupling

HALVES = (torch.float16, torch.bfloat16)


class Kernel(nn.Module):
    """A positive semi-definite function k(x, x') of two designs.

    Subclasses write :meth:`gram`, :meth:`diagonal` and :meth:`settings`; this class checks what
    comes in. Everything broadcasts over leading batch dimensions and is computed in the dtype of
    the input (use float64: the dual coefficients are large and float32 predictions are off by about
    1e-2). Half precision is computed in float32 and rounded once.

    A subclass may offer ``sweep(x_h, x_l, visit, sums)``, with which BDI needs no k(X_h, X_l): it
    calls ``visit(tile, own)`` for tiles (:class:`torchbdi.swept.Tile`) that together are
    k(x_h, x_l), from one thread or from several, each chunk of tiles with an ``own`` like ``sums``,
    which are zeros, and returns the chunks' sums, added up in a fixed order.
    """

    @untraced
    def forward(self, x1: Tensor, x2: Tensor | None = None) -> Tensor:
        """Gram matrix.

        Args:
            x1: designs, (..., N1, D).
            x2: designs, (..., N2, D); None means x1, with the diagonal in closed form.

        Returns:
            k(x1, x2), (..., N1, N2).

        Raises:
            InputError: an input is not floating point, not finite, or D does not match; or
                k(x, x) is outside the range of the dtype.
        """
        check_designs("x1", x1)
        if x2 is None or x2 is x1:
            x1 = ordinary(x1)
            self.check_range("x1", x1)
            return self._gram(x1, None)
        check_designs("x2", x2)
        name = type(self).__name__
        if x1.shape[-1] != x2.shape[-1]:
            raise InputError(
                f"{name}: x1 has D = {x1.shape[-1]}, x2 has D = {x2.shape[-1]} "
                f"(shapes {tuple(x1.shape)} and {tuple(x2.shape)}). Both need the same features."
            )
        if x1.dtype != x2.dtype or x1.device != x2.device:
            raise InputError(
                f"{name}: x1 is {x1.dtype} on {x1.device}, x2 is {x2.dtype} on "
                f"{x2.device}. Convert one with .to(...)."
            )
        try:
            torch.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        except RuntimeError:
            raise InputError(
                f"{name}: batch dimensions of x1 {tuple(x1.shape)} and x2 "
                f"{tuple(x2.shape)} do not broadcast."
            ) from None
        x1, x2 = ordinary(x1), ordinary(x2)
        self.check_range("x1", x1)
        self.check_range("x2", x2)
        return self._gram(x1, x2)

    def _gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        with _full_precision(x1.device):
            k = gram_of(self, _single(x1), None if x2 is None else _single(x2))
            return k.to(x1.dtype) if x1.dtype in HALVES else k

    @untraced
    def diag(self, x: Tensor) -> Tensor:
        """k(x, x) of each design, in closed form.

        Args:
            x: designs, (..., N, D).

        Returns:
            (..., N).

        Raises:
            InputError: as for :meth:`forward`.
        """
        check_designs("x", x)
        x = ordinary(x)
        self.check_range("x", x)
        with _full_precision(x.device):
            return diagonal_of(self, _single(x)).to(x.dtype)

    def check_range(self, name: str, x: Tensor) -> None:
        """Raises InputError where k(x, x), and with it k, is outside the range of the dtype.

        Args:
            name: what the designs are called in the message.
            x: checked designs, (..., N, D).
        """
        with torch.no_grad(), _full_precision(x.device):
            values = diagonal_of(self, _single(x)).to(x.dtype)
        if not torch.isfinite(values).all():
            raise InputError(
                f"{self!r}: k(x, x) is not finite in {x.dtype} for {name}, whose "
                f"largest number is {float(x.detach().abs().max()):.3g}. Standardise the designs."
            )

    def matrix(self, x: Tensor) -> GramOperator:
        """K(x, x) as an operator that a solver reads block by block.

        Args:
            x: designs, (N, D).
        """
        return KernelMatrix(self, x)

    def couple(
        self, x_l: Tensor, y_l: Tensor, squared_weights: Tensor, coefficients: Tensor | None
    ) -> Coupling:
        """The coupling of designs with one table of data.

        Args:
            x_l: designs of the data, (N, D).
            y_l: their scores, (N,).
            squared_weights: w_l^2 of Eq. 11, (N,).
            coefficients: (K_ll + beta I)^-1 y_l, (N,); None leaves the prediction out.
        """
        if self._sweeps():
            sweep: Sweep = self.sweep  # type: ignore[assignment]
            return SweptCoupling(sweep, x_l, y_l, squared_weights, coefficients)
        return DenseCoupling(partial(gram_with, self, x_l), y_l, squared_weights, coefficients)

    def _sweeps(self) -> bool:
        """Whether there is a sweep that belongs to the values of :meth:`gram`."""
        for kind in type(self).__mro__:
            if "sweep" in vars(kind) or "gram" in vars(kind):
                return "sweep" in vars(kind)
        return False

    def computes_as(self, kind: type[Kernel]) -> bool:
        """Whether values are those of ``kind``, so that its fast paths may stand for them."""
        own = type(self)
        return own.gram is kind.gram and own.diagonal is kind.diagonal

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """The Gram matrix of checked designs, (..., N1, N2); x2 = None means x1."""
        raise NotImplementedError(f"{type(self).__name__} has no gram(x1, x2): write it.")

    def diagonal(self, x: Tensor) -> Tensor:
        """The diagonal of checked designs, (..., N)."""
        raise NotImplementedError(f"{type(self).__name__} has no diagonal(x): write it.")

    def settings(self) -> Mapping[str, Any]:
        """Every number that changes a value of k, by name.

        Parameters and buffers count without being named. repr and :meth:`identity` are made from
        it. A class that changes more of its base than its name writes it anew.

        Returns:
            Names to numbers, texts, truth values, None, tensors, kernels, and lists of these.

        Raises:
            InputError: the class does not say what its values depend on.
        """
        raise InputError(self._unsaid())

    def identity(self) -> str:
        """A text that two kernels share only where all of their values are the same.

        Fits, checkpoints and caches are matched by it. Tensors count by their SHA-256.

        Raises:
            InputError: the class has no :meth:`settings` of its own, so that nobody can know.
        """
        name = type(self).__qualname__
        if not type(self).__module__.startswith(f"{__package__}."):
            name = f"{type(self).__module__}.{name}"
        return f"{name}({self._told()})"

    def _told(self) -> str:
        """The settings in one line, with parameters and buffers; kernels by their identity.

        Raises:
            InputError: a class below the one that wrote ``settings`` has members of its own.
        """
        for kind in type(self).__mro__:
            if "settings" in vars(kind):
                break
            if any(k == "__init__" or not k.startswith("__") for k in vars(kind)):
                raise InputError(self._unsaid())
        told = dict(self.settings())
        tensors = dict(self.named_parameters()) | dict(self.named_buffers())
        told |= {name: tensor for name, tensor in tensors.items() if told.get(name) is not tensor}
        return ", ".join(f"{name}={_text(name, value)}" for name, value in told.items())

    def _unsaid(self) -> str:
        name = type(self).__name__
        return (
            f"{name} has no settings() of its own: write one that returns every number that "
            f"changes a value of {name} (lengths, exponents, ...), so that no fit, checkpoint or "
            f"cache of one {name} is taken for that of another."
        )

    def __repr__(self) -> str:
        """Class and settings; what nn.Module shows where there are none."""
        try:
            return f"{type(self).__name__}({self._told()})"
        except InputError:
            return super().__repr__()


def seen(kernel: Kernel) -> str:
    """A text that changes with a kernel: its identity, or what can be seen where it has none."""
    try:
        return kernel.identity()
    except InputError:
        tensors = dict(kernel.named_parameters()) | dict(kernel.named_buffers())
        words = " ".join(repr(kernel).split())
        return ", ".join([words, *(f"{n}={shown(n, x)}" for n, x in tensors.items())])


def _text(name: str, value: Any) -> str:
    """A setting as a text; kernels by their identity, those of a list too."""
    if isinstance(value, Kernel):
        return value.identity()
    if _holds_kernels(value):
        return f"[{', '.join(_text(name, v) for v in value)}]"
    return shown(name, value)


def _holds_kernels(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(
        isinstance(v, Kernel) or _holds_kernels(v) for v in value
    )


def _single(x: Tensor) -> Tensor:
    """Half precision in float32; anything else as it is."""
    return x.float() if x.dtype in HALVES else x


def _full_precision(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Switches autocast off: kernels compute in the dtype of their input."""
    if torch.is_autocast_enabled(device.type):
        return torch.autocast(device.type, enabled=False)
    return contextlib.nullcontext()
