"""How near two directions are where a cosine has lost their angle, and where they are one."""

from __future__ import annotations

import torch

NEAR = 1e-6  # sin^2(theta/2), or cos^2(theta/2) near pi, below which a pair is near
CHUNK = 1 << 20  # numbers of differences at a time


def bound(dtype: torch.dtype) -> float:
    """|cos theta| from which a pair is near: its angle then comes from differences."""
    return 1 - 2 * NEAR - 8 * torch.finfo(dtype).eps


def kink(dtype: torch.dtype) -> float:
    """1 - |cos theta| up to which a cosine does not tell a pair from an equal or opposite one.

    The kernel has a kink there, and the tangential part of its gradient is taken as 0. It is a
    power of two.
    """
    return 32.0 * torch.finfo(dtype).eps


def kink_of_differences(dtype: torch.dtype) -> float:
    """sin^2(theta/2) up to which two directions are one: by differences, 4096 eps apart."""
    return (4096.0 * torch.finfo(dtype).eps / 2) ** 2
