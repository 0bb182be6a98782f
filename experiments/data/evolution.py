"""One evolution-strategies run on the Hopper policy, which keeps policies from along its way.

Policies are ranked by the distance they cover, not by their return: standing still earns up to
1,000 for staying up, and a run ranked by return settles there.

Sources: Salimans et al., "Evolution Strategies as a Scalable Alternative to Reinforcement
Learning", 2017 (antithetic pairs, centred ranks); Kingma and Ba, "Adam", 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..robots.hopper import DESIGN_SIZE, LAYER_SHAPES, START_SEED, run_episode
from .arrays import left_npz, write_npz

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class EvolutionConfig:
    """Settings of one run.

    Attributes:
        generations: number of updates of the centre.
        pairs: antithetic pairs evaluated in a generation.
        kept_pairs: pairs of a generation that go into the data set.
        noise: standard deviation of the perturbation of each weight.
        lr: Adam's learning rate.
        last_layer: scale of the last layer's first weights, relative to the other layers'.
    """

    generations: int = 200
    pairs: int = 8
    kept_pairs: int = 2
    noise: float = 0.05
    lr: float = 0.02
    last_layer: float = 0.1


def _first_policy(rng: np.random.Generator, last_layer: float) -> NDArray[np.float64]:
    """Weights of variance 1 / fan-in, biases and logstd zero; a small last layer means rest."""
    parts = []
    for index, shape in enumerate(LAYER_SHAPES):
        scale = 0.0
        if index in (0, 2, 4):
            scale = (last_layer if index == 4 else 1.0) / math.sqrt(shape[0])
        parts.append(scale * rng.standard_normal(math.prod(shape)))
    return np.concatenate(parts)


def _centred_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks scaled to [-1/2, 1/2]; equal values keep their order."""
    return values.argsort(kind="stable").argsort() / (len(values) - 1) - 0.5


def evolve(
    config: EvolutionConfig, seed: tuple[int, ...], tick: Callable[[], None]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Run the strategy and collect policies with their returns.

    Of every generation the first ``kept_pairs`` antithetic pairs are kept, good or bad, so the
    result shows the whole way from the first policy to the last.

    Args:
        config: the settings.
        seed: seeds the first policy and all perturbations.
        tick: called after every generation.

    Returns:
        x, (2 * kept_pairs * generations, 5126) float32, and the exact return of each row,
        (2 * kept_pairs * generations,) float64.
    """
    rng = np.random.default_rng(seed)
    centre = _first_policy(rng, config.last_layer)
    mean, square = np.zeros(DESIGN_SIZE), np.zeros(DESIGN_SIZE)
    used = DESIGN_SIZE - math.prod(LAYER_SHAPES[-1])
    kept_x: list[NDArray[np.float32]] = []
    kept_y: list[float] = []
    for step in range(1, config.generations + 1):
        noise = rng.standard_normal((config.pairs, DESIGN_SIZE))
        noise[:, used:] = 0.0  # logstd does nothing, so it stays zero
        # A pair's members stand next to each other. What is simulated is the rounded design.
        signs = np.array([1.0, -1.0])[:, None]
        policies = centre + config.noise * (noise[:, None] * signs).reshape(-1, DESIGN_SIZE)
        x = policies.astype(np.float32)
        episodes = [run_episode(row, START_SEED) for row in x]
        kept = 2 * config.kept_pairs
        kept_x.append(x[:kept])
        kept_y.extend(episode.total for episode in episodes[:kept])

        ranks = _centred_ranks(np.array([episode.distance for episode in episodes]))
        weights = (ranks[0::2] - ranks[1::2]) / (2 * config.pairs * config.noise)
        # A plain sum: a BLAS product may round differently with another number of threads.
        ascent = (weights[:, None] * noise).sum(axis=0)
        mean = _BETA1 * mean + (1 - _BETA1) * ascent
        square = _BETA2 * square + (1 - _BETA2) * ascent**2
        root = np.sqrt(square / (1 - _BETA2**step)) + _EPSILON
        centre = centre + config.lr * (mean / (1 - _BETA1**step)) / root
        tick()
    return np.concatenate(kept_x), np.array(kept_y)


def evolve_once(
    config: EvolutionConfig, seed: tuple[int, ...], path: Path, *, tick: Callable[[], None]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """``evolve``, unless its result is in a file already; if not, it is afterwards.

    Args:
        config: see ``evolve``.
        seed: see ``evolve``.
        path: the npz file; its folder must exist.
        tick: see ``evolve``.

    Returns:
        As ``evolve``.
    """
    saved = left_npz(path)
    if saved is not None:
        for _ in range(config.generations):
            tick()
        return saved["x"], saved["y"]
    x, y = evolve(config, seed, tick)
    write_npz(path, {"x": x, "y": y})
    return x, y
