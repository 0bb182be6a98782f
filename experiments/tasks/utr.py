"""UTR: RNA sequences of length 50 ahead of a gene, scored by the ribosome load they bring about.

Sample et al. 2019; design-bench's UTR-ResNet-v0: 140,000 visible rows (y <= median), D = 150. The
true function is design-bench's network, trained anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..data.sources import DATA_SETS
from ..data.whole import utr_table
from ..oracles.stored import load_oracle
from ._shim import load_design_bench
from .base import Labels, Loaded, Request, Source, TaskSpec


def load(request: Request) -> Loaded:
    """Takes design-bench's visible rows, and our training of its network.

    Raises:
        MissingDataError: the network is not there.
    """
    oracle = load_oracle("utr", *utr_table(request.folder))
    labels = Labels("UTR-ResNet-v0", "retrained", oracle.spearman)
    return Loaded(*visible_rows(request.folder), oracle.predict, labels)


def visible_rows(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """design-bench's visible half: letters, int32 (140000, 50), and scores, (140000, 1)."""
    load_design_bench(folder)
    from design_bench.datasets.discrete.utr_dataset import UTRDataset

    # Large batches: design-bench goes through its table in Python, batch by batch.
    dataset = UTRDataset(max_percentile=50, internal_batch_size=20000)
    return np.asarray(dataset.x), np.asarray(dataset.y)


TASK = TaskSpec(
    kind="discrete",
    letters="ACGT",
    y_min=0.0,
    y_max=12.0,
    sources=(Source("original", DATA_SETS["utr"]),),
    load=load,
)
