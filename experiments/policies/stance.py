"""The pose in which a D'Kitty of any design stands.

Where the feet are in a pose follows from the lengths and angles in the design, without any trial.
So a network from design to pose is fitted to have them level and wide apart under the robot, by the
gradient of that kinematics; and, where it is told who falls (``landing``), to avoid that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import trange

from ..robots.dkitty import ROBOT
from ..robots.dkitty_robot import JOINTS, PARTS, SPACE
from ..robots.morphology import LEGS
from ..robots.policy import Array, Policy
from .network import as_policy, seeded_network
from .scaling import Scaling, inverse

#: Where the feet should be, from the torso (m): of a leg in front on the right, mirrored for the
#: others. The original robot's legs are at 0.09 and 0.122 and reach 0.29 down.
_STANCE = (0.17, 0.202, -0.22)
_FOOT = 0.1  # m from the ankle to the sole
_BATCH = 512
_RATE = 2e-3
_EFFORT = 1e-4  # weight of the action's size, m^2
_FALL = 0.1  # and of minus the log of the chance not to fall, m^2
_HIDDEN = 128


def feet(designs: Tensor, angles: Tensor) -> Tensor:
    """Where the soles are, from the middle of the torso.

    Args:
        designs: (N, 56).
        angles: of hip, thigh and ankle of each leg, (N, 4, 3), rad.

    Returns:
        (N, 4, 3), m.
    """
    legs = _legs(designs)
    hip, thigh, ankle = angles.unbind(-1)
    foot = _along_z(torch.full_like(hip, _FOOT))
    foot = _turn(foot, ankle, 0) + _along_z(legs["ankle_size"])
    foot = _turn(foot, thigh, 0) + _along_z(legs["thigh_size"])
    foot = _turn(foot, hip, 1)
    for axis, name in ((2, "c"), (1, "b"), (0, "a")):
        foot = _turn(foot, legs[name], axis)
    return foot + _named(designs, "x", "y", "z")


def commanded(designs: Tensor, actions: Tensor) -> Tensor:
    """The joints' angles that actions ask for.

    Args:
        designs: (N, 56).
        actions: between -1 and 1, (N, 12).

    Returns:
        (N, 4, 3), rad. A joint goes no further than its limit, which for the thigh has the width
        of the hip's range (see ``robot_xml``).
    """
    middle, limit = angle_limits(designs)
    offset = actions.unflatten(-1, (LEGS, len(JOINTS))) * half_ranges(designs)
    return middle + offset.clamp(-limit, limit)


def as_actions(designs: Tensor, angles: Tensor) -> Tensor:
    """The actions that ask for angles, (N, 4, 3), as far as actions reach, (N, 12)."""
    middle, _ = angle_limits(designs)
    return ((angles - middle) / half_ranges(designs)).clamp(-1, 1).flatten(1)


def angle_limits(designs: Tensor) -> tuple[Tensor, Tensor]:
    """Middle and half width of the ranges in which the joints can be, (N, 4, 3) each, rad."""
    middle = _named(designs, *(f"{joint}_center" for joint in JOINTS))
    return middle, half_ranges(designs)[..., [0, 0, 2]]


def half_ranges(designs: Tensor) -> Tensor:
    """Of the angles that actions between -1 and 1 ask for, (N, 4, 3), rad."""
    return _named(designs, *(f"{joint}_range" for joint in JOINTS))


def turns(designs: Tensor) -> Tensor:
    """How the legs are turned against the torso, (N, 4, 3), rad."""
    return _named(designs, "a", "b", "c")


def stance_error(designs: Tensor, actions: Tensor) -> Tensor:
    """How far the feet are from a good stance: above all level, and centred under the torso.

    Args:
        designs: (N, 56).
        actions: (N, 12).

    Returns:
        (N,), a weighted sum of squares, m^2.
    """
    side = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]).to(designs)
    x, y, z = _STANCE
    at = feet(designs, commanded(designs, actions))
    height = at[..., 2]
    aside = at[..., :2] - side * side.new_tensor([x, y])
    return (
        10 * (height - height.mean(-1, keepdim=True)).square().sum(-1)
        + 10 * aside.mean(1).square().sum(-1)
        + aside.square().sum((1, 2))
        + 0.1 * (height.mean(-1) - z).square()
    )


def fit_stance(
    seed: int,
    landing: Callable[[Tensor, Tensor], Tensor] | None = None,
    steps: int = 4000,
    count: int = 30_000,
) -> tuple[Policy, float]:
    """A policy that sees the design only and holds one pose, of little ``stance_error``.

    Args:
        seed: of the network's start and of the random robots.
        landing: robots and actions to the logits of a fall, (N,), which is then avoided too.
        steps: of Adam.
        count: random robots that it is fitted to.

    Returns:
        The policy, and the mean error on the robots of the last step, m^2.
    """
    rng = np.random.default_rng(seed)
    designs = np.array([SPACE.vary(rng) for _ in range(count)])
    normalised = SPACE.normalise(designs)
    scaling = Scaling(normalised.mean(axis=0), inverse(normalised.std(axis=0)))
    seen = torch.from_numpy(scaling(normalised))
    robots = torch.from_numpy(designs).float()
    network = seeded_network(SPACE.size, _HIDDEN, ROBOT.action, seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in trange(steps, desc="stance"):
        chosen = torch.from_numpy(rng.integers(count, size=_BATCH))
        said = network(seen[chosen])
        action = torch.tanh(said)
        error = stance_error(robots[chosen], action)
        loss = error + _EFFORT * said.square().sum(-1)
        if landing is not None:
            loss = loss + _FALL * nn.functional.softplus(landing(robots[chosen], action))
        optimiser.zero_grad()
        loss.mean().backward()
        optimiser.step()
        schedule.step()
    fitted = as_policy(network, scaling)
    (w0, w1, w2), biases = fitted.weights, fitted.biases
    blind = np.zeros((_HIDDEN, ROBOT.observation - SPACE.size))
    policy = Policy((np.hstack((blind, w0)), w1, w2), biases).rounded()
    return policy, float(error.detach().mean())


def told(stance: Policy, designs: Array) -> Array:
    """What a policy that sees the design only says to robots (N, 56): actions (N, 12)."""
    blind = np.zeros(ROBOT.observation - SPACE.size)
    return np.array([stance(np.concatenate((blind, SPACE.normalise(x)))) for x in designs])


def before_tanh(actions: Array) -> Array:
    """What a network says to have actions; those of size 1 are made finite."""
    return np.arctanh(np.clip(actions, -1 + 1e-6, 1 - 1e-6))


def _legs(designs: Tensor) -> dict[str, Tensor]:
    """The numbers of the legs by name, (N, 4) each."""
    numbers = designs.unflatten(-1, (LEGS, len(PARTS))).unbind(-1)
    return dict(zip(PARTS, numbers, strict=True))


def _named(designs: Tensor, *names: str) -> Tensor:
    """Three numbers of the legs, (N, 4, 3)."""
    legs = _legs(designs)
    return torch.stack([legs[name] for name in names], dim=-1)


def _along_z(length: Tensor) -> Tensor:
    zero = torch.zeros_like(length)
    return torch.stack([zero, zero, length], dim=-1)


def _turn(vector: Tensor, angle: Tensor, axis: int) -> Tensor:
    """Vectors (..., 3) turned about a coordinate axis by an angle (...)."""
    one, other = vector[..., (axis + 1) % 3], vector[..., (axis + 2) % 3]
    sin, cos = angle.sin(), angle.cos()
    parts = {
        axis: vector[..., axis],
        (axis + 1) % 3: cos * one - sin * other,
        (axis + 2) % 3: sin * one + cos * other,
    }
    return torch.stack([parts[i] for i in range(3)], dim=-1)
