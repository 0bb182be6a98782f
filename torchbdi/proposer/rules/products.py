"""Numbers that are a constant times a power of one column, or a product or ratio of two.

:func:`.powers.power_law` finds products of any number of columns, but not among columns that are
products of one another: then no fit tells which of them it takes. Of one or two all are tried.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .powers import PowerLaw, beyond_rounding, in_logarithms, plainest

# Powers of one column; that of 1 is linear.
_OF_ONE = (-1.0, 2.0, 0.5, 3.0, -2.0, -0.5, -3.0)
_OF_TWO = ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0))
# Rows that are looked at first; all of them where these fit.
_FIRST = 12


def product_of(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray],
    halves: Mapping[str, np.ndarray],
) -> PowerLaw | None:  # fmt: skip
    """The power of one column, or the product or ratio of two, that numbers are in every row.

    Args:
        own: the numbers, (N,).
        half: by how much each can have been rounded, (N,).
        columns: those that may make them, (N,) each; the first ones are preferred.
        halves: by how much these can have been rounded, (N,) each.
    """
    if own.min() <= 0:
        return None
    positive = {name: v for name, v in columns.items() if v.min() > 0}
    if not positive:
        return None
    logs = np.log(np.stack(list(positive.values())))
    slacks = np.stack([in_logarithms(halves[name], v) for name, v in positive.items()])
    y, slack, names = np.log(own), in_logarithms(half, own), list(positive)
    spread = float(y.std())
    for at, powers in _possible(y, slack, logs, slacks):
        left = slack + np.abs(powers) @ slacks[at]
        rest = y - np.array(powers) @ logs[at]
        low, high = float((rest - left).max()), float((rest + left).min())
        if low <= high and beyond_rounding(own, spread, left):
            factor = plainest(*map(float, np.exp([low, high])))
            return PowerLaw(factor, {names[i]: p for i, p in zip(at, powers, strict=True)})
    return None


def _possible(
    y: np.ndarray, slack: np.ndarray, logs: np.ndarray, slacks: np.ndarray
) -> list[tuple[list[int], tuple[float, ...]]]:
    """Columns (k, N) and powers that the first rows allow; those of one column come first."""
    y, logs = y[:_FIRST], logs[:, :_FIRST]
    most, own = slacks.max(1), float(slack.max())
    out: list[tuple[list[int], tuple[float, ...]]] = []
    for power in _OF_ONE:
        left = np.ptp(y - power * logs, axis=1) <= 2 * (own + abs(power) * most) + 1e-12
        out += [([i], (power,)) for i in np.flatnonzero(left).tolist()]
    first, second = np.triu_indices(len(logs), 1)
    for a, b in _OF_TWO:
        apart = np.ptp(y - a * logs[first] - b * logs[second], axis=1)
        left = apart <= 2 * (own + most[first] + most[second]) + 1e-12
        out += [([int(first[i]), int(second[i])], (a, b)) for i in np.flatnonzero(left)]
    return out
