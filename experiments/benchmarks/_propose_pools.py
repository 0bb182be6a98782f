"""Pools of new designs that rivals choose among."""

from __future__ import annotations

import numpy as np

from ._frames import Frame

POOL, PARENTS = 20_000, 64
REACH = (0.05, 0.3)  # least and largest step from a parent, in ranges of a column


def made_pool(
    frame: Frame, goodness: np.ndarray, rng: np.random.Generator, total: float | None
) -> Frame:
    """Half uniform in the box of what is seen, half around the best 64.

    Args:
        frame: the designs that are seen.
        goodness: their scores, large ones good, (N,).
        rng: of the draws.
        total: what the numbers of every design add up to; None for anything.

    Returns:
        20,000 designs.
    """
    half = POOL // 2
    numbers = [name for name, v in frame.items() if v.dtype != object]
    x = np.stack([frame[name] for name in numbers], axis=1)
    low, high = x.min(0), x.max(0)
    if total is None:
        uniform = rng.uniform(low, high, (half, len(numbers)))
    else:
        parts: list[np.ndarray] = []
        while sum(map(len, parts)) < half:
            drawn = total * rng.dirichlet(np.ones(len(numbers)), 10 * half)
            parts.append(drawn[((drawn >= low) & (drawn <= high)).all(1)])
        uniform = np.concatenate(parts)[:half]
    parents = np.argsort(-goodness, kind="stable")[:PARENTS]
    at = parents[rng.integers(len(parents), size=half)]
    share = rng.uniform(*REACH, half)
    moved = x[at] + share[:, None] * (high - low) * rng.normal(size=(half, len(numbers)))
    moved = np.clip(moved, low, high)
    if total is not None:
        empty = moved.sum(1) <= 0
        moved[empty] = x[at][empty]
        moved *= total / moved.sum(1, keepdims=True)
    out = {name: np.r_[uniform[:, i], moved[:, i]] for i, name in enumerate(numbers)}
    for name, values in frame.items():
        if values.dtype == object:
            levels = np.array(sorted(set(values.tolist())), dtype=object)
            drawn = levels[rng.integers(len(levels), size=half)]
            again = levels[rng.integers(len(levels), size=half)]
            own = np.where(rng.uniform(size=half) < share, again, values[at])
            out[name] = np.r_[drawn, own]
    return {name: out[name] for name in frame}
