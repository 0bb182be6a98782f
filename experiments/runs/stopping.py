"""SIGTERM, which schedulers and ``timeout`` send, ends a command as Ctrl-C does."""

from __future__ import annotations

import signal
from types import FrameType


def stop_by_sigterm() -> None:
    """From now on SIGTERM raises KeyboardInterrupt, unless somebody has decided on it already."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
