"""UTR: RNA sequences of length 50 ahead of a gene, scored by the ribosome load they bring about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from ..data.sources import origin
from ..data.whole import utr_table
from ..oracles.stored import load_oracle
from .shim import load_design_bench
from .task import Codec, OfflineData, Task, standardise_scores

LETTERS = "ACGT"
TITLE = "UTR-ResNet-v0"


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task: design-bench's visible rows, and our training of its network.

    Raises:
        MissingDataError: the data or the network is not there.
    """
    oracle = load_oracle("utr", *utr_table(folder))
    data, codec, y = visible_table(cfg, folder)
    return Task(
        name="utr",
        title=TITLE,
        data=data,
        codec=codec,
        y_raw=y,
        y_min=cfg.y_min,
        y_max=cfg.y_max,
        data_source=origin("utr"),
        oracle_source="retrained",
        oracle_spearman=oracle.spearman,
        predict=oracle.predict,
    )


def visible_table(cfg: DictConfig, folder: Path) -> tuple[OfflineData, Codec, np.ndarray]:
    """design-bench's visible half of UTR: 140,000 rows (y <= median), D = 150.

    Args:
        cfg: the task's configuration (``max_rows`` is read).
        folder: the data folder.

    Returns:
        The table, its codec, and the raw scores (N,).
    """
    load_design_bench(folder)
    from design_bench.datasets.discrete.utr_dataset import UTRDataset

    # Large batches: design-bench goes through its table in Python, batch by batch.
    dataset = UTRDataset(max_percentile=50, internal_batch_size=20000)
    x, y = np.asarray(dataset.x), np.asarray(dataset.y, dtype=np.float64).ravel()
    if cfg.max_rows is not None:
        x, y = x[: cfg.max_rows], y[: cfg.max_rows]
    features = dataset.to_logits(x).astype(np.float64).reshape(len(x), -1)
    codec = Codec.fit(features, x.shape[1:], classes=len(LETTERS), letters=LETTERS)
    return OfflineData(codec.standardise(features), standardise_scores(y)), codec, y
