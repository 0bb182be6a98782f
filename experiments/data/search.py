"""One CMA-ES run on the legs of a robot, which keeps every candidate.

Source: Hansen, "The CMA Evolution Strategy: A Tutorial", 2016, by way of the package ``cma``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cma
import numpy as np
from numpy.typing import NDArray

from ..robots.policy import Array
from ..robots.robots import ROBOTS
from .arrays import left_npz, write_npz

#: Generations between two savings of the scores so far.
_SAVE_EVERY = 5


@dataclass(frozen=True)
class SearchConfig:
    """Settings of one run; lengths are in shares of half the range of each number.

    Attributes:
        robot: name of the task.
        start_noise: standard deviation of the start around the original robot.
        sigma: first standard deviation of the candidates around the mean.
        population: candidates a generation.
        generations: at most so many.
    """

    robot: str
    start_noise: float
    sigma: float
    population: int
    generations: int


def search(
    config: SearchConfig,
    seed: tuple[int, ...],
    policy: Path,
    checkpoint: Path,
    *,
    tick: Callable[[], None],
) -> tuple[NDArray[np.float32], Array]:
    """Runs CMA-ES from a random start; a run that was interrupted goes on from its checkpoint.

    The draws are repeated from the seed, and candidates that were scored before get their scores
    from the checkpoint. Candidates are not moved into the bounds; scoring does that.

    Args:
        config: the settings.
        seed: seeds the start and all candidates.
        policy: file of the policy that drives the robots.
        checkpoint: npz file of the scores so far; its folder must exist.
        tick: called once a generation, ``config.generations`` times even if CMA-ES stops before.

    Returns:
        x, (N, D) float32, not normalised, and the return of each row, (N,) float64.
    """
    robot = ROBOTS[config.robot]
    rng = np.random.default_rng(seed)
    saved = left_npz(checkpoint)
    scores: list[float] = [] if saved is None else saved["y"].tolist()
    start = robot.space.normalise(robot.space.default)
    start = start + rng.normal(0, config.start_noise, start.shape)
    # The package draws from numpy's global generator unless it is given another.
    options = {
        "popsize": config.population,
        "randn": lambda *shape: rng.standard_normal(shape),
        "seed": np.nan,
        "verbose": -9,
    }
    strategy = cma.CMAEvolutionStrategy(start, config.sigma, options)
    designs: list[NDArray[np.float32]] = []
    for generation in range(config.generations):
        if not strategy.stop():
            candidates = strategy.ask()
            # What is simulated is the rounded design.
            rows = [robot.space.denormalise(row).astype(np.float32) for row in candidates]
            first = len(designs)
            designs += rows
            scores += [robot.rollout(row, policy) for row in designs[max(first, len(scores)) :]]
            strategy.tell(candidates, [-score for score in scores[first : len(designs)]])
            if (generation + 1) % _SAVE_EVERY == 0 or generation + 1 == config.generations:
                write_npz(checkpoint, {"y": np.array(scores)})
        tick()
    return np.array(designs), np.array(scores[: len(designs)])
