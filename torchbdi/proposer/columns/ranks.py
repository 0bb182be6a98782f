"""Ranks, and how alike two columns rank the rows."""

from __future__ import annotations

import numpy as np


def ranks_of(values: np.ndarray) -> np.ndarray:
    """Ranks of numbers (N,), ties at their mean rank, less the mean of all: (N,)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return rank - rank.mean()


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of a (N,) and b (N,), ties at their mean rank; 0 if constant."""
    ranks = [ranks_of(values) for values in (a, b)]
    size = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float((ranks[0] * ranks[1]).sum()) / size if size > 0 else 0.0
