"""Tables that are made here from published ones, kept in the user's cache."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256, write_json

from . import cache_folder
from .cards import is_whole, make_once
from .present import require
from .shards import write_shards
from .sources import DATA_SETS, checksums

#: To be raised by one with every change after which a table is another one.
BUILD_VERSION = 1

#: Letters of proteins in design-bench's order, 0 to 19.
AMINO_ACIDS = "ARNDCQEGHILKMFPSTWYV"
_BASES = "TCAG"
_CODONS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_MUTATION = re.compile(r"S([A-Z])(\d+)([A-Z])")


@dataclass(frozen=True)
class Build:
    """A table that can be built.

    Attributes:
        stem: common name of its shards.
        make: reads the data folder, gives x (N, ...) and y (N,).
    """

    stem: str
    make: Callable[[Path], tuple[np.ndarray, np.ndarray]]


def ensure_built(folder: Path, name: str) -> Path:
    """Builds a table unless it is in the cache, whole and made of the same files.

    Where several processes want one table, one builds it and the others wait.

    Args:
        folder: the data folder, which has the published files.
        name: of the data set.

    Returns:
        The folder of the shards.

    Raises:
        MissingDataError: the published files are missing or damaged.
    """
    require(folder, name)
    build, target = BUILDS[name], cache_folder() / "built" / f"{name}-v{BUILD_VERSION}"
    made_of = {path: checksums()[path] for path in DATA_SETS[name].files}
    card = target / "card.json"

    def make() -> None:
        print(f"{name}: building the table in {target} ...", flush=True)
        x, y = build.make(folder)
        for old in (card, *target.glob("*.npy")):  # another table may have had more shards
            old.unlink(missing_ok=True)
        write_shards(target, build.stem, x, y)
        files = {path.name: sha256(path) for path in sorted(target.glob("*.npy"))}
        write_json(card, {"made_of": made_of, "rows": len(y), "sha256": files})

    make_once(target, lambda: is_whole(card, "made_of", made_of), make, name)
    return target


def superconductor_table(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """UCI's table as design-bench stores it.

    Returns:
        x, float32 (21263, 86), how much of each element; y, float32 (21263,), the critical
        temperature in kelvin.
    """
    with (folder / "superconductor/unique_m.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    # Through float64, as design-bench's own reader does.
    table = np.array([row[:-1] for row in rows], dtype=np.float64).astype(np.float32)
    return table[:, :-1], table[:, -1]


def gfp_table(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The protein-level table: every protein of the authors' list that has no stop.

    Returns:
        x, int32 (51715, 237), amino acids in the order of ``AMINO_ACIDS``, methionine left out;
        y, float32 (51715,), the median log brightness.

    Raises:
        MissingDataError: a mutation does not fit the reference.
    """
    source = folder / "gfp_source"
    wild_type = translate((source / "avGFP_reference_sequence.fa").read_text().split("\n", 1)[1])
    index = {letter: i for i, letter in enumerate(AMINO_ACIDS)}
    reference = np.array([index[letter] for letter in wild_type], dtype=np.int32)
    designs, scores = [], []
    with (source / "amino_acid_genotypes_to_brightness.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            changes = [m for m in row["aaMutations"].split(":") if m]
            if any("*" in change for change in changes):
                continue
            design = reference.copy()
            for change in changes:
                match = _MUTATION.fullmatch(change)
                if match is None or wild_type[int(match[2])] != match[1]:
                    raise MissingDataError(
                        f"{source}: the mutation {change} does not fit the reference sequence."
                    )
                design[int(match[2])] = index[match[3]]
            designs.append(design)
            scores.append(float(row["medianBrightness"]))
    return np.stack(designs), np.array(scores, dtype=np.float32)


def translate(bases: str) -> str:
    """DNA to amino acids by the standard code, up to the first stop."""
    bases = "".join(bases.split())
    codons = (bases[i : i + 3] for i in range(0, len(bases) - 2, 3))
    number = functools.partial(functools.reduce, lambda n, base: 4 * n + _BASES.index(base))
    return "".join(_CODONS[number(codon, 0)] for codon in codons).split("*")[0]


BUILDS = {
    "superconductor": Build("superconductor", superconductor_table),
    "gfp": Build("gfp", gfp_table),
}
