"""A range cut into pieces, as loops over rows and tiles take it."""

from __future__ import annotations


def pieces(n: int, step: int, within: slice | None = None) -> list[slice]:
    """0 to n, or the range ``within``, in slices of ``step``, the last one shorter."""
    start, stop = (0, n) if within is None else (within.start, within.stop)
    return [slice(i, min(i + step, stop)) for i in range(start, stop, step)]
