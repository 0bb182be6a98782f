"""Whether rules contradict one another, shown by a certificate, before anything is computed.

By Farkas' lemma rules cannot be met together where a weighted sum of them cannot be met alone: the
least that it gives within the bounds lies above the most that the rules allow. The weights are
those by which the point that misses the rules least misses them. What has no such certificate
within the steps that are taken is left to the search for a first design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ..columns.grids import Grid
from ..columns.varying import fixed_number
from ..reading.ways import Ways
from ..settings import Settings

STEPS = 4000
LOOK_EVERY = 50
SLACK = 1e-9  # of the size of the terms, by which a certificate must exceed rounding


def require_together(
    rules: Sequence[Linear],
    given: Sequence[Linear],
    grids: Mapping[str, Grid],
    settings: Settings,
    ways: Ways,
) -> None:
    """Refuses rules that nothing within the bounds can meet at once.

    Args:
        rules: all.
        given: those of them that the person gave; the others hold in every row of the table.
        grids: of the columns of numbers.
        settings: the columns that are fixed.
        ways: how a way out is typed.

    Raises:
        InputError: it names the rules that contradict one another.
    """
    names = sorted({name for rule in rules for name in rule.coefficients})
    own = {name: fixed_number(settings, name) for name in settings.fix if name in names}
    fixed = {name: number for name, number in own.items() if number is not None}
    low = np.array([fixed.get(name, grids[name].number.low) for name in names])
    high = np.array([fixed.get(name, grids[name].number.high) for name in names])
    if len(rules) + len(fixed) < 2 or not np.isfinite([low, high]).all():
        return
    a = np.array([[rule.coefficients.get(name, 0.0) for name in names] for rule in rules])
    ends, box = np.array([[rule.low, rule.high] for rule in rules]).T, np.stack([low, high])
    weights = contradiction(a, ends, box)
    if weights is None:
        return
    at = np.flatnonzero(weights).tolist()
    # Fewer are easier to mend; those that hold in every row are the first to be left out.
    for i in sorted(at, key=lambda i: rules[i] in given):
        fewer = [j for j in at if j != i]
        if fewer and contradiction(a[fewer], ends[:, fewer], box) is not None:
            at = fewer
    parts = [rules[i] for i in at]
    involved = list(dict.fromkeys(name for rule in parts for name in rule.coefficients))
    told = [f"{name} = {v:g} (fixed)" for name, v in fixed.items() if name in involved]
    told += [f"{rule}" if rule in given else f"{rule} (in every row)" for rule in parts]
    out = [
        f"{ways('bounds', f'{name}=LOW:HIGH')} widens the bounds"
        for name in [name for name in involved if name not in fixed][:1]
    ]
    out += [
        f"{ways('free', next(iter(r.coefficients)))} gives up {r}" for r in parts if r not in given
    ]
    raise InputError(
        f"within the bounds of the columns no design meets these at once: {'; '.join(told)}. "
        f"Change one of them{''.join(f'; {way}' for way in out)}."
    )


def contradiction(a: np.ndarray, ends: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """Weights of rules that show that they cannot be met together within a box.

    Args:
        a: coefficients, (m, C).
        ends: lower and upper ends of the rules, (2, m), infinite for none.
        box: bounds of the columns, (2, C), finite.

    Returns:
        (m,), 0 for rules that have no part in it; None where no contradiction was found.
    """
    width = box[1] - box[0]
    size = np.abs(a * width).max(1)
    size = np.where(size > 0, size, np.maximum(np.abs(a).max(1), 1e-300))
    scaled, start = a * width / size[:, None], a @ box[0]
    low, high = (ends - start) / size
    # Nesterov's steps for half the squared distance of the rules from what they allow.
    rate = 1.0 / max(float(np.linalg.norm(scaled, 2)) ** 2, 1e-300)
    u = before = np.full(len(width), 0.5)
    for step in range(1, STEPS + 1):
        ahead = np.clip(u + (step - 1) / (step + 2) * (u - before), 0.0, 1.0)
        miss = scaled @ ahead
        miss -= np.clip(miss, low, high)
        if not miss.any():
            return None
        if step % LOOK_EVERY == 0 and (found := _proof(scaled, low, high, miss)) is not None:
            return found / size
        before, u = u, np.clip(ahead - rate * (scaled.T @ miss), 0.0, 1.0)
    return None


def _proof(
    a: np.ndarray, low: np.ndarray, high: np.ndarray, weights: np.ndarray
) -> np.ndarray | None:
    """The weights, without those that are next to nothing, where they prove a contradiction.

    The columns run from 0 to 1.
    """
    weights = np.where(np.abs(weights) > 1e-6 * np.abs(weights).max(), weights, 0.0)
    total = weights @ a
    ends = np.where(weights > 0, high, low)[weights != 0] * weights[weights != 0]
    least, most = np.minimum(total, 0).sum(), ends.sum()
    slack = SLACK * (np.abs(weights) @ np.abs(a).sum(1) + np.abs(ends).sum())
    return weights if least > most + slack else None
