"""All designs of a small space, by halves."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from .objective import Counted, finite, pairs_of
from .pool import Pool
from .sites import Sites

AT_ONCE = 1 << 16


@torch.no_grad()
def enumerate_all(
    f: Counted,
    sites: Sites,
    base: Tensor,
    pool: Pool,
    begin: int,
    after: Callable[[int], None],
) -> None:
    """Evaluates every set of levels.

    A design is a first half and a second half of its sites, and where the objective knows how,
    the products with the data are sums of two numbers in tables.

    Args:
        f: what is maximised.
        sites: all that is free.
        base: one design, (D,), for the features that stay.
        pool: receives the best.
        begin: first halves that are done already.
        after: called with the number of first halves that are done.
    """
    sizes = sites.sizes.tolist()
    half = _middle(sizes)
    first, second = _all(sizes[:half]), _all(sizes[half:])
    step = max(1, AT_ONCE // len(second))
    pairs = pairs_of(f.objective)
    stay = base.clone()
    for part, _ in sites.parts:
        stay[part] = 0.0
    blank = torch.zeros_like(base)
    right = _features(sites, range(half, len(sizes)), second, blank)
    whole = [(slice(0, len(base)), right)]
    for start in range(begin, len(first), step):
        rows = first[start : start + step]
        codes = torch.cat(
            [rows.repeat_interleave(len(second), 0), second.repeat(len(rows), 1)], dim=1
        )
        if pairs is not None:
            left = _features(sites, range(half), rows, stay)
            norm = ((left**2).sum(1)[:, None] + (right**2).sum(1)).sqrt()
            value = finite(pairs(left, whole, None, norm).flatten())
            f.evaluations += value.numel()
        else:
            value = f(sites.put(base, codes))
        best = torch.argsort(value, descending=True, stable=True)[: pool.size]
        pool.add(sites.put(base, codes[best]), value[best], sites.keys(codes[best]))
        after(start + len(rows))


def batches(sites: Sites) -> int:
    """How many batches :func:`enumerate_all` makes."""
    sizes = sites.sizes.tolist()
    half = _middle(sizes)
    step = max(1, AT_ONCE // math.prod(sizes[half:]))
    return -(-math.prod(sizes[:half]) // step)


def _middle(sizes: list[int]) -> int:
    """Where to cut, so that both halves have about as many sets of levels."""
    products = [1]
    for size in sizes:
        products.append(products[-1] * size)
    return min(range(len(products)), key=lambda i: products[i] + products[-1] // products[i])


def _all(sizes: list[int]) -> Tensor:
    """All sets of levels, (n, S), the last site fastest."""
    if not sizes:
        return torch.zeros(1, 0, dtype=torch.int64)
    return torch.cartesian_prod(*(torch.arange(s) for s in sizes)).reshape(-1, len(sizes))


def _features(sites: Sites, which: range, codes: Tensor, base: Tensor) -> Tensor:
    out = base.expand(len(codes), -1).clone()
    for s, column in zip(which, codes.mT, strict=True):
        part, table = sites.parts[s]
        out[:, part] = table[column]
    return out
