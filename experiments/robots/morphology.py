"""What the Ant and the D'Kitty task have in common: designs of four legs, and how one is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from .episode import Array, Episode

LEGS = 4
#: Length of an episode, in steps.
STEPS = 100

_BROKEN = [
    getattr(mujoco.mjtWarning, f"mjWARN_BAD{name}").value for name in ("QPOS", "QVEL", "QACC")
]


@dataclass(frozen=True)
class DesignSpace:
    """The numbers of a design: those of its four legs, one leg after the other.

    Attributes:
        parts: names of a leg's P numbers.
        leg_lower: smallest values, (P,).
        leg_upper: largest values, (P,).
        legs: the original robot's, (4, P).
        variation: spread of the random designs that design-bench's tables begin with, as a share
            of half the range of each number.
    """

    parts: tuple[str, ...]
    leg_lower: tuple[float, ...]
    leg_upper: tuple[float, ...]
    legs: tuple[tuple[float, ...], ...]
    variation: float

    @property
    def size(self) -> int:
        """Numbers of a design, D = 4 P."""
        return LEGS * len(self.parts)

    @property
    def default(self) -> Array:
        """The original robot, (D,)."""
        return np.array(self.legs).ravel()

    @property
    def lower(self) -> Array:
        """Smallest values, (D,)."""
        return np.tile(self.leg_lower, LEGS)

    @property
    def upper(self) -> Array:
        """Largest values, (D,)."""
        return np.tile(self.leg_upper, LEGS)

    def clip(self, design: NDArray[np.floating]) -> Array:
        """Moves numbers that are out of bounds to the bound.

        Raises:
            InputError: the design has another shape or holds a number that is not finite.
        """
        design = np.asarray(design)
        if design.shape != (self.size,) or not np.isfinite(design).all():
            # Loading torch takes seconds, and a worker process has no other use for it.
            from torchbdi import InputError

            raise InputError(
                f"a design is {self.size} finite numbers, shape ({self.size},); got shape "
                f"{design.shape} with {np.size(design) - np.isfinite(design).sum()} not finite"
            )
        return np.clip(design.astype(np.float64), self.lower, self.upper)

    def normalise(self, design: Array) -> Array:
        """Maps the bounds to -1 and 1, (..., D); a number that cannot change becomes -1."""
        span = np.maximum(self.upper - self.lower, 1e-5)
        return 2 * (design - self.lower) / span - 1.0

    def denormalise(self, normalised: Array) -> Array:
        """The inverse of ``normalise``."""
        return (normalised + 1.0) / 2.0 * (self.upper - self.lower) + self.lower

    def vary(self, rng: np.random.Generator, spread: float = 1.0) -> Array:
        """A random design near the original robot, within the bounds, (D,).

        Args:
            rng: for the noise.
            spread: 0 for the original robot, 1 for ``variation``.
        """
        noise = rng.normal(0, spread * self.variation, self.size)
        return self.clip(self.default + noise * (self.upper - self.lower) / 2)

    def split(self, design: Array) -> list[dict[str, float]]:
        """The legs of a design, each by the names of its numbers."""
        rows = design.reshape(LEGS, -1).tolist()
        return [dict(zip(self.parts, row, strict=True)) for row in rows]


class Simulation(Protocol):
    """A robot in the simulator."""

    def reset(self) -> Array:
        """Puts the robot at the start, which is the same every time; returns the observation."""

    def step(self, action: Array) -> tuple[Array, float, bool]:
        """Applies an action; returns observation, reward and whether the episode is over."""

    @property
    def distance(self) -> float:
        """Metres covered in the direction wanted."""


@dataclass(frozen=True)
class Robot:
    """One of the two tasks' robots.

    Attributes:
        name: of the task.
        title: for readers.
        space: its designs.
        simulate: builds the robot of a design.
        rollout: design and file of a policy to raw return.
        observation: entries of an observation, with the design.
        action: entries of an action.
        body_length: m.
        action_cost: what a step's reward loses to the action, times the sum of its squares.
    """

    name: str
    title: str
    space: DesignSpace
    simulate: Callable[[NDArray[np.floating]], Simulation]
    rollout: Callable[[NDArray[np.floating], Path], float]
    observation: int
    action: int
    body_length: float
    action_cost: float


def compile_robot(xml: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """Model and state of a robot in MuJoCo's language."""
    # MuJoCo would write warnings to a file in the working directory; ``diverged`` finds them.
    mujoco.set_mju_user_warning(_ignore)
    model = mujoco.MjModel.from_xml_string(xml)
    return model, mujoco.MjData(model)


def _ignore(_: str) -> None:
    """Does nothing."""


def diverged(data: mujoco.MjData) -> bool:
    """Whether the simulation has blown up since the last reset; MuJoCo goes on from the start."""
    return any(data.warning[number].number for number in _BROKEN)


def run_policy(
    simulation: Simulation, policy: Callable[[Array], Array], steps: int = STEPS
) -> Episode:
    """Runs one episode; it ends after ``steps`` steps or when the simulation says so."""
    observations, rewards = [simulation.reset()], list[float]()
    total, over = 0.0, False
    while not over and len(rewards) < steps:
        observation, reward, over = simulation.step(policy(observations[-1]))
        total += reward
        observations.append(observation)
        rewards.append(reward)
    return Episode(np.array(observations), np.array(rewards), total, simulation.distance)
