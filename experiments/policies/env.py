"""Reinforcement learning's view of a robot, with other legs in every episode."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from ..robots.morphology import STEPS, Robot
from .recipes import TASK, Lesson
from .scaling import Scaling


class VariedRobot(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """Episodes, each with a random design near the original robot.

    Actions are tanh(gain a): taken before the tanh, so that the best guess of a policy with normal
    noise is the action that it will take without.

    Args:
        robot: which of the two.
        scaling: of the observations.
        gain: of the actions.
    """

    def __init__(self, robot: Robot, scaling: Scaling, gain: float) -> None:
        self.robot, self.scaling, self.gain = robot, scaling, gain
        self.lesson = TASK
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (robot.observation,))
        self.action_space = gymnasium.spaces.Box(-5.0, 5.0, (robot.action,))

    def set_lesson(self, lesson: Lesson) -> None:
        """Makes the episodes easier than the task."""
        self.lesson = lesson

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Builds the next robot."""
        super().reset(seed=seed)
        self._simulation = self.robot.simulate(
            self.robot.space.vary(self.np_random, self.lesson.spread)
        )
        self._steps = 0
        return self.scaling(self._simulation.reset()), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Observation, reward, whether it is over, whether time is up, and nothing more."""
        taken = np.tanh(self.gain * action.astype(np.float64))
        observation, reward, over = self._simulation.step(taken)
        reward += (
            (1 - self.lesson.action_cost) * self.robot.action_cost * float(np.square(taken).sum())
        )
        self._steps += 1
        return self.scaling(observation), reward, over, self._steps >= STEPS, {}
