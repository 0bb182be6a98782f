"""Superconductor: how much of each of 86 elements, scored by the critical temperature in kelvin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from ..data.built import ensure_built
from ..data.shards import read_shards
from ..data.sources import origin
from ..oracles.forest import fit_forest
from .shim import load_design_bench
from .task import Codec, OfflineData, Task, standardise_scores


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task: 17,014 visible rows (y <= p80), D = 86.

    Raises:
        MissingDataError: the data is not there.
    """
    x, y = read_shards(ensure_built(folder, "superconductor"), "superconductor")
    forest = fit_forest(x, y)
    load_design_bench(folder)
    from design_bench.datasets.continuous_dataset import ContinuousDataset

    dataset = ContinuousDataset(x, y[:, None], max_percentile=80, internal_batch_size=5000)
    features = np.asarray(dataset.x, dtype=np.float64)
    scores = np.asarray(dataset.y, dtype=np.float64).ravel()
    if cfg.max_rows is not None:
        features, scores = features[: cfg.max_rows], scores[: cfg.max_rows]
    codec = Codec.fit(features, features.shape[1:])
    return Task(
        name="superconductor",
        title="Superconductor-RandomForest-v0",
        data=OfflineData(codec.standardise(features), standardise_scores(scores)),
        codec=codec,
        y_raw=scores,
        y_min=cfg.y_min,
        y_max=cfg.y_max,
        data_source=origin("superconductor"),
        oracle_source="retrained",
        oracle_spearman=forest.spearman,
        predict=forest.predict,
    )
