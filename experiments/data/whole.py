"""The whole tables of GFP and UTR, to which their true functions are fitted.

A task shows a part of its rows to the training; the network that scores designs has seen more.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .built import ensure_built
from .present import missing, require
from .shards import read_shards
from .sources import DATA_SETS

GFP_ORIGINAL = "GFP-Transformer-v0"
GFP_OWN = "GFP, protein level"


def gfp_table(folder: Path) -> tuple[np.ndarray, np.ndarray, str]:
    """All rows: design-bench's 56,086 where its shards are, else the protein-level 51,715.

    Returns:
        x, int32 (N, 237), y, float32 (N,), and the table's title.

    Raises:
        MissingDataError: a file is missing or damaged.
    """
    if len(missing(folder, "gfp-original")) < len(DATA_SETS["gfp-original"].files):
        # Some are there: then all must be.
        require(folder, "gfp-original")
        return *read_shards(folder / "gfp", "gfp"), GFP_ORIGINAL
    return *read_shards(ensure_built(folder, "gfp"), "gfp"), GFP_OWN


def utr_table(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """All 280,000 rows: x, int32 (N, 50), A, C, G, T = 0..3, and y, float32 (N,).

    Raises:
        MissingDataError: a file is missing or damaged.
    """
    require(folder, "utr")
    return read_shards(folder / "utr", "utr")
