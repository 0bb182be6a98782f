"""Every term of the objective is tested: with a wrong sign, weight or transpose a check fails.

``make mutation`` runs it; it reads source text, so `make test` does not.

A mutant is a line of the source with one thing changed. It is compiled and put in the place of the
original, and the comparison with the direct transcription of Eq. 10 to 14 must then fail.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small_tables import table
from test_bdi import dense_losses

import torchbdi
from torchbdi import BDI, NTK, RBF
from torchbdi.kernels.zonal import coupling as zonal_coupling

SETTINGS: dict[str, Any] = {"target": 3.0, "alpha": 0.7, "ridge": 1e-2}


def compare(kernel: torchbdi.kernel.Kernel, m: int, scale: str) -> None:
    """Values and gradients of both losses, as many groups as designs in a group."""
    groups = 3
    x_l, y_l, x_h = table(n=30, m=m, groups=groups)
    x_h = x_h + 0.1  # beside the kinks, so that the comparison can be sharp
    model = BDI(
        x_l, y_l, x_h, kernel=kernel, ridge_scale=scale, forward_weight=0.5, backward_weight=2.0,
        **SETTINGS,
    )  # fmt: skip
    losses = model.loss()
    (grad,) = torch.autograd.grad(losses["total"].sum(), model.x_h)
    for group in range(groups):
        own = x_h[group].clone().requires_grad_()
        forward, backward = dense_losses(x_l, y_l, own, kernel, scale=scale, **SETTINGS)
        total = (0.5 * forward + 2.0 * backward) / 2
        (expected,) = torch.autograd.grad(total, own)
        for found, true in (
            (losses["forward"][group], forward),
            (losses["backward"][group], backward),
            (losses["total"][group], total),
            (grad[group], expected),
        ):
            torch.testing.assert_close(found, true, rtol=1e-6, atol=1e-9)


def dense() -> None:
    """By the coupling that keeps k_hl."""
    for m in (3, 1):
        for scale in ("trace", "absolute"):
            compare(RBF(), m, scale)


def swept() -> None:
    """By the coupling that keeps no matrix, in plain torch."""
    for m in (3, 1):
        compare(NTK(), m, "trace")


def compiled() -> None:
    """The compiled share of the backward loss, run as Python, against the plain one."""
    # Not from the module itself: its functions are compiled already.
    residuals = sys.modules["torchbdi.kernels.compiled.fused"].residuals
    for groups, m in ((3, 3), (4, 1)):
        generator = torch.Generator().manual_seed(m)
        k, s, a, y, w = (
            torch.randn(*shape, dtype=torch.float64, generator=generator)
            for shape in ((groups * m, 50), (groups * m, 50), (groups, m), (50,), (50,))
        )
        results = []
        for function, convert in ((zonal_coupling._add_residuals, None), (residuals, "numpy")):
            tensors = [t.clone() for t in (k, s, a, y, w, a[:, 0] * 0, a * 0)]
            function(*(t.numpy() if convert else t for t in tensors))
            results.append([tensors[i] for i in (1, 5, 6)])
        for one, other in zip(*results, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


# Check, module, what stands there once, and what mutants have in the place of a part of it.
LINES: list[tuple[Callable[[], None], str, str, list[tuple[str, str]]]] = [
    (dense, "objective", "(y_h - prediction).square().mean(-1)", [("-", "+"), ("mean", "sum")]),
    (dense, "objective", "(y_l - prediction).square() @ squared_weights",
     [("-", "+"), ("@ squared_weights", ".mean(-1)"),
      ("squared_weights", "squared_weights.sqrt()")]),
    (dense, "objective", "(a.unsqueeze(-2) @ k_hl)",
     [("a.", "a.mT."), ("k_hl", "k_hl.transpose(0, 1)")]),
    (dense, "coupling", "(k_hl @ self.coefficients)",
     [("k_hl", "-k_hl"), ("k_hl @ self.coefficients", "k_hl.mean(-1)")]),
    (dense, "coupling", "self.coefficients).reshape(prediction.shape)",
     [("shape)", "mT.shape).mT")]),
    (dense, "coupling", "k_hl.reshape(*x_h.shape[:-1], -1)", [("-1)", "-1).transpose(0, 1)")]),
    (dense, "bdi", "return cholesky_solve(k_hh, y_h, ridge)",
     [("cholesky", "-cholesky"), ("ridge", "0 * ridge"),
      ("cholesky_solve(k_hh, y_h, ridge)", "y_h")]),
    (dense, "bdi", "forward_loss(prediction, y_h)", [("y_h", "-y_h")]),
    (dense, "bdi", 'x_h[..., 0], h["target"])', [('h["', '-h["')]),
    (dense, "ridge", "ridge * diagonal.mean(-1)", [("mean", "sum"), ("ridge", "-ridge")]),
    (dense, "ridge", "torch.full_like(diagonal[..., 0], ridge)", [("ridge)", "2 * ridge)")]),
    (dense, "objective", "* forward + backward_weight", [("+", "-"), ("backward", "forward")]),
    (dense, "objective", "(forward_weight * forward", [("forward_", "backward_")]),
    (dense, "objective", "backward_weight * backward) / 2", [(" / 2", "")]),
    (dense, "objective", "scaled = alpha * y_l", [("alpha", "-alpha"), ("alpha", "0")]),
    (swept, "kernels.zonal.coupling", "torch.addcmul(y, k, a, value=-1)", [("-1", "1")]),
    (swept, "kernels.zonal.coupling", "torch.sub(y, r, out=r)", [("sub", "add")]),
    (swept, "kernels.zonal.coupling", "torch.bmm(a.unsqueeze(1), groups)", [("a.", "a.mT.")]),
    (swept, "kernels.zonal.coupling", "weighted = r * squared_weights",
     [("* squared_weights", "/ len(squared_weights)")]),
    (swept, "kernels.zonal.coupling", "else a.reshape(-1, m)", [("a.", "a.mT.")]),
    (swept, "kernels.zonal.coupling", "addmv_(k, self.d[j])", [("self", "-self"), (".d", ".y")]),
    (swept, "kernels.zonal.coupling", "addmm_(s, self.d_hat[j])", [("self", "-self"), ("d_", "")]),
    (swept, "kernels.zonal.coupling", "addmm_(s, self.hat[j])", [("self", "-self")]),
    (swept, "kernels.zonal.coupling", "unsqueeze(-1) * hat + tangential", [("+", "-")]),
    (swept, "kernels.zonal.coupling", "dx_b *= -2 * a.unsqueeze(-1)",
     [("-2", "2"), ("-2", "-1"), ("a.", "a.mT.")]),
    (swept, "kernels.zonal.coupling", "dx_b, -2 * da", [("-2", "2"), ("2", "1"), ("da", "da.mT")]),
    (swept, "kernels.zonal.coupling", "* dx_p + grad_b", [("+", "-")]),
    (compiled, "kernels.compiled.fused", "add_product(-a[g, i], k", [("-", ""), ("g, i", "i, g")]),
    (compiled, "kernels.compiled.fused", "_multiply(rs, weights[start:stop], ws)",
     [("weights", "rs")]),
    (compiled, "kernels.compiled.fused", "backward[g] += dot(rs, ws)", [("+", "-")]),
    (compiled, "kernels.compiled.fused", "da[g, i] += dot", [("+", "-"), ("g, i", "i, g")]),
]  # fmt: skip
MUTANTS = [
    (check, module, old, old.replace(part, other, 1))
    for check, module, old, parts in LINES
    for part, other in parts
]


def mutate(patch: pytest.MonkeyPatch, folder: Path, name: str, old: str, new: str) -> None:
    """Puts the changed function of a module in place, wherever it has been imported."""
    module = importlib.import_module(f"torchbdi.{name}")
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{name}: {old!r} stands there {source.count(old)} times"
    path = folder / f"{name}.py"
    path.write_text(source.replace(old, new))
    spec = importlib.util.spec_from_file_location(module.__name__, path)
    assert spec is not None and spec.loader is not None
    twin = importlib.util.module_from_spec(spec)
    if name == "kernels.compiled.fused":
        loops = importlib.import_module("torchbdi.kernels.compiled.loops")
        with pytest.MonkeyPatch.context() as plain:  # as Python: no time to compile every mutant
            plain.setattr(loops, "njit", lambda *args, **kwargs: lambda function: function)
            plain.setattr(loops, "compile_function", lambda function: function)
            spec.loader.exec_module(twin)
        twin.__dict__["wide_vectors"] = lambda: None
        patch.setitem(sys.modules, module.__name__, twin)
        return
    spec.loader.exec_module(twin)
    pairs = zip(_functions(module), _functions(twin), strict=True)
    changed = [
        (holder, key, before, after.__code__)
        for (holder, key, before), (_, _, after) in pairs
        if not _same(before.__code__, after.__code__)
    ]
    ((holder, key, before, changed_code),) = changed
    # The original's names and its super(), the mutant's code.
    mutant = types.FunctionType(
        changed_code, before.__globals__, key, before.__defaults__, before.__closure__
    )
    mutant.__kwdefaults__ = before.__kwdefaults__
    places = [holder]
    if inspect.ismodule(holder):
        loaded = [m for m in sys.modules.values() if m.__name__.startswith("torchbdi")]
        places = [m for m in loaded if m.__dict__.get(key) is before]
    for place in places:
        static = isinstance(inspect.getattr_static(place, key), staticmethod)
        patch.setattr(place, key, staticmethod(mutant) if static else mutant)


def _functions(module: types.ModuleType) -> list[tuple[Any, str, types.FunctionType]]:
    """Functions and methods that a module defines, with what holds them, by name."""
    classes = [c for c in vars(module).values() if inspect.isclass(c)]
    found = []
    for holder in [module, *(c for c in classes if c.__module__ == module.__name__)]:
        for key, value in vars(holder).items():
            function = value.__func__ if isinstance(value, staticmethod) else value
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                found.append((holder, key, function))
    return found


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    """Whether two compiled functions do the same, whatever file and line they come from."""
    if one.co_code != other.co_code or one.co_names != other.co_names:
        return False
    for a, b in zip(one.co_consts, other.co_consts, strict=True):
        if isinstance(a, types.CodeType):
            if not _same(a, b):
                return False
        elif a != b:
            return False
    return True


@pytest.mark.parametrize("check", [dense, swept], ids=["dense", "swept"])
def test_the_original_passes(check: Callable[[], None]) -> None:
    check()


def test_the_compiled_original_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    line = "backward[g] += dot(rs, ws)"
    mutate(monkeypatch, tmp_path, "kernels.compiled.fused", line, line)
    compiled()


@pytest.mark.parametrize(
    ("check", "module", "old", "new"), MUTANTS, ids=[f"{m[1]}: {m[3]}" for m in MUTANTS]
)
def test_a_mutant_is_caught(
    check: Callable[[], None],
    module: str,
    old: str,
    new: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if check is compiled:
        pytest.importorskip("numba")
    mutate(monkeypatch, tmp_path, module, old, new)
    with pytest.raises((AssertionError, torchbdi.TorchBDIError, RuntimeError)):
        check()
