"""Superconductor: how much of each of 86 elements, scored by the critical temperature in kelvin.

UCI data set 464 (Hamidieh 2018); design-bench's Superconductor-RandomForest-v0: 17,014 visible rows
(y <= p80). The true function is design-bench's forest, fitted anew.
"""

from __future__ import annotations

import numpy as np

from ..data.built import BUILD_VERSION, ensure_built
from ..data.shards import read_shards
from ..data.sources import DATA_SETS
from ._shim import load_design_bench
from .base import Labels, Loaded, Request, Source, TaskSpec


def load(request: Request) -> Loaded:
    """Builds the table, fits the forest to all of it and takes design-bench's visible rows."""
    from ..oracles.forest import fit_forest

    x, y = read_shards(ensure_built(request.folder, "superconductor"), "superconductor")
    forest = fit_forest(x, y)
    load_design_bench(request.folder)
    from design_bench.datasets.continuous_dataset import ContinuousDataset

    dataset = ContinuousDataset(x, y[:, None], max_percentile=80, internal_batch_size=5000)
    labels = Labels("Superconductor-RandomForest-v0", "retrained", forest.spearman)
    return Loaded(np.asarray(dataset.x), np.asarray(dataset.y), forest.predict, labels)


TASK = TaskSpec(
    kind="continuous",
    y_min=0.00021,
    y_max=185.0,
    sources=(
        Source(
            "original",
            DATA_SETS["superconductor"],
            recipe="design-bench's shards",
            revision=BUILD_VERSION,
        ),
    ),
    load=load,
)
