"""The regenerated Ant and D'Kitty data sets: candidates of CMA-ES runs, with their returns.

Made as design-bench made its own: the original robot first, then every candidate of CMA-ES runs
from random starts, of 250 generations of 16 each, until there are 25,009 rows. A smaller table is
the same scaled down: as many runs, each shorter in proportion.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from torchbdi import InputError
from torchbdi.kernels.files import sha256, write_json

from ..oracles.pool import run_all
from ..robots.morphology import Robot
from ..robots.stored_policy import StoredPolicy
from .arrays import write_npy
from .cards import is_whole, make_once
from .recipes import FULL_ROWS
from .recipes import MORPHOLOGY as GENERATOR_VERSION
from .search import SearchConfig, search

_SIGMA = 0.02
_POPULATION = 16
_GENERATIONS = 250

_PERCENTILES = (5, 10, 25, 40, 50, 75, 90, 95)


def file_names(robot: Robot) -> tuple[str, str, str]:
    """Names of designs, scores and card."""
    stem = f"{robot.name}_morphology"
    return f"{stem}-x-0.npy", f"{stem}-y-0.npy", f"{stem}-card.json"


def plan(rows: int) -> tuple[int, int]:
    """Generations in all, and at most in one run, of a table of so many rows.

    Raises:
        InputError: fewer than two rows.
    """
    if rows < 2:
        raise InputError(f"task.rows must be at least 2, got {rows}.")
    total = math.ceil((rows - 1) / _POPULATION)
    return total, max(1, round(_GENERATIONS * total * _POPULATION / (FULL_ROWS - 1)))


def _recipe(robot: Robot, policy: StoredPolicy, seed: int, rows: int) -> dict[str, Any]:
    """All that the numbers of a table depend on, apart from the machine's arithmetic."""
    return {
        "generator_version": GENERATOR_VERSION,
        "robot": robot.name,
        "policy_sha256": policy.sha256,
        "seed": seed,
        "rows": rows,
        "start_noise": robot.space.variation,
        "sigma": _SIGMA,
        "population": _POPULATION,
        "generations_a_run": plan(rows)[1],
        "versions": {name: version(name) for name in ("cma", "mujoco", "numpy")},
    }


def is_complete(robot: Robot, policy: StoredPolicy, seed: int, out_dir: Path, rows: int) -> bool:
    """Whether the folder holds this table, whole and unchanged."""
    return is_whole(out_dir / file_names(robot)[2], "recipe", _recipe(robot, policy, seed, rows))


def generate(
    robot: Robot,
    policy: StoredPolicy,
    seed: int,
    out_dir: Path,
    rows: int,
    workers: int | None = None,
) -> None:
    """Makes the table and writes it in design-bench's shard layout, with a card that describes it.

    The bytes depend on robot, policy, seed and rows, not on the number of workers nor on
    interruptions: another call goes on from the checkpoints. A table that is already complete is
    left as it is. Where several processes want one table, one makes it and the others wait.

    Args:
        robot: whose legs are designed.
        policy: drives the robots.
        seed: seeds all runs.
        out_dir: gets x, float32 (rows, D), y, float32 (rows, 1) with the raw return of each row,
            and, last of all, the card.
        rows: of the table; ``FULL_ROWS`` for as many as the original has.
        workers: number of processes; by default one a core.

    Raises:
        EvaluationError: a run failed; all runs keep their checkpoints.
        InputError: fewer than two rows.
    """
    make_once(
        out_dir,
        lambda: is_complete(robot, policy, seed, out_dir, rows),
        lambda: _make(robot, policy, seed, out_dir, rows, workers),
        robot.title,
    )


def _make(
    robot: Robot, policy: StoredPolicy, seed: int, out_dir: Path, rows: int, workers: int | None
) -> None:
    recipe = _recipe(robot, policy, seed, rows)
    key = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    checkpoints = out_dir / f"{robot.name}_morphology-runs-{key}"
    checkpoints.mkdir(parents=True, exist_ok=True)
    total, longest = plan(rows)
    default = robot.space.default.astype(np.float32)
    x, y = [default[None]], [np.array([robot.rollout(default, policy.path)])]
    done = 0  # generations
    run = 0
    while done < total:
        # CMA-ES can stop by itself, so more runs may be needed than planned.
        left = total - done
        lengths = [min(longest, left - start) for start in range(0, left, longest)]
        items = []
        for number, length in enumerate(lengths, start=run):
            config = SearchConfig(robot.name, robot.space.variation, _SIGMA, _POPULATION, length)
            items.append((config, (seed, number), policy.path, checkpoints / f"run-{number}.npz"))
        tables = run_all(
            search, items, workers=workers, desc=f"{robot.title} searches", ticks=longest
        )
        x += [run_x for run_x, _ in tables]
        y += [run_y for _, run_y in tables]
        done += sum(len(run_y) for _, run_y in tables) // _POPULATION
        run += len(lengths)
    designs, returns = np.concatenate(x)[:rows], np.concatenate(y)[:rows]

    x_name, y_name, card_name = file_names(robot)
    write_npy(out_dir / x_name, designs)
    write_npy(out_dir / y_name, returns.astype(np.float32)[:, None])
    card = {
        "data": f"{robot.title} morphology, regenerated; not design-bench's original table",
        "policy": policy.source,
        "recipe": recipe,
        "rows": len(designs),
        "returns": {
            "min": returns.min(),
            "max": returns.max(),
            "mean": returns.mean(),
            "original_robot": returns[0],
            "percentiles": {str(p): np.percentile(returns, p) for p in _PERCENTILES},
        },
        "sha256": {name: sha256(out_dir / name) for name in (x_name, y_name)},
    }
    write_json(out_dir / card_name, card)
    shutil.rmtree(checkpoints, ignore_errors=True)
