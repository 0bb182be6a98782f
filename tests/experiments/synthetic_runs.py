"""Lines of results.csv as a run writes them, with made-up scores."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from experiments.runs.settings import own_settings


def write_run(
    root: Path,
    task: str = "tfbind8",
    method: str = "bdi",
    seed: int = 0,
    best: float = 0.5,
    median: float = 0.25,
    name: str | None = None,
    settings: dict[str, Any] | None = None,
    **columns: Any,
) -> Path:
    """Writes the results.csv of one run into a folder of its own."""
    line = {
        "task": task,
        "title": "TFBind8-Exact-v0" if task == "tfbind8" else task,
        "data_source": "original",
        "oracle_source": "original",
        "method": method,
        "seed": seed,
        "rows": 32898,
        **own_settings(task, method),
        **(settings or {}),
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
    stem = name or "-".join(str(v) for v in (task, method, seed, best, *(settings or {}).values()))
    folder = root / stem
    folder.mkdir(parents=True)
    with (folder / "results.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([list(line), list(line.values())])
    return folder
