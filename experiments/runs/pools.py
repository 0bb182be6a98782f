"""Scores of random designs and of a table's best rows, asked once and kept by what they are of."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass

import numpy as np
import torch
from omegaconf import DictConfig

import torchbdi
from torchbdi import InputError
from torchbdi.identity import canonical

from ..data import cache_folder
from ..data.arrays import left_npz, write_npz
from ..tasks import load_task
from ..tasks.assemble import request_of
from ..tasks.base import Request
from ..tasks.registry import spec_of
from ..tasks.task import Task
from .identity import Identity
from .scores import score_statistics
from .yardsticks import POOL, Told, changed_places, drawn, spread

SETS = 8  # of changed best rows
REVISION = 2  # of what is in a pool; raised when the same task would give another

#: In the order of the tables. Each stands for designs that no method has thought about.
YARDSTICKS = {
    "random": "random designs",
    "random_new": "random designs that are not in the table",
    "best_rows": "the best rows",
    "one_changed": "the best rows, one place drawn anew",
    "two_changed": "the best rows, two places drawn anew",
}


@dataclass(frozen=True)
class Pool:
    """Normalised scores of designs that no method has thought about.

    Attributes:
        task: the task's name.
        title: of its table.
        problem: what runs of one column of a table share, as one line of text.
        random: of the random designs, (P,).
        known: which of them stand in the table, (P,) bool.
        best_rows: of the n best rows by the true function, in the order of the table's own scores,
            (n,).
        one_changed: of the same with one place drawn anew, (SETS, n).
        two_changed: with two, (SETS, n).
    """

    task: str
    title: str
    problem: str
    random: np.ndarray
    known: np.ndarray
    best_rows: np.ndarray
    one_changed: np.ndarray
    two_changed: np.ndarray

    def told(self, yardstick: str) -> Told:
        """Mean and deviation of every statistic.

        Args:
            yardstick: a key of :data:`YARDSTICKS`.

        Raises:
            InputError: too few of the pool are new.
        """
        n = len(self.best_rows)
        if yardstick == "random":
            return drawn(self.random, n)
        if yardstick == "random_new":
            return drawn(self.random[~self.known], n)
        scores = getattr(self, yardstick)
        return spread([score_statistics(row) for row in np.atleast_2d(scores)])


def pool_of(cfg: DictConfig, size: int = POOL) -> Pool:
    """The pool of a configuration's task, from the user's cache where it is there.

    A cache that cannot be written to loses nothing but the time of the next command.

    Args:
        cfg: a whole configuration; its task, seed and number of designs count.
        size: how many random designs are scored.

    Raises:
        InputError: the table has fewer rows than designs are asked for.
        MissingDataError: the task's data is not there.
    """
    name, request = request_of(cfg)
    problem = problem_of(name, request)
    whole = {"problem": problem, "pool": REVISION, "seed": request.seed, "n": cfg.designs}
    identity = canonical({**whole, "size": size})
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    path = cache_folder() / "yardsticks" / f"{name}-{digest}.npz"
    found = left_npz(path)
    if found is not None:
        title = str(found.pop("title"))
        return Pool(name, title, problem, **found)
    task = load_task(cfg)
    arrays = score_pool(task, cfg.designs, size)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, {"title": np.array(task.title), **arrays})
    except OSError as error:
        print(f"{path}: the scores cannot be kept ({error.strerror}). The next command asks for "
              "them again.", file=sys.stderr, flush=True)  # fmt: skip
    return Pool(name, task.title, problem, **arrays)


def problem_of(name: str, request: Request) -> str:
    """What all runs of a request share, as :attr:`Identity.problem` has it."""
    spec, source = spec_of(name), request.source.identity(request.folder)
    settings = vars(request.settings)
    return Identity(
        torchbdi.REVISION, name, spec.revision, settings, source, "random", 1, {}, 1, request.seed
    ).problem


def score_pool(task: Task, n: int, size: int) -> dict[str, np.ndarray]:
    """Draws the designs of a pool and asks the true function for all of them.

    Args:
        task: the task.
        n: how many best rows.
        size: how many random designs.

    Returns:
        The arrays of :class:`Pool`.

    Raises:
        InputError: the table has fewer rows than n.
    """
    rows = len(task.data.x)
    if not 1 <= n <= rows:
        raise InputError(f"designs={n}: the table of {task.name} has {rows} rows. Ask for fewer.")
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    random = task.decode(task.data.space.sample(size, generator))
    best = task.decode(task.data.x[task.data.best(n)])
    shape, flat = best.shape[1:], best.reshape(n, -1)
    table = task.decode(task.data.x).reshape(rows, -1)
    sets = [
        changed_places(task.data.space, flat, places, table, rng)
        for places in (1, 2)
        for _ in range(SETS)
    ]
    parts = [random, best, *(s.reshape(n, *shape) for s in sets)]
    scores = task.normalise(task.predict(np.concatenate(parts)))
    changed = scores[size + n :].reshape(2, SETS, n)
    return {
        "random": scores[:size],
        "known": _known(task, random, table),
        "best_rows": scores[size : size + n],
        "one_changed": changed[0],
        "two_changed": changed[1],
    }


def _known(task: Task, designs: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Which designs stand in the table (N, C); of numbers drawn from a continuum none does."""
    if any(c.kind == "number" and c.fixed is None for c in task.data.space.columns):
        return np.zeros(len(designs), dtype=bool)
    seen = {row.tobytes() for row in table}
    return np.array([row.tobytes() in seen for row in designs.reshape(len(designs), -1)])
