"""The diagonal of an inverse, from the packed Cholesky factor."""

from __future__ import annotations

import torch
from torch import Tensor

from .progress import progress_bar
from .tiles import PackedTriangle


def inverse_diagonal(factor: PackedTriangle, verbose: bool = True) -> Tensor:
    """The diagonal of (L L^T)^-1 from a packed factor L.

    Its entry i is the squared length of column i of L^-1. Those columns are found a tile at a time
    by forward substitution, N^3/3 flops in all, as many as the factorisation took, and N b numbers
    of memory.

    Args:
        factor: L as :class:`PackedCholesky` leaves it: corners hold L_ii^T.
        verbose: show a progress bar with the time left once two seconds have passed.

    Returns:
        (N,).
    """
    n, spans = factor.n, factor.spans
    out = factor.data.new_empty(n)
    panel = factor.data.new_empty(n, factor.tile)
    with progress_bar(f"Leave-one-out {n}", verbose) as bar:
        for j, columns in enumerate(spans):
            width = columns.stop - columns.start
            z = panel[:, :width]
            eye = torch.eye(width, dtype=out.dtype, device=out.device)
            z[columns] = torch.linalg.solve_triangular(factor.corner(j).mT, eye, upper=False)
            for i in range(j + 1, len(spans)):
                rows = spans[i]
                right = factor.below(i)[:, columns.start :] @ z[columns.start : rows.start]
                torch.linalg.solve_triangular(
                    factor.corner(i).mT, right.neg_(), upper=False, out=right
                )
                z[rows] = right
            out[columns] = z[columns.start :].square().sum(0)
            # Columns from m on take (N - m)^3/3 of the flops.
            before, after = n - columns.start, n - columns.stop
            bar.update(min((before**3 - after**3) / n**3, 1 - bar.n))
    return out


def inverse_diagonal_at(factor: PackedTriangle, at: Tensor, verbose: bool = True) -> Tensor:
    """Some entries of the diagonal of (L L^T)^-1 from a packed factor L.

    The columns of L^-1 of :func:`inverse_diagonal`, of a few rows only: about N^2 flops each and N
    numbers of memory.

    Args:
        factor: L as :class:`PackedCholesky` leaves it.
        at: which entries, (S,) ascending.
        verbose: show a progress bar with the time left once two seconds have passed.

    Returns:
        (S,).
    """
    z = factor.data.new_zeros(factor.n, len(at))
    z[at, torch.arange(len(at), device=z.device)] = 1
    with progress_bar(f"Leave-one-out {len(at)} of {factor.n}", verbose) as bar:
        begun = 0
        for i, rows in enumerate(factor.spans):
            # Column j of L^-1 is 0 above its row.
            live = int(torch.searchsorted(at, rows.stop))
            if live:
                first = int(at[0])
                if begun:
                    above = factor.below(i)[:, first : rows.start]
                    z[rows, :begun] -= above @ z[first : rows.start, :begun]
                z[rows, :live] = torch.linalg.solve_triangular(
                    factor.corner(i).mT, z[rows, :live], upper=False
                )
            begun = live
            # Rows up to m take (m / N)^3 of the flops, where what is asked for is spread evenly.
            bar.update((rows.stop**3 - rows.start**3) / factor.n**3)
    return z.square_().sum(0)
