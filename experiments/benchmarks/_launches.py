"""A launch of every Triton kernel in every form that its callers choose."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from torchbdi.kernels.gpu.biased import recursion
from torchbdi.kernels.gpu.cholesky import ROW_SIDE, gradients, launch
from torchbdi.kernels.gpu.contract import contract
from torchbdi.kernels.gpu.gram import gram_
from torchbdi.kernels.gpu.product import product
from torchbdi.kernels.gpu.sums import pair_sums
from torchbdi.kernels.relu.recursion import ReLUStack
from torchbdi.kernels.zonal.gram import unit_rows
from torchbdi.kernels.zonal.profile import fit_profile

MATRICES = 300


def everything(dtype: torch.dtype, sides: Sequence[int]) -> None:
    """Launches Gram, product, sums, contraction, recursion and small solves (M in ``sides``)."""
    x = torch.ones(100, 24, dtype=dtype)
    k = torch.ones(100, 100, dtype=dtype)
    unit, other = unit_rows(x), unit_rows(x)
    mapped = fit_profile(ReLUStack(48, 1.4, 0.0, tangent=True), 12)
    plain = fit_profile(ReLUStack(6, 1.0, 0.0, tangent=True), 12)
    assert mapped is not None and mapped.pole and plain is not None and not plain.pole
    for profile in (plain, mapped):
        gram_(profile, unit, unit, k, k)
        gram_(profile, unit, other, k, k)
        gram_(profile, unit, other, k)
        for careful in (False, True):
            product(profile, unit, unit, x[:, :1], unit[1], careful)
            product(profile, unit, unit, x, None, careful)
        for old in (None, torch.zeros(100, 100, dtype=torch.int64)):
            for weights in (x[:, :1].mT, x[:, :2].mT):  # several tiles a program
                pair_sums(profile, k, k, old, k, x[:, 0], weights, x[:, 0])
    gram_(plain, unit_rows(x[:1, :1]), unit_rows(x[:1, :1]), k[:1, :1], k[:1, :1])
    contract(k, k.T, k, x)
    contract(k, k, k, k)
    stack = ReLUStack(6, 1.0, 0.1, tangent=True)
    for derivative in (False, True):
        for symmetric in (False, True):
            recursion(stack, x, x, x[:, 0], x[:, 0], derivative, symmetric)
    for m in sides:
        factor, shift = x.new_ones(MATRICES, m, m), x.new_ones(MATRICES)
        one, two = (x.new_ones(MATRICES, m, columns) for columns in (1, 2))
        launch(factor, shift, one, factor, check=False)
        launch(factor, shift, two, None if m <= ROW_SIDE else factor, check=False)
        for b in (one, two):
            gradients(factor, b, b)
