"""GFP: variants of a green fluorescent protein, 237 amino acids, scored by their brightness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from ..data.built import AMINO_ACIDS
from ..data.sources import origin
from ..data.whole import GFP_ORIGINAL, gfp_table
from ..oracles.stored import load_oracle
from .shim import load_design_bench
from .task import Codec, OfflineData, Task, standardise_scores


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task: 5,000 rows between the median and p60, D = 4503.

    Which rows is drawn by design-bench from numpy's global generator, so by the run's seed.

    Raises:
        MissingDataError: the data or the network is not there.
    """
    x, y, title = gfp_table(folder)
    oracle = load_oracle("gfp", x, y)
    load_design_bench(folder)
    from design_bench.datasets.discrete_dataset import DiscreteDataset

    dataset = DiscreteDataset(
        x,
        y[:, None],
        num_classes=len(AMINO_ACIDS),
        min_percentile=50,
        max_percentile=60,
        max_samples=5000,
        internal_batch_size=5000,
    )
    designs, scores = np.asarray(dataset.x), np.asarray(dataset.y, dtype=np.float64).ravel()
    if cfg.max_rows is not None:
        designs, scores = designs[: cfg.max_rows], scores[: cfg.max_rows]
    features = dataset.to_logits(designs).astype(np.float64).reshape(len(designs), -1)
    codec = Codec.fit(features, x.shape[1:], classes=len(AMINO_ACIDS), letters=AMINO_ACIDS)
    if title == GFP_ORIGINAL:
        source = origin("gfp-original")
    else:  # by design-bench's recipe, from the authors' list
        source = "regenerated" if origin("gfp") == "original" else "own"
    return Task(
        name="gfp",
        title=title,
        data=OfflineData(codec.standardise(features), standardise_scores(scores)),
        codec=codec,
        y_raw=scores,
        y_min=cfg.y_min,
        y_max=cfg.y_max,
        data_source=source,
        oracle_source="retrained",
        oracle_spearman=oracle.spearman,
        predict=oracle.predict,
    )
