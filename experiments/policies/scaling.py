"""Observations on a scale that a network can learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..robots.morphology import Robot, run_policy
from ..robots.policy import Array

_ROBOTS = 60
_DESIGNS = 2000
_NOISE = 0.6
_SEED = 5
#: Standardised numbers of a design, all new in every episode, would drown the robot's state.
_DESIGN_WEIGHT = 0.5


@dataclass(frozen=True)
class Scaling:
    """Centres and scales observations, so that a network can learn from them.

    The constants are measured once, on robots as varied as in the task. Running ones, as is usual,
    would be wrong while the variation rises: a number of the design that has hardly changed yet
    would be blown up as soon as it does.

    Attributes:
        mean: of every entry, (D,).
        factor: that it is multiplied with after, (D,); 0 for an entry that never changes.
    """

    mean: Array
    factor: Array

    @classmethod
    def measure(cls, robot: Robot) -> Scaling:
        """Lets 60 random robots move at random; the same for every call."""
        rng = np.random.default_rng(_SEED)
        space = robot.space

        def noise(_: Array) -> Array:
            return np.tanh(rng.normal(0.0, _NOISE, robot.action))

        episodes = [run_policy(robot.simulate(space.vary(rng)), noise) for _ in range(_ROBOTS)]
        seen = np.concatenate([episode.observations for episode in episodes])
        designs = np.array([space.normalise(space.vary(rng)) for _ in range(_DESIGNS)])
        mean, std = seen.mean(axis=0), seen.std(axis=0)
        mean[-space.size :], std[-space.size :] = designs.mean(axis=0), designs.std(axis=0)
        factor = inverse(std)
        factor[-space.size :] *= _DESIGN_WEIGHT
        return cls(mean, factor)

    def fold(self, weight: Array, bias: Array) -> tuple[Array, Array]:
        """A layer for what is scaled, (H, D) and (H,), as one for what is not."""
        weight = weight * self.factor
        return weight, bias - weight @ self.mean

    def __call__(self, observation: Array) -> NDArray[np.float32]:
        """The observation as the network sees it, (D,)."""
        return ((observation - self.mean) * self.factor).astype(np.float32)


def inverse(std: Array) -> Array:
    """1 / std, and 0 for what never changes."""
    return np.divide(1.0, std, out=np.zeros_like(std), where=std > 1e-6)
