"""Hopper: 5,126 weights of a policy, scored by its return in MuJoCo.

design-bench's HopperController-Exact-v0: 3,200 policies. Where its two files are not in the data
folder, a table is regenerated, seeded by ``seed``, and everything printed and saved says so.
"""

from __future__ import annotations

import numpy as np

from ..data import cache_folder, recipes
from ..data.sources import DATA_SETS
from ._shim import load_design_bench
from .base import Labels, Loaded, Request, Source, TaskSpec

TITLE = "HopperController-Exact-v0"


def load(request: Request) -> Loaded:
    """Takes design-bench's table or makes one; a made one is normalised by its own range."""
    from ..data.hopper import generate
    from ..oracles.pool import evaluate
    from ..robots.hopper import START_SEED, rollout

    folder, seed = request.folder, request.seed
    made = request.source.label == "regenerated"
    if made:
        folder = cache_folder() / "regenerated" / f"hopper-v{recipes.HOPPER}-seed{seed}"
        generate(seed, folder / "hopper_controller")
    bench = load_design_bench(folder).make(TITLE)
    y = np.asarray(bench.y, dtype=np.float64)
    labels = Labels(TITLE)
    if made:
        labels = Labels(
            f"Hopper, regenerated table {seed}", y_min=float(y.min()), y_max=float(y.max())
        )

    def truth(designs: np.ndarray) -> np.ndarray:
        return evaluate(rollout, designs, START_SEED, desc="Hopper episodes")

    return Loaded(np.asarray(bench.x), y, truth, labels)


TASK = TaskSpec(
    kind="continuous",
    y_min=87.93491,
    y_max=1361.6106,
    sources=(
        Source("original", DATA_SETS["hopper"]),
        Source("regenerated", recipe="evolution strategies", revision=recipes.HOPPER),
    ),
    load=load,
)
