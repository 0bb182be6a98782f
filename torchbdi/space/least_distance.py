"""The nearest point of a polytope by an active set: for the few points that faster ways leave.

With u = x - z the problem is the least |u| for which G u >= h. Its solution stands in the
nonnegative least squares problem of [G^T; h^T] y = (0, ..., 0, 1): the constraints of positive
weight are those that hold with equality (Lawson and Hanson, Solving Least Squares Problems, 1974,
chapters 23.3 and 23.4). That ends where many constraints meet in a point, too, as its residual
falls with every set.
"""

from __future__ import annotations

import numpy as np

ENOUGH = 1e-12  # a slope of the residual that counts as none
SLACK = 1e-9  # by which a constraint may be missed, as a share of how far z is from the farthest


def nearest_point(
    z: np.ndarray, a: np.ndarray, ends: np.ndarray, box: np.ndarray
) -> np.ndarray | None:
    """The point nearest to z for which low <= a x <= high within a box.

    Args:
        z: a point, (C,).
        a: coefficients, (m, C).
        ends: low and high, (2, m); infinite for none.
        box: bounds of the coordinates, (2, C); infinite for none.

    Returns:
        (C,); None where there is no such point to rounding.
    """
    out = np.clip(z, *box)
    free = box[0] < box[1]
    ends = ends - a[:, ~free] @ out[~free]
    rows = np.concatenate([a[:, free], np.eye(int(free.sum()))])
    low, high = np.concatenate([ends, box[:, free]], axis=1) - rows @ z[free]
    g, h = np.concatenate([rows, -rows]), np.concatenate([low, -high])
    length = np.sqrt((g * g).sum(1))
    asked = np.isfinite(h) & (length > 0)
    g, h = g[asked] / length[asked, None], h[asked] / length[asked]
    if h.max(initial=0) <= 0:
        return out
    active = _weights(np.concatenate([g.T, h[None] / h.max()])) > 0
    u = np.linalg.lstsq(g[active], h[active], rcond=None)[0]
    out[free] = np.clip(z[free] + u, *box[:, free])
    # Not by the size of the terms, beside which all constraints are met far enough away.
    missed = float((h - g @ (out[free] - z[free])).max())
    return out if missed <= SLACK * h.max() + ENOUGH * (1 + np.abs(z).max()) else None


def _weights(e: np.ndarray) -> np.ndarray:
    """The y >= 0, (k,), for which e y, (n,), is nearest to (0, ..., 0, 1)."""
    n, k = e.shape
    aim, y, inside = np.eye(n)[-1], np.zeros(k), np.zeros(k, bool)
    for _ in range(3 * k):
        slope = np.where(inside, -np.inf, e.T @ (aim - e @ y))
        if slope.max() <= ENOUGH:
            break
        inside[slope.argmax()] = True
        while inside.any():
            best = np.zeros(k)
            best[inside] = np.linalg.lstsq(e[:, inside], aim, rcond=None)[0]
            falls = inside & (best <= 0)
            if not falls.any():
                y = best
                break
            # As far as no weight becomes negative; the one that comes to 0 first leaves.
            share = np.full(k, np.inf)
            share[falls] = y[falls] / (y[falls] - best[falls]).clip(min=1e-300)
            y = y + share.min() * (best - y)
            inside &= ~(falls & (share <= share.min()))
            y[~inside] = 0
    return y
