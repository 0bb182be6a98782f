"""Makes the actions of a trained policy weaker, as far as that serves it."""

from __future__ import annotations

import numpy as np

from ..oracles.pool import run_all
from ..robots.morphology import Robot
from ..robots.policy import Policy
from ..robots.robots import drive

FACTORS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
DESIGNS = 60
_SEED = 7


def soften(
    robot: Robot, policy: Policy, workers: int | None = None, designs: int = DESIGNS
) -> tuple[Policy, float]:
    """Multiplies the last layer with the factor of the best mean return on random robots.

    A policy that has learnt under noise acts more strongly than it needs to without.

    Args:
        robot: which of the two.
        policy: that was trained.
        workers: processes; None means all cores.
        designs: how many random robots.

    Returns:
        The policy and the factor, one of ``FACTORS``.
    """
    rng = np.random.default_rng(_SEED)
    robots = [robot.space.vary(rng) for _ in range(designs)]
    softer = [policy.scaled(factor).rounded() for factor in FACTORS]
    items = [(robot.name, design, driver) for driver in softer for design in robots]
    results = np.array(run_all(drive, items, workers=workers, desc="weaker actions"))
    best = int(results[:, 0].reshape(len(FACTORS), designs).mean(axis=1).argmax())
    return softer[best], FACTORS[best]
