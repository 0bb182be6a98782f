"""Teaches a network what ``gait.Teacher`` does, from observations only.

Source: Ross, Gordon and Bagnell, "A Reduction of Imitation Learning and Structured Prediction to
No-Regret Online Learning" (DAgger), 2011: the network drives, the teacher says what it should have
done, and it learns from all that was seen so far.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import trange

from ..robots.dkitty import ROBOT, SPACE
from ..robots.morphology import run_policy
from ..robots.policy import Array, Policy
from .gait import LAST, PERIOD, Teacher
from .network import as_policy, seeded_network
from .scaling import Scaling
from .stance import before_tanh, told

_TEACHER = (1.0, 0.5, 0.25)  # share of the steps that it drives in the first rounds
_HIDDEN = 256
_BATCH = 192  # of steps that were seen; as many of landings, and twice as many made up
_LANDING = 10  # steps; falls are settled there
_CAUTION = 2.0  # weight of what is said while landing
_RATES = (1e-3, 3e-4, 1e-5)  # of Adam: at first, between rounds, at last


class _Lessons:
    """What was seen, and what the teacher says to it.

    Args:
        teacher: of the robots.
        designs: of the robots, normalised, (N, 56).
        rng: for the batches.
    """

    def __init__(self, teacher: Teacher, designs: Array, rng: np.random.Generator) -> None:
        self.teacher, self.designs, self.rng = teacher, designs, rng
        self._who: list[NDArray[np.integer]] = []
        self._seen: list[Array] = []

    def add(self, who: int, observations: Array) -> None:
        """The observations of an episode, (T + 1, 108)."""
        self._who.append(np.full(len(observations), who))
        self._seen.append(observations)

    def batches(self) -> Callable[[], tuple[NDArray[np.integer], Array, Array]]:
        """Draws robots, observations and the teacher's actions from what was seen so far."""
        who, seen = np.concatenate(self._who), np.concatenate(self._seen)
        step = np.concatenate([np.arange(len(episode)) for episode in self._seen])
        said, landing = self.teacher(who, seen), np.flatnonzero(step < _LANDING)

        def draw() -> tuple[NDArray[np.integer], Array, Array]:
            known = np.concatenate(
                (self.rng.integers(len(seen), size=_BATCH), self.rng.choice(landing, _BATCH))
            )
            others, made_up, answer = self._made_up(seen)
            return (
                np.concatenate((who[known], others)),
                np.concatenate((seen[known], made_up)),
                np.concatenate((said[known], answer)),
            )

        return draw

    def _made_up(self, seen: Array) -> tuple[NDArray[np.integer], Array, Array]:
        """Other robots in states that were seen, somewhere in their cycle; and what to do there."""
        rng, count = self.rng, 2 * _BATCH
        who = rng.integers(len(self.designs), size=count)
        state = seen[rng.integers(len(seen), size=count)].copy()
        state[:, -SPACE.size :] = self.designs[who]
        cycle = self.teacher.cycle(who, state)
        last = cycle[np.arange(count), rng.integers(PERIOD, size=count)]
        last = last + rng.normal(0, 0.05, last.shape)
        kind = rng.random((count, 1))
        stance = self.teacher.stances[who] + rng.normal(0, 0.02, last.shape)
        last = np.where(kind < 0.2, stance, np.where(kind > 0.9, 0.0, last))
        state[:, LAST] = np.clip(last, -1, 1)
        return who, state, self.teacher.follow(cycle, who, state)


def add_gait(
    stance: Policy,
    seed: int,
    robots: int = 20_000,
    rounds: int = 6,
    episodes: int = 300,
    steps: int = 6000,
) -> Policy:
    """Sets a network beside the one that says the stance, so that together they walk.

    Args:
        stance: sees the design only; see ``fit_stance``.
        seed: of the robots, the episodes and the network's start.
        robots: random designs.
        rounds: of driving and learning.
        episodes: of a round.
        steps: of Adam a round; the last has three times as many.

    Returns:
        A policy whose action, before the tanh, is the sum of what the two networks say.
    """
    rng = np.random.default_rng(seed)
    designs = np.array([SPACE.vary(rng) for _ in range(robots)])
    normalised = SPACE.normalise(designs)
    stances = told(stance, designs)
    teacher, scaling = Teacher(designs, stances), Scaling.measure(ROBOT)
    lessons = _Lessons(teacher, normalised, rng)
    network = seeded_network(ROBOT.observation, _HIDDEN, ROBOT.action, seed)
    optimiser = torch.optim.Adam(network.parameters())
    said = torch.from_numpy(before_tanh(stances)).float()
    policy = stance
    for number in range(rounds):
        share = _TEACHER[number] if number < len(_TEACHER) else 0.0
        for _ in trange(episodes, desc=f"gait {number + 1} of {rounds}, episodes"):
            robot = int(rng.integers(robots))
            drive = _shared(teacher, robot, policy, share, rng)
            lessons.add(robot, run_policy(ROBOT.simulate(designs[robot]), drive).observations)
        draw, last = lessons.batches(), number == rounds - 1
        first_rate, last_rate = _RATES[number > 0], _RATES[1 + last]
        count = 3 * steps if last else steps
        for step in trange(count, desc=f"gait {number + 1} of {rounds}, steps"):
            optimiser.param_groups[0]["lr"] = first_rate + (last_rate - first_rate) * step / count
            who, seen, wanted = draw()
            action = torch.tanh(said[who] + network(torch.from_numpy(scaling(seen))))
            error = (action - torch.from_numpy(wanted).float()).square().mean(-1)
            waits = (wanted == stances[who]).all(axis=1)
            loss = (torch.from_numpy(np.where(waits, _CAUTION, 1.0)).float() * error).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        policy = _sum(stance, as_policy(network, scaling))
    return policy


def _shared(
    teacher: Teacher, who: int, policy: Policy, share: float, rng: np.random.Generator
) -> Callable[[Array], Array]:
    """Lets the teacher drive a robot for a share of the steps, chosen at random."""

    def drive(observation: Array) -> Array:
        if rng.random() < share:
            return teacher(np.array([who]), observation[None])[0]
        return policy(observation)

    return drive


def _sum(stance: Policy, gait: Policy) -> Policy:
    """Both as one network, their hidden units side by side."""
    (v0, v1, v2), (a0, a1, a2) = stance.weights, stance.biases
    (w0, w1, w2), (b0, b1, b2) = gait.weights, gait.biases
    middle = np.zeros((len(v1) + len(w1), len(v0) + len(w0)))
    middle[: len(v1), : len(v0)], middle[len(v1) :, len(v0) :] = v1, w1
    return Policy(
        (np.vstack((v0, w0)), middle, np.hstack((v2, w2))),
        (np.concatenate((a0, b0)), np.concatenate((a1, b1)), a2 + b2),
    ).rounded()
