"""What a paper set for one task and not for all, by method and task.

A method's own defaults hold for every table; what goes by the kind of the columns or by the number
of rows is resolved by the method. A plan passes on what stands here, so that a table of the paper
shows the paper's settings. BDI has nothing here: its alpha and its rate go by the kind of the task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """Settings of one method for one task.

    Attributes:
        settings: by the name of the method's field.
        source: paper and place, or file of the authors' code.
    """

    settings: Mapping[str, object]
    source: str


_LAUNCH = "launch files of github.com/brandontrabucco/design-baselines, commit 785dbcf"
_ROMA = "settings of github.com/sihyun-yu/RoMA, commit 08b1ab5"

PUBLISHED: Mapping[tuple[str, str], Published] = {
    # The ensemble of this one is not trained at all.
    ("reinforce", "hopper"): Published({"ensemble_epochs": 0, "lr": 0.1}, _LAUNCH),
    ("cbas", "tfbind10"): Published({"vae_epochs": 100}, _LAUNCH),
    ("autofocused_cbas", "tfbind10"): Published({"vae_epochs": 100}, _LAUNCH),
    ("min", "hopper"): Published({"net_epochs": 500}, _LAUNCH),
    ("min", "tfbind10"): Published({"net_epochs": 100}, _LAUNCH),
    ("grad_db", "superconductor"): Published({"net_epochs": 50}, _LAUNCH),
    ("roma", "superconductor"): Published({"net_epochs": 50, "radius": 5e-4, "val": 500}, _ROMA),
    ("roma", "dkitty"): Published({"net_epochs": 50}, _ROMA),
    ("roma", "hopper"): Published({"net_epochs": 200, "lr": 2e-3}, _ROMA),
}


def published_words(method: str, task: str) -> tuple[str, ...]:
    """The settings of a method for a task as words of a command line; none where none are known.

    Args:
        method: the method's word.
        task: the task's name.
    """
    found = PUBLISHED.get((method, task))
    return () if found is None else _words(found.settings)


def _words(settings: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(f"method.{name}={value}" for name, value in settings.items())


def departure(method: str, task: str, settings: Mapping[str, object]) -> str:
    """Says what a run sets otherwise than the authors did for its task; "" where it does not.

    Args:
        method: the method's word.
        task: the task's name.
        settings: the run's, by the name of the method's field.
    """
    found = PUBLISHED.get((method, task))
    if found is None:
        return ""
    other = {name: value for name, value in found.settings.items() if settings[name] != value}
    if not other:
        return ""
    return (
        f"note: for {task} the authors of {method} set "
        f"{', '.join(f'{name}={value}' for name, value in other.items())} ({found.source}); here "
        f"it is {', '.join(f'{name}={settings[name]}' for name in other)}. "
        "experiments.reproduce takes theirs, and so does "
        f"{' '.join(_words(other))}."
    )
