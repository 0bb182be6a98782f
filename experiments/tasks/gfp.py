"""GFP: variants of a green fluorescent protein, 237 amino acids, scored by their brightness.

Sarkisyan et al. 2016. design-bench's 56,086 rows are used where they are in the data folder; else
the authors' table with one row a protein, and everything printed and saved says so. Visible are
5,000 rows between the median and p60, D = 4503. The true function is design-bench's network,
trained anew. The range of scores, median log brightness, is that of either table.
"""

from __future__ import annotations

import numpy as np

from ..data.built import AMINO_ACIDS, BUILD_VERSION
from ..data.sources import DATA_SETS
from ..data.whole import gfp_table
from ..oracles.stored import load_oracle
from ._shim import load_design_bench
from .base import Labels, Loaded, Request, Source, TaskSpec


def load(request: Request) -> Loaded:
    """Takes rows as design-bench does: it draws them from numpy's global generator.

    Raises:
        MissingDataError: the network is not there.
    """
    x, y, title = gfp_table(request.folder)
    oracle = load_oracle("gfp", x, y)
    load_design_bench(request.folder)
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
    labels = Labels(title, "retrained", oracle.spearman)
    return Loaded(np.asarray(dataset.x), np.asarray(dataset.y), oracle.predict, labels)


TASK = TaskSpec(
    kind="discrete",
    letters=AMINO_ACIDS,
    y_min=1.2834193,
    y_max=4.123109,
    sources=(
        Source("original", DATA_SETS["gfp-original"]),
        Source("regenerated", DATA_SETS["gfp"], recipe="one row a protein", revision=BUILD_VERSION),
    ),
    load=load,
)
