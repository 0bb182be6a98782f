"""Hopper: 5,126 weights of a policy, scored by its return in MuJoCo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256

from ..data import cache_folder
from ..data.hopper import GENERATOR_VERSION, X_NAME, Y_NAME, generate
from ..oracles.pool import evaluate
from ..robots.hopper import START_SEED, rollout
from .shim import load_design_bench
from .task import Codec, OfflineData, Task, standardise_scores

ORIGINAL_SHA256 = {
    X_NAME: "da93f2033436ae5c2f31e584ae42b4b4d043bea29448d78eec6470e4d8ee71d7",
    Y_NAME: "8f04be4b81627e59bd83faf42e7aeaed3134dafc8f97d35c3fc887a649d93efd",
}
SHARDS = "hopper_controller"


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task from design-bench: 3,200 policies, D = 5126.

    Raises:
        MissingDataError: the data folder holds Hopper files that are not design-bench's.
    """
    original = _has_original(folder)
    if not original:
        folder = cache_folder() / "regenerated" / f"hopper-v{GENERATOR_VERSION}-seed{seed}"
        generate(seed, folder / SHARDS)
    bench = load_design_bench(folder).make("HopperController-Exact-v0")
    features = np.asarray(bench.x).astype(np.float64)
    y = np.asarray(bench.y, dtype=np.float64).ravel()
    low, high = (cfg.y_min, cfg.y_max) if original else (float(y.min()), float(y.max()))
    if cfg.max_rows is not None:
        features, y = features[: cfg.max_rows], y[: cfg.max_rows]
    codec = Codec.fit(features, features.shape[1:])

    def predict(designs: np.ndarray) -> np.ndarray:
        return evaluate(rollout, designs, START_SEED, desc="Hopper episodes")

    return Task(
        name="hopper",
        title="HopperController-Exact-v0" if original else f"Hopper, regenerated table {seed}",
        data=OfflineData(codec.standardise(features), standardise_scores(y)),
        codec=codec,
        y_raw=y,
        y_min=low,
        y_max=high,
        data_source="original" if original else "regenerated",
        oracle_source="original",
        predict=predict,
    )


def _has_original(folder: Path) -> bool:
    paths = {name: folder / SHARDS / name for name in ORIGINAL_SHA256}
    if not any(path.is_file() for path in paths.values()):
        return False
    for name, path in paths.items():
        if not path.is_file() or sha256(path) != ORIGINAL_SHA256[name]:
            raise MissingDataError(
                f"{path} is missing or is not design-bench's (SHA-256 {ORIGINAL_SHA256[name]}). "
                f"Put the original there, or delete {folder / SHARDS} and a table is regenerated."
            )
    return True
