"""What is told of the scores of a set of designs: more than the best of them.

The best of 128 is the field's one number. Random designs reach it too on some tasks, so the rest
of the distribution is told beside it (docs/yardsticks.md).
"""

from __future__ import annotations

import numpy as np

from torchbdi import InputError

#: How many designs are tried, in the order in which the method trusts them.
FIRST = (1, 8, 32)

LABELS = {
    "best": "best (100th percentile)",
    "p99": "99th percentile",
    "p90": "90th percentile",
    "median": "median (50th percentile)",
    "mean": "mean",
    **{f"best_of_{k}": f"best of the first {k}" for k in FIRST},
}


def score_statistics(y: np.ndarray) -> dict[str, float]:
    """Percentiles, mean, and the best of the first few.

    Args:
        y: scores of n designs, (n,), the design that the method trusts most first.

    Returns:
        A number for each key of :data:`LABELS`; ``best_of_k`` only where k <= n. Percentiles lie
        on the line between the two nearest scores, as numpy's.

    Raises:
        InputError: there are no scores, or one is not finite.
    """
    y = np.asarray(y, dtype=np.float64)
    if y.ndim != 1 or not len(y) or not np.isfinite(y).all():
        raise InputError(f"scores must be one or more finite numbers, (n,), got shape {y.shape}.")
    p50, p90, p99 = np.percentile(y, [50, 90, 99])
    told = {"best": y.max(), "p99": p99, "p90": p90, "median": p50, "mean": y.mean()}
    told |= {f"best_of_{k}": y[:k].max() for k in FIRST if k <= len(y)}
    return {name: float(value) for name, value in told.items()}
