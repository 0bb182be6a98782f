"""TF Bind 8: DNA sequences of length 8 that bind the transcription factor SIX6.

Barrera et al. 2016; design-bench's TFBind8-Exact-v0: 32,898 visible rows (y <= median), D = 24.
"""

from __future__ import annotations

import numpy as np

from ..data.sources import DATA_SETS
from ..data.tfbind8 import ensure_tfbind8
from ._shim import load_design_bench
from .base import Labels, Loaded, Request, Source, TaskSpec

TITLE = "TFBind8-Exact-v0"
BATCH = 1 << 16  # rows that design-bench reads at a time: all; its 32 take three times as long


def load(request: Request) -> Loaded:
    """Takes table and true function from design-bench."""
    design_bench = load_design_bench(request.folder)
    bench = design_bench.make(TITLE, dataset_kwargs={"internal_batch_size": BATCH})

    def truth(designs: np.ndarray) -> np.ndarray:
        return np.asarray(bench.predict(designs.astype(np.int32)), dtype=np.float64).ravel()

    return Loaded(np.asarray(bench.x), np.asarray(bench.y), truth, Labels(TITLE))


TASK = TaskSpec(
    kind="discrete",
    letters="ACGT",
    y_min=0.0,
    y_max=1.0,
    sources=(Source("original", DATA_SETS["tfbind8"], fetch=ensure_tfbind8),),
    load=load,
)
