"""Speed and memory against the alternatives: ``python -m experiments.benchmarks [SUBJECT ...]``.

Every module here whose name does not start with an underscore is a subject. It has

    run(options: Options) -> dict

which measures and returns a dictionary: ``rows`` is a list of flat dictionaries and is printed as a
table; everything goes into SUBJECT.json. Pictures it writes itself, to ``options.out``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """What a subject is told.

    Attributes:
        out: existing folder for pictures and other files.
        rounds: how often everything is timed; medians are reported.
        small: sizes for a test of the benchmark itself, seconds instead of minutes.
        rivals: whether rivals in an environment of their own are measured too.
        keep: writes what there is so far to SUBJECT.json, so that a subject that is cut off loses
            nothing that it has measured.
        tables: folder of the tables of ``propose``; None for TORCHBDI_TABLES.
        only: of these tables, those to propose for; empty for all.
        seeds: of what is seen of them; empty for all five.
    """

    out: Path
    rounds: int = 7
    small: bool = False
    rivals: bool = True
    keep: Callable[[dict[str, Any]], object] = lambda _: None
    tables: Path | None = None
    only: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()


def subjects() -> list[str]:
    """The names of all subjects: their modules' names with hyphens."""
    modules = (m.name for m in pkgutil.iter_modules(__path__))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))
