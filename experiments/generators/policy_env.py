"""Reinforcement learning's view of the Ant and the D'Kitty, with other legs in every episode."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from ..oracles.morphology import STEPS, Robot


class VariedRobot(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """Episodes of 100 steps, each with a random design near the original robot.

    Actions are taken before the tanh, so that the best guess of a policy with normal noise is the
    action that it will take without.

    Args:
        robot: which of the two.
    """

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.set_difficulty(1.0, 1.0)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (robot.observation,))
        self.action_space = gymnasium.spaces.Box(-5.0, 5.0, (robot.action,))

    def set_difficulty(self, spread: float, action_cost: float) -> None:
        """Makes the next episodes easier than the task.

        Args:
            spread: of the legs: 0, always the original robot; 1, as in the task.
            action_cost: share of what an action costs that is counted; 1, as in the task.
        """
        self.spread, self.action_cost = spread, action_cost

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Builds the next robot."""
        super().reset(seed=seed)
        self._simulation = self.robot.simulate(self.robot.space.vary(self.np_random, self.spread))
        self._steps = 0
        return self._simulation.reset().astype(np.float32), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Observation, reward, whether it is over, whether time is up, and nothing more."""
        taken = np.tanh(action.astype(np.float64))
        observation, reward, over = self._simulation.step(taken)
        reward += (1 - self.action_cost) * self.robot.action_cost * float(np.square(taken).sum())
        self._steps += 1
        return observation.astype(np.float32), reward, over, self._steps >= STEPS, {}
