"""Designs and policies for the tests of the Ant and the D'Kitty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from experiments.robots.morphology import Robot
from experiments.robots.policy import NAMES, Policy
from torchbdi.kernels.files import sha256, write_json


def case(robot: Robot, number: int) -> tuple[np.ndarray, Policy]:
    """A design and a policy; number 0 is the original robot, 5 and up lie out of bounds too."""
    rng = np.random.default_rng((number, 3))
    # The reference returns were computed with morphing-agents' own spread.
    spread = 0.125 / robot.space.variation
    design = robot.space.default if number == 0 else robot.space.vary(rng, spread)
    if number >= 5:
        design = design + rng.normal(0, 0.5, design.shape)
    sizes = (robot.observation, 32, 32, robot.action)
    w0, w1, w2 = (
        rng.standard_normal((out, inner)) / np.sqrt(inner) for inner, out in pairwise(sizes)
    )
    scale = (1.0, 0.3, 2.0, 0.1)[number % 4]
    biases = tuple(0.1 * rng.standard_normal(size) for size in sizes[1:])
    return design, Policy((w0, w1, scale * w2), biases)


def random_designs(robot: Robot, count: int, seed: int = 0) -> np.ndarray:
    """Designs as they are at the beginning of a table, (count, D)."""
    rng = np.random.default_rng(seed)
    return np.array([robot.space.vary(rng) for _ in range(count)])


def one_by_one(
    function: Callable[..., Any],
    items: Sequence[tuple[Any, ...]],
    *,
    workers: int | None = None,
    desc: str = "",
    ticks: int | None = None,
) -> list[Any]:
    """What ``pool.run_all`` gives, without the processes that test_pool is about."""
    assert workers is None or workers >= 1
    more = {} if ticks is None else {"tick": lambda: None}
    return [function(*item, **more) for item in items]


def write_weights(path: Path, policy: Policy) -> Path:
    """A policy in float32 as a safetensors file, with the smallest card that is accepted."""
    from safetensors.numpy import save_file

    parts = [part for pair in zip(policy.weights, policy.biases, strict=True) for part in pair]
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({n: p.astype(np.float32) for n, p in zip(NAMES, parts, strict=True)}, path)
    write_json(path.with_suffix(".json"), {"weights_sha256": sha256(path)})
    return path
