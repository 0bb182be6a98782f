"""The robots whose legs are designs, by the name of their task."""

from __future__ import annotations

from . import ant, dkitty
from .morphology import run_policy
from .policy import Array, Policy

ROBOTS = {robot.name: robot for robot in (ant.ROBOT, dkitty.ROBOT)}


def drive(name: str, design: Array, policy: Policy) -> tuple[float, float]:
    """Return of one episode and metres covered; for the pool, so robots go by their names."""
    episode = run_policy(ROBOTS[name].simulate(design), policy)
    return episode.total, episode.distance
