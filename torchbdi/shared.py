"""What all threads share in torch: the default dtype, and the global generator of draws."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

__all__ = ["alone_with_draws", "draws_forgotten", "float32_default"]


class _Shared:
    """Locks, and which threads want float32 to be the default, each as often as it asked."""

    def __init__(self) -> None:
        self.draws = threading.RLock()
        self.dtype = threading.Lock()
        self.inside: list[int] = []
        self.before = torch.float32

    def renew(self) -> None:
        """Lets go of what other threads held when this process was forked off, without them."""
        self.draws, self.dtype = threading.RLock(), threading.Lock()
        before, own = self.inside, threading.get_ident()
        self.inside = [thread for thread in before if thread == own]
        if before and not self.inside:
            torch.set_default_dtype(self.before)


_SHARED = _Shared()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.renew)


@contextmanager
def float32_default() -> Iterator[None]:
    """float32 is the default dtype until the last thread that asked for it has left."""
    own = threading.get_ident()
    with _SHARED.dtype:
        if not _SHARED.inside:
            _SHARED.before = torch.get_default_dtype()
        _SHARED.inside.append(own)
        torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        with _SHARED.dtype:
            _SHARED.inside.remove(own)
            if not _SHARED.inside:
                torch.set_default_dtype(_SHARED.before)


@contextmanager
def alone_with_draws(devices: Sequence[torch.device]) -> Iterator[None]:
    """Global draws inside are this thread's alone, and are forgotten afterwards.

    Args:
        devices: the GPUs whose generators are used, too.
    """
    with _SHARED.draws, torch.random.fork_rng(devices):
        yield


@contextmanager
def draws_forgotten(devices: Sequence[torch.device]) -> Iterator[None]:
    """What is drawn globally inside is forgotten afterwards; other threads go on meanwhile.

    Args:
        devices: the GPUs whose generators are used, too.
    """
    fork = torch.random.fork_rng(devices)
    with _SHARED.draws:
        fork.__enter__()
    try:
        yield
    finally:
        with _SHARED.draws:
            fork.__exit__(None, None, None)
