"""The true function of the D'Kitty task: how well a fixed policy walks a robot to a mark.

A design holds the shape of four legs. The robot is built from it, and a policy that sees the design
beside the state of the robot drives it for 100 steps of 0.1 s, towards a mark two metres ahead.
The rules are those of morphing-agents 1.5.1 and ROBEL 0.1.2. An episode ends when the robot falls.

Sources: morphing-agents 1.5.1, ``mujoco/dkitty`` (robot, observation, reward); ROBEL 0.1.2,
``components/robot`` (actions) and ``components/tracking`` (angles); design-bench 2.0.20,
``oracles/exact/dkitty_morphology_oracle.py`` (episode).
"""

from __future__ import annotations

import math
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from .dkitty_robot import JOINTS, SPACE, robot_xml
from .morphology import Robot, compile_robot, diverged, run_policy
from .policy import Array, load_policy

_FRAME_SKIP = 40
_SECONDS = 0.0025 * _FRAME_SKIP
_MAX_SPEED = np.float32(math.pi)  # rad/s that a command may ask of a joint
_TARGET = 2.0 * np.array([math.cos(math.pi / 2), math.sin(math.pi / 2)])
_UPRIGHT = 0.9  # cosine of the tilt below which the robot counts as fallen
_FALL = -500.0
_NEAR = 0.5  # m from the mark


class DKitty:
    """The robot of one design in the simulator; see ``morphology.Simulation``.

    An observation is the torso's position (3) and angles (3), the joints' (12), the torso's speeds
    (6), the joints' (12), the action before (12), how upright it is, how well it heads for the mark
    (cosines), the way to the mark (2) and the normalised design (56).

    Args:
        design: (56,), finite; numbers out of bounds are moved to the bound.
        thigh_quirk: see ``robot_xml``.

    Raises:
        InputError: the design has another shape or holds a number that is not finite.
    """

    def __init__(self, design: NDArray[np.floating], thigh_quirk: bool = True) -> None:
        design = SPACE.clip(design)
        self.model, self.data = compile_robot(robot_xml(design, thigh_quirk))
        self._design = SPACE.normalise(design)
        joints = [(leg, joint) for leg in SPACE.split(design) for joint in JOINTS]
        middle = np.array([leg[f"{joint}_center"] for leg, joint in joints])
        width = np.array([leg[f"{joint}_range"] for leg, joint in joints])
        # ROBEL keeps these in float32, and so what an action means.
        ranges = np.stack((middle - width, middle + width), axis=1).astype(np.float32)
        self._low, self._high = ranges.T
        self._middle = ranges.mean(axis=1)
        self._half = np.float32(0.5) * (self._high - self._low)
        self._position, self._joints = self.data.qpos[:6], self.data.qpos[6:]  # views
        self._last_action = np.zeros(12)

    def reset(self) -> Array:
        """Puts the robot at the start, in the air with straight legs; returns the observation."""
        mujoco.mj_resetData(self.model, self.data)
        self._joints[:] = np.clip(np.zeros(12), self._low, self._high)
        mujoco.mj_forward(self.model, self.data)
        self._last_action = np.zeros(12)
        return self._observe()

    def step(self, action: Array) -> tuple[Array, float, bool]:
        """Applies an action (12,) for 0.1 s; over when the robot has fallen."""
        self._last_action = action = np.clip(action, -1.0, 1.0)
        goal = np.clip(self._middle + action * self._half, self._low, self._high)
        speed = np.clip((goal - self._joints) / _SECONDS, -_MAX_SPEED, _MAX_SPEED)
        self.data.ctrl[:] = self._joints + speed * _SECONDS
        mujoco.mj_step(self.model, self.data, nstep=_FRAME_SKIP)
        observation = self._observe()
        if diverged(self.data):
            return observation, 0.0, True
        upright, heading = float(observation[48]), float(observation[49])
        away = float(np.linalg.norm(observation[50:52]))
        fallen, near, ahead = upright < _UPRIGHT, away < _NEAR, heading > 0.9
        reward = (
            (upright - _UPRIGHT) / (1 - _UPRIGHT)
            + _FALL * fallen
            - 4.0 * away
            + 2.0 * (heading - 0.9) / 0.1
            # One bonus for either: the original adds up two truth values, which is "or".
            + 5.0 * (near or ahead)
            + 10.0 * (near and ahead)
        )
        return observation, reward, fallen

    @property
    def distance(self) -> float:
        """Metres covered towards the mark's side."""
        return float(self._position[1])

    def _observe(self) -> Array:
        # The torso's rotation is Rx Ry Rz; these are the entries of that matrix which are needed.
        (cx, cy, cz), (sx, sy, sz) = (f(self._position[3:]) for f in (np.cos, np.sin))
        upright = cx * cy
        angles = (
            math.atan2(sx * cy, upright),
            math.atan2(sy, math.hypot(upright, sx * cy)),
            math.atan2(cy * sz, cy * cz),
        )
        forward = np.array((-cy * sz, cx * cz - sx * sy * sz))
        way = _TARGET - self._position[:2]
        lengths = float(np.linalg.norm(forward) * np.linalg.norm(way))
        heading = float(forward @ way) / (lengths or 1.0)
        return np.concatenate(
            (
                *(self._position[:3], angles, self._joints, self.data.qvel, self._last_action),
                *((upright, heading), way, self._design),
            )
        )


def rollout(design: NDArray[np.floating], policy: Path) -> float:
    """The raw return of a design (56,) under the policy of a file."""
    return run_policy(DKitty(design), load_policy(policy)).total


ROBOT = Robot(
    "dkitty",
    "D'Kitty",
    SPACE,
    DKitty,
    rollout,
    observation=108,
    action=12,
    body_length=0.3,
    action_cost=0.0,
)
