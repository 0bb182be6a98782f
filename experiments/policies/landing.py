"""Which poses let a D'Kitty land without falling, learnt from trials.

An episode begins in the air with straight legs. Whether the robot falls is settled on the way from
there to the pose that it is told to take, and that has no simple formula. So random robots are told
random poses near the stance, and a network learns from where their feet pass who falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from tqdm import trange

from ..oracles.pool import run_all
from ..robots.dkitty import SPACE, DKitty
from ..robots.policy import Array, Policy
from .stance import angle_limits, before_tanh, commanded, feet, half_ranges, told, turns

_NOISE = (0.0, 0.3, 0.3, 0.6, 0.6, 1.0)  # of the poses of a robot, before the tanh
_STEPS = 12  # of a trial; who has not fallen by then stands as a rule
_PACE = 0.157  # rad that a joint turns in a step, roughly: its motor slows down on the way
_ON_THE_WAY = (1, 2, 3)  # steps after which it is asked where the feet are
_METRE = 10.0  # of no consequence, since what is seen is standardised
_HIDDEN = 256
_DROPOUT = 0.2
_RATE = 1e-3
_DECAY = 1e-2
_EPOCHS = 16
_BATCH = 256
_HELD_OUT = 7  # every seventh robot


def falls(design: Array, actions: Array) -> list[bool]:
    """Whether a robot (56,) falls that is told one of the poses (K, 12), each in its turn."""
    robot = DKitty(design)
    fell = []
    for action in actions:
        robot.reset()
        fell.append(any(robot.step(action)[2] for _ in range(_STEPS)))
    return fell


class Landing(nn.Module):
    """From robots and the poses that they are told to the logit of a fall.

    Args:
        designs: of the robots that it will be fitted to, (N, 56), float32.
        actions: told to them, (N, 12).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, designs: Tensor, actions: Tensor) -> None:
        super().__init__()
        seen = _way(designs, actions)
        self.register_buffer("mean", seen.mean(0))
        self.register_buffer("std", seen.std(0) + 1e-6)
        self.layers = nn.Sequential(
            *(nn.Linear(seen.shape[1], _HIDDEN), nn.ReLU(), nn.Dropout(_DROPOUT)),
            *(nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(_HIDDEN, 1)),
        )

    def forward(self, designs: Tensor, actions: Tensor) -> Tensor:
        """Robots (N, 56) and actions (N, 12) to logits (N,)."""
        return self.layers((_way(designs, actions) - self.mean) / self.std)[:, 0]


@dataclass(frozen=True)
class Landings:
    """Who fell, of robots that were each told one pose.

    Attributes:
        designs: (N, 56), float32.
        actions: the poses that they were told, (N, 12), float32.
        fell: whether they fell, (N,).
        held_out: every seventh robot, (N,).
    """

    designs: Tensor
    actions: Tensor
    fell: Tensor
    held_out: Tensor


def try_landings(stance: Policy, seed: int, robots: int = 6000) -> Landings:
    """Lets random robots land.

    Args:
        stance: whose poses are varied; see ``fit_stance``.
        seed: of robots and poses.
        robots: random designs, six poses each.
    """
    rng = np.random.default_rng(seed)
    designs = np.array([SPACE.vary(rng) for _ in range(robots)])
    noise = rng.standard_normal((robots, len(_NOISE), 12)) * np.array(_NOISE)[:, None]
    actions = np.tanh(before_tanh(told(stance, designs))[:, None] + noise)
    fell = run_all(falls, list(zip(designs, actions, strict=True)), desc="landings")
    return Landings(
        torch.from_numpy(designs).float().repeat_interleave(len(_NOISE), dim=0),
        torch.from_numpy(actions).float().flatten(0, 1),
        torch.tensor(fell).flatten(),
        torch.arange(robots).repeat_interleave(len(_NOISE)) % _HELD_OUT == 0,
    )


def learn_landing(landings: Sequence[Landings], seed: int) -> tuple[Landing, float]:
    """Learns who falls.

    Args:
        landings: rounds of them, all of which are learnt from.
        seed: of the network's start.

    Returns:
        The network, in float32 and with fixed weights; and the share of pairs of a pose with a fall
        and one without that it puts in the right order (AUC), on the last round's robots that it
        has not seen.
    """
    designs, actions, fell = (
        torch.cat([getattr(some, name)[~some.held_out] for some in landings])
        for name in ("designs", "actions", "fell")
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Landing(designs, actions)
        _fit(network, designs, actions, fell.float())
    network.eval().requires_grad_(False)
    last, unseen = landings[-1], landings[-1].held_out
    logits = network(last.designs[unseen], last.actions[unseen])
    return network, float(roc_auc_score(last.fell[unseen].numpy(), logits.numpy()))


def _fit(network: Landing, designs: Tensor, actions: Tensor, fell: Tensor) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _EPOCHS)
    for _ in trange(_EPOCHS, desc="landing, epochs"):
        for some in torch.randperm(len(fell)).split(_BATCH):
            logits = network(designs[some], actions[some])
            loss = nn.functional.binary_cross_entropy_with_logits(logits, fell[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()


def _way(designs: Tensor, actions: Tensor) -> Tensor:
    """What settles a landing: where the feet are on the way, and how the legs turn, (N, 96)."""
    middle, _ = angle_limits(designs)
    width = half_ranges(designs)
    start = torch.zeros_like(middle).clamp(middle - width, middle + width)
    goal = commanded(designs, actions)
    stops = [start + (goal - start).clamp(-_PACE * n, _PACE * n) for n in _ON_THE_WAY]
    places = [_METRE * feet(designs, angles) for angles in (start, goal, *stops)]
    return torch.cat([*places, goal - start, start, turns(designs)], dim=-1).flatten(1)
