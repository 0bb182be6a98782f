"""How a D'Kitty should walk: a trot of its feet, turned towards the mark.

Which angles put a foot where the trot wants it follows from the lengths and angles in the design,
so robots of any design can be told how to walk without a trial. What to do next depends on the
observation alone: how far the trot has got is read off the action before.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..robots.policy import Array
from .stance import angle_limits, as_actions, commanded, feet

#: Steps of a cycle, and each leg's share of it ahead of the first: the diagonals move together.
PERIOD = 9
_OFFSETS = (0.0, 0.5, 0.0, 0.5)
_GROUNDED = 0.5  # share of the cycle that a foot is on the ground
_STRIDE = 0.14  # m that a foot passes while it is on the ground, half a cycle
_LIFT = 0.08  # m
_BACK = 0.025  # m that the feet are further back than at rest
_TURN = 0.55  # rad that it turns the robot by meanwhile, at most
#: The robot turns at full rate from an error of 1 / _EAGER rad, and walks on less and less from
#: _STRAIGHT rad to _STRAIGHT + _SIDEWAYS.
_EAGER, _STRAIGHT, _SIDEWAYS = 5.0, 0.1, 0.3
#: It walks once its torso is this slow (m/s, and five times that in rad/s); before, it is landing.
_SETTLED = 0.03
_NEAR = 0.1  # distance of two actions, in the norm, that count as the same
_DAMPING = 1e-3
_NEWTON = 4
_AT_ONCE = 1000  # robots

# Entries of an observation; see ``DKitty``.
LAST = slice(36, 48)
_YAW, _WAY = 5, slice(50, 52)
_SPEEDS, _SPEED_WEIGHTS = slice(18, 24), np.array([1, 1, 1, 0.2, 0.2, 0.2])


def reach(designs: Tensor, angles: Tensor, goal: Tensor) -> Tensor:
    """The joints' angles that bring the feet as near to a goal as their limits allow.

    Args:
        designs: (N, 56).
        angles: where to start, (N, 4, 3), rad.
        goal: of the soles, from the middle of the torso, (N, 4, 3), m.

    Returns:
        (N, 4, 3), rad, by damped Gauss-Newton steps.
    """
    middle, width = angle_limits(designs)
    for _ in range(_NEWTON):
        variable = angles.detach().requires_grad_()
        at = feet(designs, variable)
        # A foot depends on the angles of its own leg only, so sums over legs do not mix them.
        rows = [
            torch.autograd.grad(at[..., axis].sum(), variable, retain_graph=True)[0]
            for axis in range(3)
        ]
        slope = torch.stack(rows, dim=-2)
        normal = slope.mT @ slope + _DAMPING * torch.eye(3).to(angles)
        change = torch.linalg.solve(normal, slope.mT @ (goal - at.detach())[..., None])[..., 0]
        angles = (angles + change.clamp(-0.4, 0.4)).clamp(middle - width, middle + width)
    return angles


def trot(stance: Tensor) -> Tensor:
    """Where the feet are along a cycle.

    Args:
        stance: where they are at rest, (N, 4, 3), m.

    Returns:
        (N, 3, 2, P, 4, 3), m: turning right, not, left; in place and ahead; the steps of a cycle.
    """
    phase = torch.arange(PERIOD)[:, None] / PERIOD + torch.tensor(_OFFSETS)
    phase = (phase % 1).to(stance)
    aloft = (phase - _GROUNDED) / (1 - _GROUNDED)
    grounded = aloft < 0
    along = torch.where(grounded, 0.5 - phase / _GROUNDED, aloft - 0.5)  # P, 4
    lift = torch.where(grounded, 0.0, _LIFT * torch.sin(torch.pi * aloft))
    turn = _TURN * torch.tensor([-1.0, 0.0, 1.0]).to(stance)[:, None, None]
    ahead = _STRIDE * torch.tensor([0.0, 1.0]).to(stance)[:, None]
    x, y = stance[:, None, None, :, 0], stance[:, None, None, :, 1]
    stride = torch.stack(torch.broadcast_tensors(-turn * y, ahead + turn * x), dim=-1)
    plane = stride[:, :, :, None] * along[..., None] - torch.tensor([0.0, _BACK]).to(stance)
    height = lift[..., None].expand(*plane.shape[:-1], 1)
    return stance[:, None, None, None] + torch.cat((plane, height), dim=-1)


class Teacher:
    """Says what robots should do.

    Args:
        designs: of the robots, (N, 56).
        stances: the actions in which they land and stand, (N, 12).
    """

    def __init__(self, designs: Array, stances: Array) -> None:
        self.stances = stances
        parts = zip(*(torch.from_numpy(x).split(_AT_ONCE) for x in (designs, stances)), strict=True)
        self._cycles = np.concatenate([_cycles(*part) for part in parts])

    def cycle(self, who: NDArray[np.integer], observations: Array) -> Array:
        """The actions of the cycle that takes robots to the mark from where they head now.

        Args:
            who: indices of robots, (B,).
            observations: of theirs, (B, 108).

        Returns:
            (B, P, 12).
        """
        way = observations[:, _WAY]
        error = observations[:, _YAW] - np.arctan2(-way[:, 0], way[:, 1])
        turn = np.clip(-_EAGER * error, -1, 1)[:, None, None, None]
        ahead = np.clip(1 - (np.abs(error) - _STRAIGHT) / _SIDEWAYS, 0, 1)[:, None, None]
        right, straight, left = self._cycles[who].swapaxes(0, 1)
        place, forward = (
            straight + np.abs(turn) * (np.where(turn > 0, left, right) - straight)
        ).swapaxes(0, 1)
        return place + ahead * (forward - place)

    def __call__(self, who: NDArray[np.integer], observations: Array) -> Array:
        """What they should do next, (B, 12); arguments as those of ``cycle``."""
        return self.follow(self.cycle(who, observations), who, observations)

    def follow(self, cycle: Array, who: NDArray[np.integer], observations: Array) -> Array:
        """The same for a known cycle, (B, P, 12), which does not depend on the last action."""
        last, row = observations[:, LAST], np.arange(len(cycle))
        step = _along(cycle, last) + 1
        whole = np.floor(step).astype(int)
        share = (step - whole)[:, None]
        one, other = cycle[row, whole % PERIOD], cycle[row, (whole + 1) % PERIOD]
        action = (1 - share) * one + share * other
        stance = self.stances[who]
        standing = np.linalg.norm(last - stance, axis=1) < _NEAR
        moving = np.abs(observations[:, _SPEEDS] * _SPEED_WEIGHTS).max(axis=1) > _SETTLED
        landing = ~last.any(axis=1) | (standing & moving)
        return np.where(landing[:, None], stance, action)


def _along(cycle: Array, actions: Array) -> Array:
    """How far along cycles (B, P, 12) actions (B, 12) are, in steps, (B,).

    It is the angle of the action in the first harmonic of its cycle, which is easier to learn than
    the nearest action of the cycle: it has no jumps but at the middle. Higher harmonics make a
    cycle's own step k lie a little off k, so that going round takes PERIOD steps only about.
    """
    angle = 2 * np.pi * np.arange(PERIOD) / PERIOD
    harmonic = 2 / PERIOD * np.stack((np.cos(angle), np.sin(angle))) @ cycle
    normal = harmonic @ harmonic.swapaxes(1, 2) + 1e-9 * np.eye(2)
    away = (actions - cycle.mean(axis=1))[..., None]
    cosine, sine = np.linalg.solve(normal, harmonic @ away)[..., 0].T
    return np.arctan2(sine, cosine) * PERIOD / (2 * np.pi)


def _cycles(designs: Tensor, stances: Tensor) -> NDArray[np.float32]:
    """Actions of the cycles, (N, 3, 2, P, 12)."""
    angles = commanded(designs, stances)
    goals = trot(feet(designs, angles))
    shape, count = goals.shape, goals[0].numel() // 12
    robots = designs.repeat_interleave(count, dim=0)
    found = reach(robots, angles.repeat_interleave(count, dim=0), goals.reshape(-1, 4, 3))
    return as_actions(robots, found).reshape(*shape[:-2], 12).float().numpy()
