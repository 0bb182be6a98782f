"""D'Kitty: 56 numbers that shape a robot's legs, scored by how well a fixed policy walks it.

design-bench's DKittyMorphology-Exact-v0. Where its table and policy are not in the data folder, a
table is regenerated, seeded by ``seed``, and everything printed and saved says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from ._morphology import load_robot, sources
from .base import Loaded, Request, Settings, TaskSpec, setting


@dataclass(frozen=True)
class DKittySettings(Settings):
    """The settings of the D'Kitty."""

    rows: int = setting(2513, at_least=2)
    """Rows of a regenerated table before the better 60 % are hidden; the original has 25,009."""


def load(request: Request) -> Loaded:
    """See ``load_robot``."""
    return load_robot("dkitty", "DKittyMorphology-Exact-v0", request)


TASK = TaskSpec(
    kind="continuous",
    y_min=-880.4585,
    y_max=340.90985,
    sources=sources("dkitty"),
    load=load,
    settings=DKittySettings,
)
