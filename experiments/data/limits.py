"""How long a server is waited for, and how much is taken from it."""

from __future__ import annotations

from dataclasses import dataclass

from .sources import LARGEST


@dataclass(frozen=True)
class Limits:
    """How long a server is waited for, and how much is taken from it.

    Attributes:
        connect: seconds without a connection after which it is given up.
        silence: seconds without a byte.
        slowest: bytes a second that it must send.
        window: seconds after which that is looked at, each time.
        largest: most bytes of a file of which it is not known how many it has; twice those of the
            largest known file.
    """

    connect: float = 10.0
    silence: float = 30.0
    slowest: float = 1000.0
    window: float = 60.0
    largest: int = 2 * LARGEST
