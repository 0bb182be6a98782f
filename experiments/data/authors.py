"""The BDI authors' dual coefficients of the Ant, by which a table from anywhere can be checked.

They are the solution d of (K + 1e-6 tr(K)/N I) d = y on design-bench's visible rows, 80 KB
in their repository. So (K + 1e-6 tr(K)/N I) d must give back the standardised scores, which a table
that differs in a few rows, or in their order, does not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch

from torchbdi import NTK, InputError, MissingDataError

from .download import fetch
from .shards import read_shards

URL = "https://raw.githubusercontent.com/GGchen1997/BDI/main/npy/AntMorphology-Exact-v0.npy"
SHA256 = "0b012d62ee18ffd8689344efde6eca54c141960c3529166cde6196dc47579fff"
RIDGE = 1e-6
VISIBLE = 40  # percentile
TOLERANCE = 1e-3  # standard deviations; TF Bind 8's coefficients give its scores to 4e-6


def largest_error(x: np.ndarray, y: np.ndarray, d: np.ndarray) -> float:
    """How far coefficients are from giving back the scores of a table.

    Args:
        x: visible designs, (N, D), raw numbers.
        y: their scores, (N,).
        d: dual coefficients of the standardised table, (N,).

    Returns:
        The largest deviation, in standard deviations of the scores.

    Raises:
        InputError: there are not as many coefficients as rows.
    """
    if len(d) != len(x):
        raise InputError(f"{len(d):,} coefficients for {len(x):,} rows.")
    x, y = x.astype(np.float64), y.astype(np.float64)
    std = x.std(0)
    features = torch.from_numpy((x - x.mean(0)) / np.where(std > 0, std, 1.0))
    scores = torch.from_numpy((y - y.mean()) / y.std())
    kernel, weights = NTK(), torch.from_numpy(d.astype(np.float64).ravel())
    given = RIDGE * kernel.diag(features).mean() * weights
    with torch.no_grad():
        for start in range(0, len(x), 1000):
            rows = slice(start, start + 1000)
            given[rows] += kernel(features[rows], features) @ weights
    return float((given - scores).abs().max())


def check_ant(folder: Path, url: str = URL, digest: str | None = SHA256) -> float:
    """Checks a downloaded table of the Ant, in design-bench's shards, by the authors' coefficients.

    Args:
        folder: the data folder.
        url: of the coefficients.
        digest: their SHA-256.

    Returns:
        The largest deviation.

    Raises:
        MissingDataError: there is no table, the coefficients could not be had, or the table is
            another one.
    """
    shards = folder / "ant_morphology"
    if not all((shards / f"ant_morphology-{part}-0.npy").is_file() for part in "xy"):
        raise MissingDataError(
            f"the Ant's table is not in {shards}. Get it with: "
            "python -m experiments.data get ant --from dibo"
        )
    x, y = read_shards(shards, "ant_morphology")
    seen = y <= np.percentile(y, VISIBLE)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "coefficients.npy"
        fetch(url, file, digest, resume=False, instead="check it another time")
        d = np.load(file, allow_pickle=False).ravel()
    error = largest_error(x[seen], y[seen], d) if len(d) == seen.sum() else float("inf")
    if not error <= TOLERANCE:
        raise MissingDataError(
            f"the Ant's table in {folder} is not the one that the BDI authors used: "
            f"{seen.sum():,} visible rows, {len(d):,} coefficients, scores off by {error:.3g} "
            "standard deviations. Move its files away, and try another place."
        )
    return error
