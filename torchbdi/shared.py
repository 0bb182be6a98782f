"""What all threads share: the default dtype, the global generator of draws, and warnings."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch

__all__ = [
    "Together",
    "alone_with_draws",
    "draws_forgotten",
    "float32_default",
    "ignore_warnings",
    "warnings_handled",
    "warnings_told",
]


class Together:
    """Changes of the whole process, each until the last thread that wants it has left.

    Two threads that each put back what they found would leave the change of one of them behind.

    Args:
        begin: called by the first thread, before any change; returns what puts all back.
    """

    def __init__(self, begin: Callable[[], Callable[[], object]]) -> None:
        self.begin = begin
        self.lock = threading.Lock()
        # The threads and what they changed, each as often as it asked.
        self.inside: list[tuple[int, Callable[[], object]]] = []
        self.undo: Callable[[], object] = lambda: None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    @contextmanager
    def __call__(self, change: Callable[[], object]) -> Iterator[None]:
        """Makes the change, and takes it back when no thread is left inside that wants it.

        Args:
            change: makes it. Threads want the same change where they hand over the same function.
        """
        own = threading.get_ident(), change
        try:
            with self.lock:
                if not self.inside:
                    self.undo = self.begin()
                self.inside.append(own)
                change()
            yield
        finally:
            with self.lock:
                if own in self.inside:  # it is not where nothing could be begun
                    self.inside.remove(own)
                    if all(other is not change for _, other in self.inside):
                        self._take_back()

    def _take_back(self) -> None:
        """Leaves the changes of those who are inside alone, in the order of their coming."""
        self.undo()
        if self.inside:
            self.undo = self.begin()
            for _, change in self.inside:
                change()

    def _renew(self) -> None:
        """Lets go of what other threads held when this process was forked off, without them."""
        self.lock = threading.Lock()
        before, own = self.inside, threading.get_ident()
        self.inside = [(thread, change) for thread, change in before if thread == own]
        if len(self.inside) < len(before):
            self._take_back()


class _Draws:
    def __init__(self) -> None:
        self.lock = threading.RLock()

    def renew(self) -> None:
        self.lock = threading.RLock()


_DRAWS = _Draws()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_DRAWS.renew)


def _keep_dtype() -> Callable[[], object]:
    before = torch.get_default_dtype()
    return lambda: torch.set_default_dtype(before)


def _set_float32() -> None:
    torch.set_default_dtype(torch.float32)


def _keep_warnings() -> Callable[[], object]:
    caught = warnings.catch_warnings()
    caught.__enter__()
    return lambda: caught.__exit__(None, None, None)


_DTYPE, _WARNINGS = Together(_keep_dtype), Together(_keep_warnings)


@contextmanager
def float32_default() -> Iterator[None]:
    """float32 is the default dtype until the last thread that asked for it has left."""
    with _DTYPE(_set_float32):
        yield


@contextmanager
def warnings_handled(change: Callable[[], object]) -> Iterator[None]:
    """Filters of warnings that ``change`` sets hold until the last thread that wants it has left.

    Args:
        change: see :class:`Together`; a function that stands in a module, not one made anew.
    """
    with _WARNINGS(change):
        yield


def ignore_warnings() -> None:
    """A change for :func:`warnings_handled`: nothing is warned of."""
    warnings.simplefilter("ignore")


class _Route:
    """Shows a warning to whom its thread names, else as it was shown before."""

    told: ClassVar[dict[int, Callable[[str], object]]] = {}

    def __init__(self, before: Callable[..., object]) -> None:
        self.before = before

    def __call__(self, message: Warning | str, *where: Any, **more: Any) -> None:
        say = self.told.get(threading.get_ident())
        if say is None:
            self.before(message, *where, **more)
        else:
            say(str(message))


def _route() -> None:
    if not isinstance(warnings.showwarning, _Route):
        warnings.showwarning = _Route(warnings.showwarning)


@contextmanager
def warnings_told(say: Callable[[str], object]) -> Iterator[None]:
    """What this thread warns of inside is said; other threads warn as they did."""
    own = threading.get_ident()
    before = _Route.told.get(own)
    with warnings_handled(_route):
        _Route.told[own] = say
        try:
            yield
        finally:
            if before is None:
                del _Route.told[own]
            else:
                _Route.told[own] = before


@contextmanager
def alone_with_draws(devices: Sequence[torch.device]) -> Iterator[None]:
    """Global draws inside are this thread's alone, and are forgotten afterwards.

    Args:
        devices: the GPUs whose generators are used, too.
    """
    with _DRAWS.lock, torch.random.fork_rng(devices):
        yield


@contextmanager
def draws_forgotten(devices: Sequence[torch.device]) -> Iterator[None]:
    """What is drawn globally inside is forgotten afterwards; other threads go on meanwhile.

    Args:
        devices: the GPUs whose generators are used, too.
    """
    fork = torch.random.fork_rng(devices)
    with _DRAWS.lock:
        fork.__enter__()
    try:
        yield
    finally:
        with _DRAWS.lock:
            fork.__exit__(None, None, None)
