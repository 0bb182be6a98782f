"""Cards: what stands beside what was made here, and says of what it was made and which files it is.

By its card a table is known to be there, and is made by one process at a time where it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torchbdi import InputError, MissingDataError
from torchbdi.kernels.files import in_turn, read_json, sha256


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


@contextmanager
def checked_card(card: Path, instead: str) -> Iterator[dict[str, Any]]:
    """The content of a card, as a context in which entries are taken out of it.

    Args:
        card: the file.
        instead: what to do where it is damaged.

    Raises:
        MissingDataError: it is damaged, or has not an entry that is asked for.
    """
    try:
        yield read_json(card)
    except InputError as error:  # it says that the card is damaged
        raise MissingDataError(f"{error} {instead}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise MissingDataError(
            f"{card} is damaged: it is no card ({error!r}). {instead}"
        ) from error


def make_once(
    folder: Path, is_there: Callable[[], bool], make: Callable[[], object], what: str
) -> None:
    """Makes a table unless it is there; of several processes that want it one does, others wait.

    Args:
        folder: of the table; made if it is not there.
        is_there: whether the table is there, whole.
        make: makes it.
        what: the table, for those who wait.
    """
    if is_there():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with in_turn(folder, f"{what}: waiting for another process that makes the table ..."):
        if not is_there():
            make()
