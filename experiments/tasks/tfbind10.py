"""TF Bind 10: the ten letters around a fixed core that the transcription factor PHO4 binds.

design-bench's TFBind10-Exact-v0: 8,321,066 scores of all 1,048,576 10-mers, 4,161,482 visible
(y <= median). docs/tasks.md says why its true function is not what a method could learn, and what
``task.truth=affinity`` is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from torchbdi import InputError

from ..data.sources import DATA_SETS, are_own
from ..data.tfbind10 import affinity_scores, decode, encode, last_scores, tfbind10_table
from .base import Labels, Loaded, Request, Settings, Source, TaskSpec, setting

TITLE = "TFBind10-Exact-v0"


@dataclass(frozen=True)
class TFBind10Settings(Settings):
    """What is seen of the table, and what is asked for the truth."""

    rows: int | None = setting(10_000, at_least=1)
    """Visible rows drawn with the run's seed; None: all of them.

    10,000 is the setting of RaM's Table 2 (Tan et al., ICLR 2025).
    """

    truth: Literal["last", "affinity"] = "last"
    """"last": design-bench's table and exact oracle. "affinity": minus the mean of a 10-mer's own
    scores in replicates 3 and 4, for table and truth alike; ours.
    """


@dataclass(frozen=True)
class Packed(Source):
    """The packed file: the same rows as the shards, so the same table."""

    def identity(self, folder: Path) -> str:
        """That of the shards, whose checksums are known; of another file in its place, its own."""
        if self.data_set is not None and are_own(self.data_set):
            return super().identity(folder)
        return Source("original", DATA_SETS["tfbind10"]).identity(folder)


def load(request: Request) -> Loaded:
    """Reads all rows, takes the lower half and draws from it.

    Raises:
        InputError: more rows are wanted than are visible.
    """
    own = request.settings
    assert isinstance(own, TFBind10Settings)
    codes, y = tfbind10_table(request.folder)
    if own.truth == "last":
        table, labels = last_scores(codes, y).astype(np.float64), Labels(TITLE)
    else:
        table = affinity_scores(codes, y)
        measured = ~np.isnan(table)
        codes, y = np.flatnonzero(measured).astype(np.uint32), table[measured]
        table[~measured] = y.min()  # without a measurement of its own it counts as the weakest
        labels = Labels(
            "TF Bind 10, affinity (PHO4, replicates 3 and 4)",
            y_min=float(y.min()),
            y_max=float(y.max()),
        )
    seen = np.flatnonzero(y <= np.percentile(y, 50))
    if own.rows is not None:
        if own.rows > len(seen):
            raise InputError(f"task.rows={own.rows}: {len(seen):,} rows are visible.")
        seen = seen[np.random.RandomState(request.seed).choice(len(seen), own.rows, replace=False)]

    def truth(designs: np.ndarray) -> np.ndarray:
        return np.asarray(table[encode(designs)])

    return Loaded(decode(codes[seen]), y[seen], truth, labels)


TASK = TaskSpec(
    kind="discrete",
    letters="ACGT",
    y_min=-1.8585268,
    y_max=2.1287067,
    sources=(
        Packed("original", DATA_SETS["tfbind10-packed"]),
        Source("original", DATA_SETS["tfbind10"]),
    ),
    load=load,
    settings=TFBind10Settings,
)
