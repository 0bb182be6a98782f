"""Progress bars of work whose share done is known."""

from __future__ import annotations

from typing import Any

from tqdm import tqdm


def progress_bar(title: str, shown: bool) -> Any:
    """A bar from 0 to 1 with the time left, which appears once two seconds have passed.

    Args:
        title: what is being done.
        shown: whether there is to be one at all.

    Returns:
        The bar, a context manager; ``update(share)`` moves it on.
    """
    return tqdm(
        total=1.0,
        desc=title,
        delay=2,
        disable=not shown,
        bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
    )
