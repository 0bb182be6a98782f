"""Sums of rows by number, in a fixed order on every device."""

from __future__ import annotations

from torch import Tensor


def add_rows_(out: Tensor, rows: Tensor, values: Tensor) -> None:
    """out[rows] += values, where several go to one row; index_add_ has no fixed order on a GPU.

    Args:
        out: (R, ...), changed in place.
        rows: numbers of rows, int64 (P,).
        values: (P, ...).
    """
    if out.is_cuda:
        out.index_put_((rows,), values, accumulate=True)
    else:
        out.index_add_(0, rows, values)
