"""Cards: what stands beside a table that was made here, and says of what and which files it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torchbdi import InputError
from torchbdi.kernels.files import read_json, sha256


def is_whole(card: Path, made_by: str, wanted: Any) -> bool:
    """Whether a folder holds what is wanted, whole and unchanged.

    A card comes last, so a folder without one was not finished. A damaged one counts as none: what
    it describes is made again.

    Args:
        card: the file; its ``sha256`` names the files beside it with their digests.
        made_by: under which key it says how they were made.
        wanted: what has to stand there.
    """
    try:
        content = read_json(card)
        known, files = content[made_by], dict(content["sha256"])
    except (FileNotFoundError, InputError, KeyError, TypeError, ValueError):
        return False
    return known == wanted and all(
        (card.parent / name).is_file() and sha256(card.parent / name) == digest
        for name, digest in files.items()
    )
