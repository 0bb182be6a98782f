"""Lines of results.csv as a run writes them, with made-up scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.runs.identity import Identity
from experiments.runs.lines import line_of
from experiments.runs.settings import own_settings
from experiments.tasks.registry import settings_of
from torchbdi.kernels.files import write_csv
from torchbdi.methods import registry

DIMENSIONS = {"tfbind8": 24, "utr": 150, "gfp": 4503}
FULL_ROWS = 32_898


def identity_of(task: str, method: str, seed: int, rows: int = FULL_ROWS) -> Identity:
    """The identity that a run of a method's own settings has."""
    return Identity(
        revision=1,
        task=task,
        task_revision=1,
        task_settings=vars(settings_of(task, {})),
        source="files 0123",
        method=registry.file_of(registry.method(method)),
        method_revision=registry.method(method).revision,
        settings=own_settings(task, method, rows, DIMENSIONS.get(task, 60)),
        designs=128,
        seed=seed,
    )


def write_run(
    root: Path,
    task: str = "tfbind8",
    method: str = "bdi",
    seed: int = 0,
    best: float = 0.5,
    median: float = 0.25,
    name: str | None = None,
    settings: dict[str, Any] | None = None,
    identity: dict[str, Any] | None = None,
    **columns: Any,
) -> Path:
    """Writes the results.csv of one run into a folder of its own.

    Args:
        root: where the folder goes.
        task: the task.
        method: a method or a preset.
        seed: of the run.
        best: score of the best design.
        median: of the designs.
        name: of the folder.
        settings: those of the method that are not its own.
        identity: other parts of the identity, by the names of its attributes.
        columns: other columns.
    """
    rows = columns.get("rows", FULL_ROWS)
    whole = identity_of(task, method, seed, rows)
    whole = replace(whole, settings={**whole.settings, **(settings or {})}, **(identity or {}))
    facts = {
        "title": "TFBind8-Exact-v0" if task == "tfbind8" else task,
        "data_source": "original",
        "oracle_source": "original",
        "oracle_spearman": None,
        "method": method,
        "rows": rows,
        "dimensions": DIMENSIONS.get(task, 60),
        "best_after_raw": best,
        "best_after_normalised": best,
        "median_after_raw": median,
        "median_after_normalised": median,
        "best_of_data_normalised": 0.439,
        "loss_total": 1.0,
        "seconds": 10.0,
        "version": "0.1.0",
        **columns,
    }
    line = line_of(whole, facts)
    stem = name or "-".join(str(v) for v in (task, method, seed, best, *(settings or {}).values()))
    folder = root / stem
    folder.mkdir(parents=True)
    write_csv(folder / "results.csv", list(line), [list(line.values())])
    return folder
