"""Threads of our own for work that would otherwise meet after every short operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")


def share(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Calls work(item) for every item, in as many threads as torch uses.

    Inside, torch's operations are single-threaded: the threads meet once, at the end, instead of
    after each operation, which is several times faster where other programs compete for the cores.
    """
    threads = torch.get_num_threads()
    todo = list(items)
    if min(threads, len(todo)) < 2:
        for item in todo:
            work(item)
        return

    def alone(item: Item) -> None:
        with torch.no_grad():
            work(item)

    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(alone, todo))
    finally:
        # The setting of the last thread made is the one that new threads start with.
        torch.set_num_threads(threads)
