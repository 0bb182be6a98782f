"""What the paper's tables and figures need to be run: tasks x methods x settings."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import CONTINUOUS, DISCRETE

GPU_METHODS = ("nn", "finite_ntk2nn")  # width 2048: 5.7e16 flop for TF Bind 8; run where named
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


def _sweep(name: str, *values: str) -> tuple[tuple[str, ...], ...]:
    return tuple((f"method.{name}={value}",) for value in values)


ALL = DISCRETE + CONTINUOUS
TARGETS = _sweep("target", "5", "10", "15", "20")
ALPHAS = _sweep("alpha", "0", "5e-4", "1e-3", "2e-3", "4e-3")
TRAJECTORY = ("method.steps=400", "trainer.trajectory_every=20")
PLANS = {
    "table1": Plan(CONTINUOUS),
    "table2": Plan(DISCRETE),
    "table3": Plan(ALL),
    "fig2": Plan(ALL),
    "fig3": Plan(ALL, ("bdi",), TARGETS),
    "fig4": Plan(("ant",), ("bdi",), tuple((*alpha, *TRAJECTORY) for alpha in ALPHAS)),
    "steps": Plan(FIGURE_TASKS, ("bdi",), (TRAJECTORY,)),
    "alpha": Plan(FIGURE_TASKS, ("bdi",), ALPHAS),
    "a1": Plan(ALL),
    "a2": Plan(FIGURE_TASKS, ("bdi",), _sweep("designs_per_group", "1", "2", "4", "8")),
    "a3": Plan(ALL),
    "a4": Plan(ALL, ("bdi",), TARGETS),
    "scores": Plan(ALL),
}  # fmt: skip
