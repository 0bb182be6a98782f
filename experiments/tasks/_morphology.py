"""What the Ant and the D'Kitty task have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from torchbdi import MissingDataError

from ..data import cache_folder, recipes
from ..data.shards import read_shards
from ..data.sources import DATA_SETS
from ._shim import load_design_bench
from .base import Labels, Loaded, Request, Source


def sources(robot: str) -> tuple[Source, Source]:
    """design-bench's table, with the policy that its scores are of, and one that is made here.

    The policy alone is not the table: it drives the robots of a made one too.
    """
    published = DATA_SETS[robot]
    shards = tuple(path for path in published.files if path.endswith(".npy"))

    def policy(folder: Path) -> dict[str, str]:
        from ..robots.robots import ROBOTS
        from ..robots.stored_policy import find_policy

        return {"policy": find_policy(ROBOTS[robot], folder).sha256}

    return (
        Source("original", published, marks=shards),
        Source("regenerated", recipe="CMA-ES", revision=recipes.MORPHOLOGY, parts=policy),
    )


def load_robot(name: str, title: str, request: Request) -> Loaded:
    """Takes the worse 40 % of a robot's table from design-bench; a made one has a range of its own.

    Args:
        name: of the robot whose legs are designed.
        title: design-bench's name of the task.
        request: its settings have ``rows``.

    Raises:
        MissingDataError: there is no policy, or the published table has another size.
    """
    from ..data.morphology import generate
    from ..oracles.pool import evaluate
    from ..robots.robots import ROBOTS
    from ..robots.stored_policy import find_policy

    robot, stem, folder = ROBOTS[name], f"{name}_morphology", request.folder
    policy = find_policy(robot, folder)
    labels = Labels(title, _oracle_source(policy.source))
    if request.source.label == "original":
        _check_size(folder / stem, robot.space.size)
    else:
        rows: int = request.settings.rows  # type: ignore[attr-defined]
        seed = request.seed
        key = f"{name}-v{recipes.MORPHOLOGY}-seed{seed}-rows{rows}-policy{policy.sha256[:8]}"
        folder = cache_folder() / "regenerated" / key
        generate(robot, policy, seed, folder / stem, rows)
        _, table = read_shards(folder / stem, stem)
        labels = Labels(
            f"{robot.title}, regenerated table {seed}, {len(table):,} rows",
            _oracle_source(policy.source),
            y_min=float(table.min()),
            y_max=float(table.max()),
        )
    bench = load_design_bench(folder).make(title)

    def truth(designs: np.ndarray) -> np.ndarray:
        return evaluate(robot.rollout, designs, policy.path, desc=f"{robot.title} episodes")

    limits = np.stack([robot.space.lower, robot.space.upper])
    return Loaded(np.asarray(bench.x), np.asarray(bench.y), truth, labels, limits)


def _oracle_source(policy: str) -> Literal["original", "regenerated"]:
    return "original" if policy == "original" else "regenerated"


def _check_size(folder: Path, dimensions: int) -> None:
    """Raises MissingDataError where the published table is not design-bench's."""
    found, wanted = read_shards(folder, folder.name)[0].shape, (recipes.FULL_ROWS, dimensions)
    if found != wanted:
        raise MissingDataError(
            f"{folder / folder.name}-x-0.npy has shape {found}, design-bench's has {wanted}. Put "
            "the original there, or move it away, and a table is regenerated."
        )
