"""TF Bind 10 (PHO4): design-bench's 84 shards, or the same rows packed into one file.

The packed file is 16 MB instead of 366: ``codes`` holds the 10-mers of the first half of the table,
two in five bytes; ``rank`` says which of ``values`` each scores. The second half follows from the
first: every letter complemented, scores unchanged (design-bench's process_raw_tf_bind_10.py).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from torchbdi import MissingDataError

from .present import require
from .shards import read_shards

LETTERS = 10
TENMERS = 4**LETTERS
FOLDER, STEM = "tf_bind_10-pho4", "tf_bind_10"
PACKED = f"{FOLDER}.npz"
# Rows of the four replicates, in the order in which they stand in the first half of the table;
# no 10-mer occurs twice in one of them.
REPLICATES = (1_027_148, 1_036_250, 1_048_561, 1_048_574)
HALF = sum(REPLICATES)


def tfbind10_table(folder: Path, half: int = HALF) -> tuple[np.ndarray, np.ndarray]:
    """All 8,321,066 rows in the order of design-bench's shards.

    Args:
        folder: the data folder, with the packed file or the shards.
        half: rows of one half of the table.

    Returns:
        codes, uint32 (N,), the 10-mer as a number to base 4, the first letter the most significant,
        A, C, G, T = 0..3; and y, float32 (N,).

    Raises:
        MissingDataError: neither is there, or a file is damaged.
    """
    if (folder / PACKED).is_file():
        require(folder, "tfbind10-packed")
        codes, y = unpack(folder / PACKED)
    else:
        require(folder, "tfbind10")
        x, y = read_shards(folder / FOLDER, STEM)
        codes = encode(x)
    if len(codes) != 2 * half:
        raise MissingDataError(
            f"TF Bind 10 in {folder} has {len(codes):,} rows, design-bench's has {2 * half:,}. "
            "Delete it and get it again."
        )
    return codes, y


def unpack(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the packed file, as :func:`tfbind10_table`; 0.1 s, 190 MB at the peak."""
    with np.load(path, allow_pickle=False) as packed:
        rows = int(packed["rows"])
        pairs, rank, values = packed["codes"].reshape(-1, 5), packed["rank"], packed["values"]
    byte = [pairs[:, i].astype(np.uint32) for i in range(5)]
    half = np.empty((len(pairs), 2), dtype=np.uint32)
    half[:, 0] = byte[0] << 12 | byte[1] << 4 | byte[2] >> 4
    half[:, 1] = (byte[2] & 15) << 16 | byte[3] << 8 | byte[4]
    first = half.reshape(-1)[:rows]
    score = values[rank]
    return np.concatenate([first, complement(first)]), np.concatenate([score, score])


def complement(codes: np.ndarray) -> np.ndarray:
    """Every letter complemented, order kept: A with T, C with G."""
    return codes ^ np.uint32(TENMERS - 1)


def encode(x: np.ndarray) -> np.ndarray:
    """Letters, int (N, 10), as codes, uint32 (N,)."""
    codes = np.zeros(len(x), dtype=np.uint32)
    for letter in x.T:
        codes = codes << np.uint32(2) | letter.astype(np.uint32)
    return codes


def decode(codes: np.ndarray) -> np.ndarray:
    """Codes, uint32 (N,), as letters, int32 (N, 10)."""
    shift = np.arange(2 * (LETTERS - 1), -1, -2, dtype=np.uint32)
    return (codes[:, None] >> shift & 3).astype(np.int32)


def last_scores(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What design-bench's exact oracle says: the score of a 10-mer's last row.

    Its dictionary is filled in the order of the rows. For all but two 10-mers the last row is
    replicate 4's score of *another* 10-mer, the one whose letters are the complements.

    Returns:
        float32 (4^10,), by code.
    """
    scores = np.full(TENMERS, np.nan, dtype=y.dtype)
    start = 0
    for rows in REPLICATES * 2:  # within a block no code comes twice
        block = slice(start, start + rows)
        scores[codes[block]] = y[block]
        start += rows
    return scores


def affinity_scores(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Minus the mean of a 10-mer's own scores in replicates 3 and 4: larger binds stronger.

    Scores are ddG in kcal/mol. Infinite ones, which the table holds as its largest and smallest
    score, count as missing.

    Returns:
        float64 (4^10,), by code; NaN for the 1,134 10-mers without a score in either replicate.
    """
    extremes = np.array([y.min(), y.max()])
    total, count = np.zeros(TENMERS), np.zeros(TENMERS)
    start = REPLICATES[0] + REPLICATES[1]
    for rows in REPLICATES[2:]:
        block = slice(start, start + rows)
        there = ~np.isin(y[block], extremes)
        at = codes[block][there]
        total[at] += y[block][there]
        count[at] += 1
        start += rows
    with np.errstate(invalid="ignore"):
        return np.asarray(-total / count)
