"""TF Bind 8: DNA sequences of length 8 that bind the transcription factor SIX6."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from ..data import ensure_tfbind8
from ..data.sources import origin
from .shim import load_design_bench
from .task import Codec, OfflineData, Task, standardise_scores

LETTERS = "ACGT"


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task from design-bench: 32,898 visible rows (y <= median), D = 24."""
    ensure_tfbind8(folder)
    bench = load_design_bench(folder).make("TFBind8-Exact-v0")
    x, y = np.asarray(bench.x), np.asarray(bench.y, dtype=np.float64).ravel()
    if cfg.max_rows is not None:
        x, y = x[: cfg.max_rows], y[: cfg.max_rows]
    features = bench.dataset.to_logits(x).astype(np.float64).reshape(len(x), -1)
    codec = Codec.fit(features, x.shape[1:], classes=len(LETTERS), letters=LETTERS)

    def predict(designs: np.ndarray) -> np.ndarray:
        return np.asarray(bench.predict(designs.astype(np.int32)), dtype=np.float64).ravel()

    return Task(
        name="tfbind8",
        title="TFBind8-Exact-v0",
        data=OfflineData(codec.standardise(features), standardise_scores(y)),
        codec=codec,
        y_raw=y,
        y_min=cfg.y_min,
        y_max=cfg.y_max,
        data_source=origin("tfbind8"),
        oracle_source="original",
        predict=predict,
    )
