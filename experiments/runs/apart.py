"""Pieces of work in processes of their own, a few at a time; one that dies takes no other along."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

T = TypeVar("T")


def each_apart(
    work: Callable[..., T],
    pieces: Sequence[tuple[Any, ...]],
    jobs: int,
    died: Callable[[tuple[Any, ...]], T],
) -> Iterator[T]:
    """Does every piece in a process of its own.

    An error, or Ctrl-C, ends it: no further piece is begun, and those at work are waited for.

    Args:
        work: is called with a piece, in its process, which finds it by its name.
        pieces: arguments of ``work``.
        jobs: how many processes there are at once.
        died: what counts as the result of a piece whose process was killed, or has crashed.

    Yields:
        Results as they come.

    Raises:
        Exception: what ``work`` raises; BrokenProcessPool, whose cause tells more, where pickle can
            write that and cannot read it.
    """
    context, stopped = multiprocessing.get_context("spawn"), threading.Event()

    def one(piece: tuple[Any, ...]) -> list[T]:
        """The result; none where all has been stopped."""
        if stopped.is_set():
            return []
        try:
            with ProcessPoolExecutor(1, mp_context=context) as own:
                return [own.submit(work, *piece).result()]
        except BrokenProcessPool as error:
            if error.__cause__ is not None:  # it answered, with what cannot be read here
                stopped.set()
                raise
            return [] if stopped.is_set() else [died(piece)]
        except BaseException:
            stopped.set()  # at once: this thread would begin the next piece
            raise

    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(one, piece) for piece in pieces]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        except BaseException:
            stopped.set()
            pool.shutdown(cancel_futures=True)
            raise
