"""Threads of our own for work that would otherwise meet after every short operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")


def drain(work: Callable[[Iterator[Item]], None], items: Iterable[Item]) -> None:
    """Calls work(items) in as many threads as torch uses; each item is taken by one of them.

    Inside, torch's operations are single-threaded: the threads meet once, at the end, instead of
    after each operation, which is several times faster where other programs compete for the cores.

    Args:
        work: takes an iterator over items.
        items: pieces of work that can be done in any order, and by anyone.
    """
    before = torch.get_num_threads()
    pending = list(items)
    threads = min(before, len(pending))
    todo = iter(pending)
    if threads < 2:
        work(todo)
        return

    def run(_: int) -> None:
        with torch.no_grad():
            work(todo)

    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            list(pool.map(run, range(threads)))
    finally:
        # The setting of the last thread made is the one that new threads start with.
        torch.set_num_threads(before)


def share(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Calls work(item) for every item, in the threads of :func:`drain`."""

    def run(todo: Iterator[Item]) -> None:
        for item in todo:
            work(item)

    drain(run, items)
