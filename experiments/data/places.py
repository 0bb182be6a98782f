"""Where else a data set can be had: copies that others name, in whatever form they keep it.

None of these addresses has been tried from here. So nothing that comes from them is trusted: sizes
are limited, checksums compared where they are known, and no pickle is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .sources import BOOTGEN, FIGSHARE, MIRROR, SOO_BENCH, UCI, rna_files

_HUB = "https://huggingface.co/datasets"
_DIBO = "https://raw.githubusercontent.com/zpointS/DiBO/da8b3ba7b4858e8975d2e99604dd12351d9caae4"
_SNAPSHOT = f"{_HUB}/zpointsun/DiBO-DesignBench-Snapshot/resolve/v1.0.0/design_bench_data.zip"
_SMB = (
    f"{_HUB}/sci-modeling-bench/design-bench/resolve/d8b9ea3c78ed33edf0869a427940a0651eb49f52"
    "/data/hopper_controller/policies.parquet"
)


@dataclass(frozen=True)
class Place:
    """One place of a data set.

    Attributes:
        name: the word for ``--from``.
        url: a folder ("files") or the one file that has all.
        form: "files": each under its own name. "zip": members by their names. "npz": one archive of
            arrays, designs and scores, of which the two shards are made. "parquet": a table with a
            column of designs and one of scores, of which the two shards are made.
        names: by path below the data folder, what a file is called at the place; the path itself
            where it is not listed. For "zip", the end of a member's name.
        files: paths that the place has; empty for all of the data set.
        columns: of a Parquet table: designs, scores, and the row number by which it is ordered.
        sha256: of the one file, where it is known.
        largest: most bytes that are taken for the one file.
        licence: as the place states it.
    """

    name: str
    url: str
    form: Literal["files", "zip", "npz", "parquet"] = "files"
    names: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    columns: tuple[str, str, str] = ("", "", "")
    sha256: str | None = None
    largest: int = 2**30
    licence: str = "not stated"


def _shards(name: str) -> tuple[str, str]:
    stem = f"{name}_morphology"
    return f"{stem}/{stem}-x-0.npy", f"{stem}/{stem}-y-0.npy"


_MIRROR = Place("mirror", MIRROR)
_ZIP = Place("snapshot", _SNAPSHOT, "zip", largest=2**31)
_NPZ = {
    robot: Place(
        "dibo",
        f"{_DIBO}/data/raw/{title}Morphology-Exact-v0.npz",
        "npz",
        files=_shards(robot),
        largest=2**26,
        licence="MIT (the repository's)",
    )
    for robot, title in (("ant", "Ant"), ("dkitty", "DKitty"))
}

#: In order of preference; the first is what ``download`` uses (but TF Bind 8 is rebuilt).
PLACES: Mapping[str, tuple[Place, ...]] = {
    "superconductor": (Place("uci", UCI, "zip", licence="CC BY 4.0"),),
    "utr": (_MIRROR,),
    "gfp": (Place("figshare", FIGSHARE, "zip", licence="CC BY 4.0"),),
    "gfp-original": (_MIRROR,),
    "hopper": (
        _MIRROR,
        Place(
            "sci-modeling-bench",
            _SMB,
            "parquet",
            columns=("policy_weights", "source_return", "source_index"),
            sha256="950548a4ceaa49068dc3973ec7385673b72eaf60ceb4830dafcae6175616a45a",
            largest=2**28,
        ),
    ),
    "ant": (_MIRROR, _ZIP, _NPZ["ant"]),
    "dkitty": (_MIRROR, _ZIP, _NPZ["dkitty"]),
    "tfbind8": (_MIRROR, _ZIP),
    "tfbind10": (
        Place("soo-bench", SOO_BENCH, licence="GPL-3.0 (the repository's)"),
        _MIRROR,
        _ZIP,
    ),
    **{
        f"rna{number}": (
            Place(
                "bootgen",
                BOOTGEN,
                names={path: path.replace("rna/", "rna_data/") for path in rna_files(number)},
                licence="Apache-2.0 (the repository's)",
            ),
        )
        for number in (1, 2, 3)
    },
}
