"""The numba forms of ``zonal`` and ``solve``, and the switch that turns them off.

Every function here has a plain form elsewhere, with which tests compare it. Nothing is here that
exists in one form only, and numba is imported by :mod:`.loops` and what imports it.
"""

from .passes import (
    Evaluator,
    available,
    correct_near,
    evaluator,
    multiply_both,
    pair_sums,
    residuals,
    use,
)

__all__ = [
    "Evaluator",
    "available",
    "correct_near",
    "evaluator",
    "multiply_both",
    "pair_sums",
    "residuals",
    "use",
]
