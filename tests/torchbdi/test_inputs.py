"""Whatever a person hands over is read in the one way there is, or refused with a remedy."""

from __future__ import annotations

import copy
import math
import pickle
import re
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from modes import MODES, mode
from torch import Tensor
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import make_fx

import torchbdi
from torchbdi import (
    BDI,
    NNGP,
    NTK,
    RBF,
    Ascent,
    DoesNotFitError,
    FiniteBDI,
    InputError,
    Kernel,
    fit_ridge,
)


def _in_words(case: object) -> str:
    """A case as text without addresses, which differ between the workers of one test run."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(case))


KERNELS = [NTK(), NTK(3, 1.2, 0.3), NTK(1), NNGP(3), RBF(), RBF(0.7)]
SMALL: dict[str, Any] = {"width": 4, "depth": 2, "net_epochs": 1}


def table(n: int = 20, d: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, dtype=torch.float64, generator=generator)
    return x, torch.randn(n, dtype=torch.float64, generator=generator)


X, Y = table()
ROWS = torch.tensor([0, 5])


class Series:
    """What pandas has: numbers with labels of their rows."""

    def __init__(self, values: Any, index: list) -> None:
        self.values, self.index = np.asarray(values), index

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.values.astype(dtype or self.values.dtype)


class Twelve(RBF):
    """Somebody's class with a required argument."""

    def __init__(self, gamma: float) -> None:
        super().__init__(gamma)


# Other ways to hand over the same numbers.
SAME: dict[str, Callable[[Tensor], Any]] = {
    "array": lambda t: t.numpy(),
    "list": lambda t: t.tolist(),
    "tuple of arrays": lambda t: tuple(t.numpy()),
    "decimals": lambda t: np.vectorize(Decimal, otypes=[object])(t.numpy()),
    "objects": lambda t: t.numpy().astype(object),
    "big endian": lambda t: t.numpy().astype(">f8"),
    "backwards": lambda t: t.numpy()[::-1].copy()[::-1],
    "columns": lambda t: np.asfortranarray(t.numpy()),
    "read only": lambda t: np.frombuffer(t.numpy().tobytes()).reshape(t.shape),
    "masked, nothing hidden": lambda t: np.ma.array(t.numpy()),
    "matrix view": lambda t: t.clone().T.contiguous().T,
    "learns": lambda t: t.clone().requires_grad_(),
    "part of a graph": lambda t: t.clone().requires_grad_() * 1,
    "parameter": lambda t: torch.nn.Parameter(t),
    "labelled": lambda t: Series(t.numpy(), list(range(len(t)))),
    "long double": lambda t: t.numpy().astype(np.longdouble),
}
# What has no reading.
REFUSED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "complex": (lambda t: t.to(torch.complex128), "complex"),
    "complex array": (lambda t: t.numpy().astype(complex), "complex"),
    "masked": (lambda t: np.ma.array(t.numpy(), mask=t.numpy() > 0), "masked"),
    "list of masked": (lambda t: [np.ma.array(r, mask=True) for r in t.numpy()], "mask"),
    "texts": (lambda t: t.numpy().astype(str), "numbers"),
    "list of texts": (lambda t: [["1.0", "2.0", "3.0"]] * len(t), "numbers"),
    "dates": (lambda t: np.zeros(t.shape, "M8[D]"), "numbers"),
    "None inside": (lambda t: [[1.0, None, 2.0]] * len(t), "NoneType"),
    "ragged": (lambda t: [[1.0], [2.0, 3.0]], "one array"),
    "None": (lambda t: None, "numbers, got NoneType"),
    "text": (lambda t: "table.csv", "numbers, got str"),
    "class": (lambda t: Tensor, "the class Tensor"),
    "function": (lambda t: t.sum, "numbers"),
    "set": (lambda t: {1.0, 2.0}, "numbers"),
    "sparse": (lambda t: t.to_sparse(), "dense"),
    "meta": (lambda t: t.to("meta"), "meta"),
    "quantised": (
        lambda t: torch.quantize_per_tensor(t.float(), 0.1, 0, torch.qint8),
        "quantised",
    ),
    "NaN": (lambda t: t * math.nan, "NaN"),
    "inf": (lambda t: t / 0, "NaN or inf"),
    "large": (lambda t: 1e200 * t, "not finite in"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SAME))
def test_the_same_numbers_are_the_same_table(name: str) -> None:
    x, y = SAME[name](X), SAME[name](Y)
    plain, other = fit_ridge(NTK(), X, Y), fit_ridge(NTK(), x, y)
    assert torch.equal(plain.coefficients, other.coefficients)
    torch.testing.assert_close(other.predict(SAME[name](X[:4])), plain.predict(X[:4]))
    model = BDI(x, y, SAME[name](X[:4]), alpha=0.3, coefficients=SAME[name](plain.coefficients))
    expected = BDI(X, Y, X[:4], alpha=0.3, coefficients=plain.coefficients).loss()
    for key, value in model.loss().items():
        assert torch.equal(value, expected[key])
    assert model.data_hash() == BDI(X, Y, X[:4]).data_hash()


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_has_no_reading_is_refused(name: str) -> None:
    make, words = REFUSED[name]
    bad = make(X)
    for what in (
        lambda: BDI(bad, Y, X[:2]),
        lambda: BDI(X, Y, bad),
        lambda: Ascent(X, Y, bad),
        lambda: fit_ridge(NTK(), bad, Y),
        lambda: fit_ridge(NTK(), X, Y).predict(bad),
    ):
        with pytest.raises(InputError, match=words):
            what()
    if name not in ("large", "ragged", "set", "list of texts", "None inside", "list of masked"):
        column = make(Y)
        with pytest.raises(InputError, match=words):
            BDI(X, column, X[:2])
        with pytest.raises(InputError, match=words):
            fit_ridge(NTK(), X, column)
        if column is not None:
            with pytest.raises(InputError, match=f"{words}|coefficients"):
                BDI(X, Y, X[:2], coefficients=column)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool, torch.float16,
                                   torch.bfloat16, torch.float32, torch.uint8])  # fmt: skip
def test_other_dtypes_are_converted_without_loss(dtype: torch.dtype) -> None:
    x = (X * 10).abs().to(dtype)
    y = (Y * 10).abs().to(dtype)
    plain = fit_ridge(NTK(), x.double(), y.double(), ridge=1e-2)
    assert torch.equal(fit_ridge(NTK(), x, y, ridge=1e-2).coefficients, plain.coefficients)
    model = BDI(x, y, x[:3], ridge=1e-2, coefficients=plain)
    assert model.x_h.dtype == torch.float64
    assert torch.equal(model.x_h, x[:3].double())
    assert torch.equal(plain.predict(x[:3]), plain.predict(x[:3].double()))


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_kernels_are_as_good_as_their_dtype(kernel: Kernel, dtype: torch.dtype) -> None:
    x, z = X.to(dtype), X.flip(0)[:9].to(dtype)
    true = kernel(x.double(), z.double())
    eps = torch.finfo(dtype).eps
    for found, wanted in (
        (kernel(x, z), true),
        (kernel(x), kernel(x.double())),
        (kernel.diag(x), kernel.diag(x.double())),
    ):
        assert found.dtype == dtype
        scale = float(wanted.abs().max())
        assert (found.double() - wanted).abs().max() <= 40 * eps * scale
        if dtype != torch.float32:  # computed in float32 and rounded once
            assert (found.double() - wanted).abs().max() <= 0.6 * eps * scale
    own = x.clone().requires_grad_()
    kernel(own, z).sum().backward()
    assert own.grad is not None
    assert own.grad.dtype == dtype


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
@pytest.mark.parametrize("name", MODES)
def test_modes_of_torch_change_no_number(kernel: Kernel, name: str) -> None:
    x, z = X, X[:7] + 1
    expected = kernel(x, z), kernel(x), kernel.diag(x)
    fitted = fit_ridge(kernel, x, Y, ridge=1e-2)
    with mode(name):
        found = kernel(x, z), kernel(x), kernel.diag(x)
        fit = fit_ridge(kernel, x, Y, ridge=1e-2)
        predicted = fit.predict(z)
        losses = BDI(x, Y, z.unsqueeze(1), kernel=kernel, ridge=1e-2).loss()
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(fit.coefficients, fitted.coefficients)
    assert torch.equal(predicted, fitted.predict(z))
    plain = BDI(x, Y, z.unsqueeze(1), kernel=kernel, ridge=1e-2).loss()
    for key in plain:
        assert torch.equal(losses[key], plain[key])
    own = z.clone().requires_grad_()
    fit.predict(own).sum().backward()  # also of a fit that was made in inference mode
    assert torch.isfinite(own.grad).all()


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_tensors_of_inference_mode_are_taken_outside(kernel: Kernel) -> None:
    with torch.inference_mode():
        x, z = X.clone(), X[:5].clone() + 1
    own = (X[:5] + 1).requires_grad_()
    for k in (kernel(own, x), kernel(x, own), kernel(own)):
        (grad,) = torch.autograd.grad(k.sum(), own)
        assert torch.isfinite(grad).all()
    assert torch.equal(kernel(x, z), kernel(X, X[:5] + 1))


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore:.*torch.jit.*deprecated")
def test_traced_kernels_keep_their_digits(kernel: Kernel) -> None:
    """torch.jit.trace makes a tensor of a size, and a float32 one of a number divided by it."""
    z = X[:5] + 1
    traced = torch.jit.trace(kernel, (z, X), check_trace=False)
    assert torch.equal(traced(z, X), kernel(z, X))


def test_compiled_functions_call_what_is_compiled_by_hand() -> None:
    """torch's tracer followed every loop behind these calls, for minutes."""
    fit, model = fit_ridge(NTK(), X, Y), BDI(X, Y, X[:2])
    start = time.process_time()
    for what in (
        lambda z: NTK()(2 * z, X).sum(),
        lambda z: NTK(3, 1.2, 0.3)(z).sum() + RBF().diag(z).sum(),
        lambda z: fit.predict(z - 1).sum(),
        lambda z: fit_ridge(NTK(), z.detach(), Y).coefficients.sum() + 0 * z.sum(),
        lambda z: model.loss()["total"].sum() * z.sum(),
        lambda z: torchbdi.kernels.cholesky_solve(RBF()(z), z[:, 0], 1e-2).sum(),
    ):
        found = []
        for function in (what, torch.compile(what, backend="eager")):
            own = X.clone().requires_grad_()
            value = function(own)
            found.append((value.detach(), torch.autograd.grad(value, own)[0]))
        assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    assert time.process_time() - start < 60


@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_transforms_of_functions_are_refused(kernel: Kernel) -> None:
    for what in (
        lambda: torch.func.vmap(kernel)(X.view(4, 5, 3)),
        lambda: torch.func.grad(lambda x: kernel(x, X).sum())(X),
        lambda: torch.func.jacrev(kernel.diag)(X),
        lambda: torch.func.hessian(lambda x: kernel(x).sum())(X),
        lambda: torch.func.grad(lambda x: fit_ridge(kernel, X, Y, 1e-2).predict(x).sum())(X),
    ):
        with pytest.raises(InputError, match=r"torch\.func"):
            what()
    with forward_ad.dual_level(), pytest.raises(InputError, match="forward-mode"):
        kernel(forward_ad.make_dual(X.clone(), torch.ones_like(X)), X)
    for trace in (torch.func.linearize, lambda f, x: make_fx(f)(x)):
        with pytest.raises(InputError, match=r"is being traced|forward-mode"):
            trace(lambda x: kernel(x, X), X)
    model = BDI(X, Y, X[:2].unsqueeze(1), kernel=kernel, ridge=1e-2)
    model.forward = lambda: model.loss()["total"].sum()  # type: ignore[method-assign]
    with pytest.raises(InputError, match=r"torch\.func"):
        torch.func.grad(lambda x: torch.func.functional_call(model, {"x_h": x}, ()))(
            model.x_h.detach()
        )


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (NTK, r"got the class NTK; write NTK\(\)"),
        (RBF, r"got the class RBF; write RBF\(\)"),
        (Twelve, r"got the class Twelve"),
        ("ntk", "got 'ntk'|got the text 'ntk'"),
        (torch.nn.Linear(1, 1), "got Linear"),
        (torch.nn.Linear, "got the class Linear"),
        (lambda x, z: x @ z.mT, "got function"),
        (6, "got int"),
    ],
    ids=_in_words,
)
def test_a_kernel_is_a_kernel(kernel: Any, words: str) -> None:
    with pytest.raises(InputError, match=f"kernel must be a torchbdi kernel, {words}"):
        BDI(X, Y, X[:2], kernel=kernel)
    with pytest.raises(InputError, match=f"kernel must be a torchbdi kernel, {words}"):
        fit_ridge(kernel, X, Y)


NUMBERS = ["target", "alpha", "ridge", "forward_weight", "backward_weight", "lr"]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_any_kind_are_numbers(name: str) -> None:
    expected = BDI(X, Y, X[:2], **{name: 2.0})
    for two in (2, np.int8(2), np.float32(2), np.array(2), torch.tensor(2), Fraction(2),
                Decimal(2), torch.tensor(2.0, requires_grad=True), np.float16(2)):  # fmt: skip
        model = BDI(X, Y, X[:2], **{name: two})
        assert type(model.hparams[name]) is float
        assert model.hparams == expected.hparams
        assert model.identity() == expected.identity()


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_is_refused_by_name(name: str) -> None:
    for bad in ("1e-3", None, True, 1j, math.nan, math.inf, [], torch.ones(2, 2), float, 10**400,
                np.ma.masked, np.array(["1"]), {}):  # fmt: skip
        with pytest.raises(InputError, match=rf"BDI: {name}|{name} "):
            BDI(X, Y, X[:2], **{name: bad})
    if name not in ("target", "alpha"):
        with pytest.raises(InputError, match=name):
            BDI(X, Y, X[:2], **{name: -1.0})


def test_words_are_checked() -> None:
    for bad in ("relative", None, 1, ["trace"], np.array("trace"), torch.ones(2)):
        with pytest.raises(InputError, match="ridge_scale must be one of 'trace', 'absolute'"):
            BDI(X, Y, X[:2], ridge_scale=bad)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="ridge_scale"):
            fit_ridge(NTK(), X, Y, ridge_scale=bad)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="solver"):
            fit_ridge(NTK(), X, Y, solver=bad)  # type: ignore[arg-type]
    for bad in ("1e-6", None, -1.0, math.nan, torch.ones(3), True):
        with pytest.raises(InputError, match="ridge"):
            fit_ridge(NTK(), X, Y, ridge=bad)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="tolerance"):
            fit_ridge(NTK(), X, Y, tolerance=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [NTK, NNGP])
def test_networks_from_any_numbers(kind: type[NTK]) -> None:
    expected = repr(kind(3, 2.0, 1.0))
    for made in (kind(np.int64(3), 2, 1), kind(torch.tensor(3), np.float32(2), torch.tensor(1.0))):
        assert repr(made) == expected
        assert type(made.stack.depth) is int
        assert type(made.stack.w_std) is float
    for bad in ("6", None, 6.0, True, X, np.array([6]), NTK()):
        with pytest.raises(InputError, match="depth"):
            kind(depth=bad)  # type: ignore[arg-type]
        if not isinstance(bad, float):
            with pytest.raises(InputError, match="w_std"):
                kind(w_std=bad)  # type: ignore[arg-type]
            with pytest.raises(InputError, match="b_std"):
                kind(b_std=bad)  # type: ignore[arg-type]
            if bad is not None:
                with pytest.raises(InputError, match="gamma"):
                    RBF(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kernel", "size"),
    [
        (NTK(700, 3.0), "large"),
        (NTK(700, 3.0, 0.1), "large"),
        (NTK(2000), "small"),
        (NTK(2200), "small"),
        (NNGP(2200), "small"),
        (NTK(2, 1e-160), "small"),
        (NTK(2, 1e160), "large"),
    ],
    ids=repr,
)
def test_kernels_out_of_range_name_the_network(kernel: NTK, size: str) -> None:
    words = rf"depth={kernel.stack.depth} and w_std=.*too {size} for torch.float64.*sqrt\(2\)"
    for what in (
        lambda: kernel(X),
        lambda: kernel(X, X[:2]),
        lambda: kernel.diag(X),
        lambda: fit_ridge(kernel, X, Y),
        lambda: BDI(X, Y, X[:2], kernel=kernel),
    ):
        with pytest.raises(InputError, match=words):
            what()
    assert torch.isfinite(NTK(700, math.sqrt(2))(X)).all()
    with pytest.raises(InputError, match=r"too small for torch\.float32"):
        NTK(200)(X.float())


def test_designs_of_any_finite_size() -> None:
    """Right where k is in the range of the dtype, an error where it is not."""
    for kernel in (NTK(), NTK(3), NNGP(), NTK(24)):
        plain = kernel(X, X[:5] - 1)
        for e in (-500, -100, 60, 500):
            big = kernel(2.0**e * X, 2.0**e * (X[:5] - 1))
            torch.testing.assert_close(big, 4.0**e * plain, rtol=1e-13, atol=0)
        # Lengths whose squares leave the range, in a kernel that does not.
        mixed = kernel(2.0**-530 * X, 2.0**500 * (X[:5] - 1))
        torch.testing.assert_close(mixed, 2.0**-30 * plain, rtol=1e-13, atol=0)
        for size in (1e160, 1e200, 1e307):
            with pytest.raises(InputError, match=r"k\(x, x\) is not finite"):
                kernel(size * X, X)
    for size in (1e60, 1e100, 1e140):
        kernel = NTK(4, 1.3, 0.2)
        without = NTK(4, 1.3)(size * X, size * X[:5])
        scale = float(without.max())
        assert (kernel(size * X, size * X[:5]) - without).abs().max() <= 1e-12 * scale
        own = (size * X).requires_grad_()
        (grad,) = torch.autograd.grad(kernel(own, X[:5]).sum(), own)
        assert torch.isfinite(grad).all()
    with pytest.raises(InputError, match="not finite"):
        NTK(4, 1.3, 0.2)(1e160 * X)
    with pytest.raises(InputError, match="not finite"):
        NTK()(1e30 * X.float())


def test_labelled_rows_are_aligned_or_refused() -> None:
    x, y = Series(X.numpy(), list("abcdefghijklmnopqrst")), Y.numpy()
    same = Series(y, list("abcdefghijklmnopqrst"))
    expected = fit_ridge(NTK(), X, Y).coefficients
    assert torch.equal(fit_ridge(NTK(), x, same).coefficients, expected)
    assert torch.equal(fit_ridge(NTK(), x, y).coefficients, expected)  # one has no labels
    turned = Series(y[::-1], list("tsrqponmlkjihgfedcba"))
    for what in (lambda: fit_ridge(NTK(), x, turned), lambda: BDI(x, turned, X[:2])):
        with pytest.raises(InputError, match=r"different labels: row 0 is 'a' in x_l and 't'"):
            what()


def test_shapes_that_fit_by_chance_are_refused() -> None:
    x, y = table(3, 3)  # N = D
    for what in (
        lambda: BDI(x, y[:, None], x),
        lambda: BDI(x, y[None], x),
        lambda: BDI(x, x, x),
        lambda: BDI(x, y, y),
        lambda: BDI(x, y, x[None, None]),
        lambda: BDI(x[None], y, x),
        lambda: BDI(x, y, x, coefficients=y[:, None]),
        lambda: BDI(x, y, x, coefficients=y[:1]),
        lambda: BDI(x, y, x, lr=y.abs()[:, None]),
        lambda: BDI(x, y, x, target=y),
        lambda: BDI(x, y, x, ridge=y.abs()),
        lambda: BDI(x, y, x, bounds=torch.stack([x.amin(0), x.amax(0)]).T),
        lambda: fit_ridge(NTK(), y, y),
        lambda: fit_ridge(NTK(), x, y[None]),
        lambda: fit_ridge(NTK(), x, y[None, None]),
        lambda: fit_ridge(NTK(), x, y, ridge=y.abs()),
        lambda: fit_ridge(NTK(), x, y).predict(y),
        lambda: fit_ridge(NTK(), x, y).predict(x[:, :2]),
        lambda: NTK()(x, y),
        lambda: NTK().diag(y),
    ):
        with pytest.raises(InputError):
            what()
    one = fit_ridge(NTK(), x, y[:, None])
    assert one.coefficients.shape == (3, 1)
    assert one.predict(x[:2]).shape == (2, 1)
    assert fit_ridge(NTK(), x, y).predict(x.expand(2, 2, 3, 3)).shape == (2, 2, 3)
    with pytest.raises(InputError, match="shape of y_l"):
        BDI(x, y, x, coefficients=one.coefficients)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"forward_net": lambda z: z.sum(-1)}, r"forward_net must be an nn\.Module, got function"),
        ({"forward_net": torch.nn.Linear}, "got the class Linear"),
        ({"forward_net": torch.nn.LSTM(3, 1)}, "it made tuple"),
        ({"forward_net": torch.nn.Linear(3, 2)}, "must map"),
        ({"width": 8.0}, "width"),
        ({"width": "8"}, "width"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"rows_per_step": 0}, "rows_per_step"),
        ({"net_lr": "1e-3"}, "net_lr"),
        ({"eta": 0}, "eta"),
        ({"parametrisation": torch.ones(2)}, "parametrisation"),
        ({"dtype": torch.float16}, "dtype"),
        ({"dtype": "float32"}, "dtype"),
    ],
    ids=_in_words,
)
def test_finite_networks_from_wrong_arguments(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        FiniteBDI(X, Y, X[:2], **(SMALL | settings))


def test_finite_networks_from_any_numbers() -> None:
    plain = FiniteBDI(X, Y, X[:2], **SMALL, eta=1.0, seed=3, rows_per_step=5)
    other = FiniteBDI(X.numpy(), Y.tolist(), X[:2].numpy(), width=np.int64(4), depth=np.int8(2),
                      net_epochs=np.uint8(1), eta=1, seed=np.int32(3),
                      rows_per_step=torch.tensor(5))  # fmt: skip
    assert other.identity() == plain.identity()
    for key, value in plain.loss().items():
        assert torch.equal(other.loss()[key], value)
    with torch.inference_mode():
        made = FiniteBDI(X, Y, X[:2], **SMALL)
    made.loss()["total"].sum().backward()
    assert torch.isfinite(made.x_h.grad).all()


def test_a_kernel_that_was_changed_is_not_the_fitted_one() -> None:
    kernel = RBF(1.0)
    fit = fit_ridge(kernel, X, Y, ridge=1e-2)
    kernel.gamma = 2.0
    with pytest.raises(InputError):
        fit.predict(X)
    with pytest.raises(InputError, match="fit of another kernel"):
        torchbdi.BDI(X, Y, X[:2], kernel=kernel, ridge=1e-2, coefficients=fit)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.mul_(2),
        lambda t: t.copy_(t.flip(0)),
        lambda t: t[3].add_(1e-12),
        lambda t: t.index_copy_(0, ROWS, t[ROWS.flip(0)]),
    ],
    ids=["scaled", "turned", "one row", "two rows exchanged"],
)
def test_tables_that_are_changed_in_place_are_found(change: Callable[[Tensor], Any]) -> None:
    """They are not copied: what was worked out would no longer be theirs."""
    for i in range(2):
        x, y = X.clone(), Y.clone()
        fit, model = fit_ridge(NTK(), x, y), BDI(x, y, X[:2], alpha=0.1)
        model.loss()
        (x, y)[i].add_(0)  # no other numbers
        before, again = fit.predict(X[:3]), pickle.loads(pickle.dumps(fit))
        change((x, y)[i])
        with pytest.raises(InputError, match=r"[xy]_l was changed in place.*clone"):
            fit.predict(X[:3])
        with pytest.raises(InputError, match=r"[xy]_l was changed in place.*clone"):
            model.loss()
        assert torch.equal(again.predict(X[:3]), before)  # it has a table of its own
    copied = copy.deepcopy(BDI(X, Y, X[:2]))
    assert torch.equal(copied.loss()["total"], BDI(X, Y, X[:2]).loss()["total"])


@pytest.mark.parametrize("made", [X.numpy().copy, lambda: torch.from_numpy(X.numpy().copy())])
def test_tables_that_numpy_has_are_copied(made: Callable[[], Any]) -> None:
    """torch does not count what is written into memory that numpy has too."""
    table = made()
    fit, model = fit_ridge(NTK(), table, Y), BDI(table, Y, X[:2], kernel=RBF())
    prediction, loss = fit.predict(X[:3]), model.loss()["total"]
    np.asarray(table)[3] += 1
    assert torch.equal(fit.predict(X[:3]), prediction)
    assert torch.equal(model.loss()["total"], loss)


def test_coefficients_that_are_changed_in_place_are_found() -> None:
    fit = fit_ridge(NTK(), X, Y)
    fit.coefficients.div_(2)
    with pytest.raises(InputError, match="RidgeFit: coefficients was changed in place"):
        fit.predict(X[:3])
    with pytest.raises(InputError, match="RidgeFit: coefficients was changed in place"):
        BDI(X, Y, X[:2], coefficients=fit)


def test_tables_that_numpy_changes_afterwards_are_found() -> None:
    x = X.clone()
    fit, model = fit_ridge(NTK(), x, Y), BDI(x, Y, X[:2], kernel=RBF())
    fit.predict(X[:3])
    model.loss()
    x.numpy()[3] += 1
    with pytest.raises(InputError, match="x_l was changed in place"):
        fit.predict(X[:3])
    with pytest.raises(InputError, match="x_l was changed in place"):
        model.loss()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("kernel", lambda m: setattr(m.kernel, "gamma", 2.0)),
        ("kernel", lambda m: setattr(m, "kernel", RBF(2.0))),
        ("alpha", lambda m: m.hparams.update(alpha=0.5)),
        ("ridge", lambda m: m.hparams.update(ridge=1e-3)),
        ("ridge_scale", lambda m: m.hparams.update(ridge_scale="absolute")),
    ],
)
@pytest.mark.parametrize("given", [False, True])
def test_settings_that_are_changed_afterwards_are_found(
    name: str, change: Callable[[BDI], None], given: bool
) -> None:
    """They would count in one half of the loss, and not in the other."""
    model = BDI(X, Y, X[:2], kernel=RBF(1.0), coefficients=Y if given else None)
    if not given:
        model.loss()
    change(model)
    with pytest.raises(InputError, match=f"{name} was .* Make a new BDI"):
        model.loss()


def test_settings_of_coefficients_that_are_there_stay() -> None:
    model = torchbdi.BDI(X, Y, X[:2].unsqueeze(1))
    model.fitted()
    model.hparams["ridge"] = 0.5
    with pytest.raises(InputError, match="ridge was"):
        model.loss()


def test_settings_that_may_be_changed() -> None:
    model = BDI(X, Y, X[:2])
    model.loss()
    model.hparams["target"] = 5.0
    assert torch.equal(model.loss()["total"], BDI(X, Y, X[:2], target=5).loss()["total"])
    model.x_h.data = X[:3] + 1
    expected = BDI(X, Y, X[:3] + 1, target=5).loss()["total"]
    assert torch.equal(model.loss()["total"], expected)
    for bad in (X[:2, :2], X[0]):
        model.x_h.data = bad
        with pytest.raises(InputError, match=r"x_h is .* now, and x_l has D = 3"):
            model.loss()


@pytest.mark.parametrize("digits", [7, 19, 400, 5000])
def test_whole_numbers_have_an_end(digits: int) -> None:
    """A depth was counted through layer by layer, for ever."""
    with pytest.raises(InputError, match=r"depth must be at most 1,000,000"):
        NTK(10**digits)
    with pytest.raises(InputError, match=r"depth must be at most 10,000"):
        FiniteBDI(X, Y, X[:2], depth=10**digits)


def test_finite_networks_that_do_not_fit() -> None:
    with pytest.raises(DoesNotFitError, match=r"width 1,000,000,000 .* needs .* GB, but"):
        FiniteBDI(X, Y, X[:2], width=10**9)
    with pytest.raises(InputError, match="dtype must be"):
        FiniteBDI(X, Y, X[:2], dtype=np.arange(3))  # type: ignore[arg-type]
