"""The D'Kitty of a design, in MuJoCo's language.

The numbers are those of the D'Kitty of ROBEL 0.1.2 (``dkitty_walk-v0.xml`` and the files that it
includes; Apache-2.0), but for what only shows in pictures. The torso's six pieces, meshes there,
are given by their eight corners.
"""

from __future__ import annotations

from .morphology import DesignSpace
from .policy import Array

_PI = 3.141592653589793

#: What a leg's 14 numbers are: where it sits (m) and how it is turned (rad), the middle and half
#: width of the range of its three joints (rad), and the lengths of its two upper parts (m).
PARTS = (
    *("x", "y", "z", "a", "b", "c"),
    *("hip_center", "hip_range", "thigh_center", "thigh_range", "ankle_center", "ankle_range"),
    *("thigh_size", "ankle_size"),
)
_RANGES = (_PI / 4, _PI / 4, _PI / 2)
SPACE = DesignSpace(
    parts=PARTS,
    leg_lower=(-0.09, -0.122, 0.0, *(-_PI,) * 3, *(-_PI, _PI / 35) * 3, 0.0965, 0.0945),
    leg_upper=(
        *(0.09, 0.122, 0.0, *(_PI,) * 3),
        *(number for width in _RANGES for number in (_PI, width)),
        *(0.1365, 0.1345),
    ),
    legs=tuple(
        (
            *(0.09 * side, 0.122 * end, 0.0, 0.0, -3.14 * side, 0.0),
            *(-0.1105 * side, 0.3895, _PI / 4, _PI / 4, -1.0, 1.0),
            *(0.0965, 0.0945),
        )
        for side, end in ((1, 1), (-1, 1), (-1, -1), (1, -1))
    ),
    variation=0.1,
)

#: Front right, front left, back left, back right: the order of a design's legs.
LEGS = ("FR", "FL", "BL", "BR")
JOINTS = ("hip", "thigh", "ankle")

#: The torso's pieces, front to back: half width and y of either end (m), mass (kg).
_TORSO = (
    ((0.06244247, -0.10598843), (0.06233550, -0.13791661), 0.038),
    ((0.06166623, -0.10582042), (0.04427562, -0.05333160), 0.085),
    ((0.04458495, -0.05353842), (0.03943038, 0.00111323), 0.065),
    ((0.04458495, 0.05353842), (0.03943038, -0.00111323), 0.065),
    ((0.06166623, 0.10582037), (0.04427562, 0.05333156), 0.085),
    ((0.06244247, 0.10598838), (0.06233550, 0.13791656), 0.038),
)
_HALF_HEIGHT = (-0.01762137, 0.01761886)

_SCENE = """
<mujoco model="dkitty">
  <compiler angle="radian" inertiafromgeom="auto" inertiagrouprange="4 5"/>
  <option timestep="0.0025"/>
  <default>
    <default class="dkitty">
      <joint limited="true" damping="1" armature="0.001"/>
      <geom condim="4" group="4" margin="0.001" solref=".02 1" solimp=".8 .9 .01"/>
      <position ctrllimited="true" kp="5"/>
    </default>
  </default>
  <asset>
    <hfield name="ground" size="4.5 4.5 1 .1" nrow="120" ncol="120"/>
    {meshes}
  </asset>
  <worldbody>
    <geom name="floor" type="plane" size="5 5 .1"/>
    <geom name="ground" type="hfield" hfield="ground" pos="0 0 -.005"/>
    <body name="frame" pos="0 0 .3">
      <geom type="sphere" size=".01" mass=".01" group="4"/>
      <joint name="Tx" type="slide" axis="1 0 0" limited="true" range="-10 10"/>
      <joint name="Ty" type="slide" axis="0 1 0" limited="true" range="-10 10"/>
      <joint name="Tz" type="slide" axis="0 0 1" limited="true" range="-2 2"/>
      <joint name="Rx" axis="1 0 0" limited="true" range="-3.14 3.14"/>
      <joint name="Ry" axis="0 1 0" limited="true" range="-3.14 3.14"/>
      <joint name="Rz" axis="0 0 1" limited="true" range="-3.14 3.14"/>
      <body name="torso" childclass="dkitty">
        {torso}
        {motors}
        {legs}
      </body>
    </body>
  </worldbody>
  <actuator>{actuators}</actuator>
</mujoco>
"""

_LEG = """
<body pos="{x} {y} {z}" euler="{a} {b} {c}">
  <joint name="{name}_hip" axis="0 1 0" range="{hip}"/>
  <geom type="box" euler="0 0 1.57" pos="0 -0.02 0.026" size="0.0015 0.013 0.029" mass=".005"/>
  <geom type="box" euler="0 0 1.57" pos="0 0.02 0.026" size="0.0015 0.013 0.029" mass=".005"/>
  <geom type="box" euler="0 0 1.57" pos="0 0 0.051" size="0.019 0.016 0.004" mass=".008"/>
  <geom type="box" pos="0 0 0.061" size="0.019 0.013 0.006" mass=".005"/>
  <geom type="box" pos="0 0 0.084" size="0.018 0.015 0.024" mass=".095"/>
  <body pos="0 0 {thigh_size}">
    <joint name="{name}_thigh" axis="1 0 0" range="{thigh}"/>
    <geom type="box" pos="0 0 0.051" size="0.019 0.016 0.004" mass=".008"/>
    <geom type="box" pos="-0.02 0 0.026" size="0.0015 0.013 0.029" mass=".005"/>
    <geom type="box" pos="0.02 0 0.026" size="0.0015 0.013 0.029" mass=".005"/>
    <geom type="box" pos="0 0 0.084" size="0.018 0.015 0.023" mass=".095"/>
    <geom type="box" pos="0 0 0.06" size="0.019 0.013 0.006" mass=".005"/>
    <body pos="0 0 {ankle_size}">
      <joint name="{name}_ankle" axis="1 0 0" range="{ankle}"/>
      <geom type="box" pos="0.02 0 0.026" size="0.0015 0.013 0.029" mass=".005"/>
      <geom type="box" pos="-0.02 0 0.026" size="0.0015 0.013 0.029" mass=".005"/>
      <geom type="box" pos="0 0 0.052" size="0.019 0.016 0.004" mass=".008"/>
      <geom type="box" pos="0 0 0.058" size="0.025 0.014 0.003" mass=".002"/>
      <geom type="capsule" pos="0 0 0.082" size="0.0103 0.0187" mass=".02"/>
    </body>
  </body>
</body>"""


def robot_xml(design: Array, thigh_quirk: bool = True) -> str:
    """The robot of a design.

    Args:
        design: (56,), within the bounds.
        thigh_quirk: give the thigh's joint and motor the width of the hip's range, as
            morphing-agents does; False gives them their own.
    """
    meshes, torso = [], []
    for number, (near, far, mass) in enumerate(_TORSO):
        corners = [
            (sign * x, y, z) for x, y in (near, far) for sign in (-1, 1) for z in _HALF_HEIGHT
        ]
        vertices = " ".join(str(value) for corner in corners for value in corner)
        meshes.append(f'<mesh name="torso_{number}" vertex="{vertices}"/>')
        torso.append(f'<geom type="mesh" mesh="torso_{number}" mass="{mass}"/>')
    motors = [
        f'<geom type="box" pos="{x} {y} 0" size="0.024 0.018 0.015" mass=".086"/>'
        for x, y in ((0.078, -0.122), (-0.078, -0.122), (-0.078, 0.122), (0.078, 0.122))
    ]
    legs, actuators = [], []
    for name, leg in zip(LEGS, SPACE.split(design), strict=True):
        widths = {joint: leg[f"{joint}_range"] for joint in JOINTS}
        if thigh_quirk:
            widths["thigh"] = widths["hip"]
        ranges = {
            joint: f"{leg[f'{joint}_center'] - widths[joint]} "
            f"{leg[f'{joint}_center'] + widths[joint]}"
            for joint in JOINTS
        }
        legs.append(_LEG.format(name=name, **leg, **ranges))
        actuators += [
            f'<position joint="{name}_{joint}" class="dkitty" ctrlrange="{ranges[joint]}"/>'
            for joint in JOINTS
        ]
    return _SCENE.format(
        meshes="".join(meshes),
        torso="".join(torso),
        motors="".join(motors),
        legs="".join(legs),
        actuators="".join(actuators),
    )
