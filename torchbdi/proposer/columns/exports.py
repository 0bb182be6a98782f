"""Columns that programs for sweeps record of their runs, beside the settings of these."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """What the file of a program looks like.

    Attributes:
        program: its name.
        signs: columns that it always has.
        fewest: how many of these tell that a file is one of its own.
        settings: how the names of the settings begin; "" where they have the person's own names.
        recorded: what else it records of a run: names, and how some begin, up to "_" or "."; of
            none it is all that is no setting.
    """

    program: str
    signs: tuple[str, ...]
    fewest: int = 2
    settings: str = ""
    recorded: tuple[str, ...] = ()

    def found(self, names: Collection[str]) -> list[str]:
        """The columns with these names that are records of a run; none in files of others."""
        if sum(sign in names for sign in self.signs) < self.fewest:
            return []
        if not any(name.startswith(self.settings) for name in names):
            return []
        return [name for name in names if self._records(name)]

    def _records(self, name: str) -> bool:
        if self.settings and name.startswith(self.settings):
            return False
        heads = tuple(head for head in self.recorded if head.endswith(("_", ".")))
        exact = name in self.signs or name in self.recorded
        return exact or name.startswith(heads) or not self.recorded


_WANDB = (
    "Name", "ID", "State", "Notes", "User", "Tags", "Created", "Updated", "End Time", "Runtime",
    "Sweep", "Hostname", "Host", "GPU Type", "GPU Count", "_step", "_runtime", "_timestamp",
    "_wandb",
)  # fmt: skip
_SUMMIT = ("strategy", "computation_t", "experiment_t")
EXPORTS = (
    Export("Optuna", ("number", "datetime_start", "datetime_complete", "state"), 2, "params_", (
        "value", "values_", "datetime_", "duration", "user_attrs_", "system_attrs_",
        "intermediate_values",
    )),
    Export("scikit-learn", ("mean_fit_time", "std_fit_time", "mean_score_time"), 2, "param_", (
        "mean_", "std_", "rank_", "params", "iter", "n_resources",
        *(f"split{i}_" for i in range(100)),
    )),
    Export("MLflow", ("run_id", "experiment_id", "artifact_uri"), 2, "params.", (
        "run_name", "run_uuid", "status", "start_time", "end_time", "user_id", "lifecycle_stage",
        "metrics.", "tags.",
    )),
    Export("Ray Tune", ("trial_id", "training_iteration", "time_total_s"), 2, "config/"),
    Export("MLflow", ("Start Time", "Duration", "Run ID", "Source Type", "Source Name"), 4, "", (
        "Name", "User", "Status", "Source Version",
    )),
    Export("Weights & Biases", ("_step", "_runtime", "_timestamp"), 2, "", _WANDB),
    Export("Weights & Biases", ("State", "Created", "Runtime", "Sweep"), 3, "", _WANDB),
    Export("Ax", ("arm_name", "trial_index"), 2, "", (
        "trial_status", "generation_method", "generation_node",
    )),
    Export("Summit", _SUMMIT, 2, "", _SUMMIT),
    Export("BayBE", ("BatchNr", "FitNr"), 2, "", ("BatchNr", "FitNr")),
)  # fmt: skip


def recorded_by(names: Collection[str]) -> tuple[str, list[str]]:
    """The program whose file has columns of these names, and which of them say how a run went.

    No setting is among these, and no result can be chosen.
    """
    for export in EXPORTS:
        if found := export.found(names):
            return export.program, found
    return "", []
