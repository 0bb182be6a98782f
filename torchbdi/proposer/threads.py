"""One thread for small tables: two would spend their time on waiting for each other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

# Up to so many designs all operations are too short to be shared.
SMALL = 1000


@contextlib.contextmanager
def threads_for(designs: int) -> Iterator[None]:
    """Has torch use one thread inside, where a table has few designs."""
    before = torch.get_num_threads()
    if designs <= SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
