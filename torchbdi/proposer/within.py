"""Which known designs keep what the person asked of proposals."""

from __future__ import annotations

import numpy as np

from .columns.column import Numbers
from .settings import Settings
from .understood import Understood

# Of what an equation adds up: sums are found in tables whose rows keep them within as much.
SLACK = 0.015
ROUNDING = 1e-9


def within_limits(known: Understood, settings: Settings) -> np.ndarray:
    """The distinct designs that have what is fixed, and keep bounds and rules, (N,) bool."""
    kept = np.ones(len(known.scores), dtype=bool)
    for name, value in known.fixed.items():
        if name in known.values:
            kept &= known.values[name] == value
    for column in known.columns:
        if isinstance(column, Numbers) and column.name in settings.bounds:
            own = known.values[column.name]
            slack = ROUNDING * float(np.abs(own).max())
            low, high = settings.bounds[column.name]
            if low is not None:
                kept &= own >= low - slack
            if high is not None:
                kept &= own <= high + slack
    for rule in known.rules:
        parts = [factor * known.values[name] for name, factor in rule.coefficients.items()]
        size = float(np.abs(parts).sum(0).mean())
        slack = size * (SLACK if rule.is_equation else ROUNDING)
        total = np.sum(parts, axis=0)
        kept &= (total >= rule.low - slack) & (total <= rule.high + slack)
    for most in known.at_most:
        amounts = np.array([known.values[name] for name in most.names])
        kept &= (amounts != 0).sum(0) <= most.count
        kept &= ((amounts == 0) | (amounts >= most.least * (1 - ROUNDING))).all(0)
    return kept
