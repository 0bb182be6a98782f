"""Runs of propose with fewer candidates and steps, for tests that look at something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def be_quick(change: Callable[[Any, str, Any], None] = setattr) -> None:
    """Fewer candidates and steps, and pictures told in words: they are most of the time otherwise.

    ``change`` is what sets an attribute, monkeypatch's say.
    """
    from torchbdi import scales
    from torchbdi.proposer.model import choice
    from torchbdi.proposer.report import drawing
    from torchbdi.proposer.search import candidates, effort
    from torchbdi.search import SearchOptions

    change(effort, "OPTIONS", SearchOptions(width=8, rounds=3, pairs=8, restarts=0,
                                            starts=8, steps=10))  # fmt: skip
    change(candidates, "SAMPLES", 200)
    change(candidates, "NEIGHBOURS", 200)
    change(drawing, "LAYOUT", None)
    change(drawing, "png", in_words)
    change(scales, "STEPS", 10)
    change(choice, "DEPTHS", (2, 3))
    change(choice, "CONSTANTS", (0.0, 1.0))


def in_words(figure: Any) -> bytes:
    """All that a picture shows, to its last digit, and not drawn."""
    said: list[Any] = []
    for axes in figure.axes:
        said += [axes.get_xlim(), axes.get_ylim(), axes.get_xscale(), axes.get_yscale()]
        said += [axes.get_xlabel(), axes.get_ylabel(), [text.get_text() for text in axes.texts]]
        said += [line.get_xydata().tobytes() for line in axes.lines]
        said += [(c.get_offsets().tobytes(), c.get_label()) for c in axes.collections]
        said += [patch.get_path().vertices.tobytes() for patch in axes.patches]
    return repr(said).encode()
