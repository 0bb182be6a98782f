"""Which known designs keep what the person asked of proposals."""

from __future__ import annotations

import numpy as np

from .columns import Numbers
from .understood import Understood

# Of what a rule adds up: sums are found in tables whose rows keep them within as much.
SLACK = 0.015
ROUNDING = 1e-9


def within_limits(known: Understood) -> np.ndarray:
    """The distinct designs that have what is fixed, and keep bounds and rules, (N,) bool."""
    kept = np.ones(len(known.scores), dtype=bool)
    for name, value in known.fixed.items():
        if name in known.values:
            kept &= known.values[name] == value
    for column in known.columns:
        if isinstance(column, Numbers):
            own = known.values[column.name]
            slack = ROUNDING * max(abs(column.low), abs(column.high))
            kept &= (own >= column.low - slack) & (own <= column.high + slack)
    for rule in known.rules:
        parts = [factor * known.values[name] for name, factor in rule.coefficients.items()]
        slack = SLACK * float(np.abs(parts).sum(0).mean())
        total = np.sum(parts, axis=0)
        kept &= (total >= rule.low - slack) & (total <= rule.high + slack)
    for most in known.at_most:
        present = np.array([known.values[name] != 0 for name in most.names])
        kept &= present.sum(0) <= most.count
    return kept
