"""The true function of the Ant task: how far a fixed policy drives a robot with given legs.

A design holds the shape of four legs. The robot is built from it, and a policy that sees the design
beside the state of the robot drives it for 100 steps of 0.05 s. The return grows with the distance
covered along x; the rules are those of morphing-agents 1.5.1.

MuJoCo 2, on which the original ran, leaves the contact forces out unless a sensor asks for them. So
their 84 entries of the observation and their cost are zero there, and here.

Sources: morphing-agents 1.5.1, ``mujoco/ant`` (robot, observation, reward); design-bench 2.0.20,
``oracles/exact/ant_morphology_oracle.py`` (episode).
"""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from .morphology import DesignSpace, Robot, compile_robot, diverged, run_policy
from .policy import Array, load_policy

#: What a leg's 15 numbers are: where it sits (m) and how it is turned (degrees), the middle and
#: half width of the range of its three joints (degrees), and a third of its length (m) thrice.
LEG = (
    *("x", "y", "z", "a", "b", "c"),
    *("hip_center", "hip_range", "thigh_center", "thigh_range", "ankle_center", "ankle_range"),
    *("hip_size", "thigh_size", "ankle_size"),
)
SPACE = DesignSpace(
    parts=LEG,
    leg_lower=(*(-0.1,) * 3, *(-180.0,) * 3, *(-180.0, 5.0) * 3, 0.1, 0.1, 0.2),
    leg_upper=(*(0.1,) * 3, *(180.0,) * 3, *(180.0, 45.0) * 3, 0.4, 0.4, 0.8),
    legs=tuple(
        (0.0, 0.0, 0.0, 0.0, 0.0, turn, 0.0, 5.0, 0.0, 30.0, 50.0, 20.0, 0.2, 0.2, 0.4)
        for turn in (0.0, 90.0, 180.0, -90.0)
    ),
    variation=0.075,
)

_FRAME_SKIP = 5
_CONTROL_COST = 0.5
_SURVIVAL_REWARD = 1.0
_JOINTS = ("hip", "thigh", "ankle")

_ROBOT = """
<mujoco model="ant">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" timestep="0.01"/>
  <default>
    <joint armature="1" damping="1" limited="true"/>
    <geom conaffinity="0" condim="3" density="5" friction="1 0.5 0.5" margin="0.01"/>
    <motor ctrllimited="true" ctrlrange="-1 1" gear="150"/>
  </default>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1"/>
    <body name="torso" pos="0 0 1.25">
      <geom type="sphere" size="0.25"/>
      <joint type="free" armature="0" damping="0" limited="false" margin="0.01"/>
      {legs}
    </body>
  </worldbody>
  <actuator>{motors}</actuator>
</mujoco>
"""


def _leg(number: int, leg: dict[str, float]) -> str:
    """One leg: a rod that is fixed to the torso, one with two joints, one with one joint."""
    hip, thigh, ankle = (leg[f"{joint}_size"] for joint in _JOINTS)
    ranges = {
        joint: f"{leg[f'{joint}_center'] - leg[f'{joint}_range']} "
        f"{leg[f'{joint}_center'] + leg[f'{joint}_range']}"
        for joint in _JOINTS
    }
    return f"""
      <body pos="{leg["x"]} {leg["y"]} {leg["z"]}" euler="{leg["a"]} {leg["b"]} {leg["c"]}">
        <geom type="capsule" size="0.08" fromto="0 0 0 {hip} {hip} 0"/>
        <body pos="{hip} {hip} 0">
          <joint name="hip_{number}" axis="-1 1 0" range="{ranges["hip"]}"/>
          <joint name="thigh_{number}" axis="0 0 1" range="{ranges["thigh"]}"/>
          <geom type="capsule" size="0.08" fromto="0 0 0 {thigh} {thigh} 0"/>
          <body pos="{thigh} {thigh} 0">
            <joint name="ankle_{number}" axis="-1 1 0" range="{ranges["ankle"]}"/>
            <geom type="capsule" size="0.08" fromto="0 0 0 {ankle} {ankle} 0"/>
          </body>
        </body>
      </body>"""


def robot_xml(design: NDArray[np.floating]) -> str:
    """The robot of a design, in MuJoCo's language.

    Args:
        design: (60,), finite; numbers out of bounds are moved to the bound.

    Raises:
        InputError: the design has another shape or holds a number that is not finite.
    """
    legs = SPACE.split(SPACE.clip(design))
    motors = "".join(
        f'<motor joint="{joint}_{number}"/>' for number in range(len(legs)) for joint in _JOINTS
    )
    return _ROBOT.format(legs="".join(map(_leg, range(len(legs)), legs)), motors=motors)


class Ant:
    """The robot of one design in the simulator; see ``morphology.Simulation``.

    An observation is the position but for x and y (17), the speeds (18), the contact forces (84,
    zero) and the normalised design (60).
    """

    def __init__(self, design: NDArray[np.floating]) -> None:
        self.model, self.data = compile_robot(robot_xml(design))
        contact_forces = np.zeros(6 * self.model.nbody)
        self._constant = np.concatenate((contact_forces, SPACE.normalise(SPACE.clip(design))))
        self._torso = self.data.xpos[1]  # a view

    def reset(self) -> Array:
        """Puts the robot at the start; returns the observation (179,)."""
        mujoco.mj_resetData(self.model, self.data)
        mujoco.mj_forward(self.model, self.data)
        return self._observe()

    def step(self, action: Array) -> tuple[Array, float, bool]:
        """Applies an action (12,) for 0.05 s; over when the simulation has blown up."""
        before = float(self._torso[0])
        self.data.ctrl[:] = action
        mujoco.mj_step(self.model, self.data, nstep=_FRAME_SKIP)
        if diverged(self.data):
            return self._observe(), 0.0, True
        speed = (float(self._torso[0]) - before) / (self.model.opt.timestep * _FRAME_SKIP)
        cost = _CONTROL_COST * float(np.square(action).sum())
        return self._observe(), speed - cost + _SURVIVAL_REWARD, False

    @property
    def distance(self) -> float:
        """Metres covered along x."""
        return float(self._torso[0])

    def _observe(self) -> Array:
        return np.concatenate((self.data.qpos[2:], self.data.qvel, self._constant))


def rollout(design: NDArray[np.floating], policy: Path) -> float:
    """The raw return of a design (60,) under the policy of a file."""
    return run_policy(Ant(design), load_policy(policy)).total


ROBOT = Robot(
    "ant",
    "Ant",
    SPACE,
    Ant,
    rollout,
    observation=179,
    action=12,
    body_length=0.5,
    action_cost=_CONTROL_COST,
)
