"""What the paper's tables and figures need to be run: tasks x methods x settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .checks import AS_PUBLISHED, HELD_TO, YARDSTICKS
from .facts import CONTINUOUS, DISCRETE

# Hours to days on two cores; run where they are named. nn: 5.7e16 flop for TF Bind 8.
GPU_METHODS = ("nn", "finite_ntk2nn", "min", "grad", "coms", "ram")
# The methods of Tables 1 and 2, of less width where they are too dear, and those beyond the paper.
COMPARISON = (
    "bdi", "bo_qei", "cma_es", "reinforce", "cbas", "autofocused_cbas", "min_small", "grad_small",
    "coms_small", "roma", "nemo", "grad_db", "ram_small", "bdi_search", "kernel_search", "random",
    "best_rows",
)  # fmt: skip
ABLATION = ("bdi", "backward_only", "forward_only", "nn_small", "rbf", "ntk_ascent")
FIGURE_TASKS = ("tfbind8", "hopper", "ant")


@dataclass(frozen=True)
class Plan:
    """Tasks x methods x settings.

    Attributes:
        tasks: names; those that are not there are reported and left out.
        methods: names; None means all but those meant for a GPU.
        settings: overrides, each run with every task and method.
    """

    tasks: tuple[str, ...]
    methods: tuple[str, ...] | None = None
    settings: tuple[tuple[str, ...], ...] = ((),)


def varied(plans: Iterable[Plan]) -> set[str]:
    """The settings to which one of some plans gives several values, such as ``method.target``."""
    found: set[str] = set()
    for plan in plans:
        words = {word for setting in plan.settings for word in setting}
        keys = [word.partition("=")[0] for word in words]
        found |= {key for key in keys if keys.count(key) > 1}
    return found


def _sweep(name: str, *values: str) -> tuple[tuple[str, ...], ...]:
    return tuple((f"method.{name}={value}",) for value in values)


ALL = DISCRETE + CONTINUOUS
EXACT = ("tfbind8", "tfbind10", "rna1", "rna2", "rna3")  # data and true function are the originals
TARGETS = _sweep("target", "5", "10", "15", "20")
ALPHAS = _sweep("alpha", "0", "5e-4", "1e-3", "2e-3", "4e-3")
TRAJECTORY = ("method.steps=400", "trainer.trajectory_every=20")
PLANS = {
    "table1": Plan(CONTINUOUS, COMPARISON),
    "table2": Plan(DISCRETE, COMPARISON),
    "table3": Plan(ALL, ABLATION),
    "fig2": Plan(ALL, COMPARISON),
    "fig3": Plan(ALL, ("bdi",), TARGETS),
    "fig4": Plan(("ant",), ("bdi",), tuple((*alpha, *TRAJECTORY) for alpha in ALPHAS)),
    "steps": Plan(FIGURE_TASKS, ("bdi",), (TRAJECTORY,)),
    "alpha": Plan(FIGURE_TASKS, ("bdi",), ALPHAS),
    "a1": Plan(ALL),
    "a2": Plan(FIGURE_TASKS, ("bdi",), _sweep("designs_per_group", "1", "2", "4", "8")),
    "a3": Plan(ALL),
    "a4": Plan(ALL, ("bdi",), TARGETS),
    "scores": Plan(ALL),
    "exact": Plan(EXACT, COMPARISON),
    "affinity": Plan(("tfbind10",), COMPARISON, (("task.truth=affinity",),)),
    "paired": Plan(EXACT, COMPARISON),
    "checks": Plan(("tfbind8",), (*(m for m in HELD_TO if m not in AS_PUBLISHED), *YARDSTICKS)),
    "defects": Plan(("tfbind8",), tuple(AS_PUBLISHED), (("method.as_published=true",),)),
}  # fmt: skip
