"""What a run leaves in its folder."""

from __future__ import annotations

import csv
import importlib.metadata
import io
import platform
import time
from typing import Any

import numpy as np
import torch

from ..kernels import compiled
from ..kernels.files import write_json, write_text
from ..selection import DEPTHS, KERNELS
from .cells import harmless
from .folder import RunFolder
from .model import CONSTANTS, RIDGES, ROWS
from .pipeline import SCRATCH, run
from .problem import Problem
from .report import html_report, require_matplotlib
from .result import Proposals
from .settings import TARGET, Settings
from .solve import SAMPLE_ROWS
from .table import free_name, show_number


def configuration(problem: Problem, settings: Settings) -> dict[str, Any]:
    """All that decides the results, as in config.json. No dates, no paths."""
    return {
        "torchbdi": importlib.metadata.version("torchbdi"),
        "data": {"name": problem.table.source, "sha256": problem.table.sha256},
        "score": problem.score,
        "settings": settings.to_json(),
        "method": {
            "kernels": list(KERNELS),
            "depths": list(DEPTHS),
            "constants": list(CONSTANTS),
            "ridges": list(RIDGES),
            "rows": ROWS,
            "target": TARGET,
            "leave_one_out_sample": SAMPLE_ROWS,
        },
    }


def complete(
    folder: RunFolder, problem: Problem, settings: Settings, progress: bool = True
) -> Proposals:
    """Runs propose in a folder, writes everything, and lets the folder appear.

    Args:
        folder: entered.
        problem: the table.
        settings: the person's choices.
        progress: show progress bars.

    Raises:
        MissingDependencyError: matplotlib is not there; raised before any work is done.
    """
    require_matplotlib()
    start = time.time()
    proposals = run(problem, settings, folder.work, progress, folder.say)
    write_text(folder.work / "proposals.csv", proposals_csv(proposals))
    write_text(folder.work / "report.html", html_report(proposals))
    about = {
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "seconds": round(time.time() - start, 3),
        "resumed": folder.resumed,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "compiled": compiled.available(torch.device("cpu"), torch.float64),
    }
    write_json(folder.work / "run.json", about)
    folder.finish(SCRATCH)
    return proposals


def proposals_csv(proposals: Proposals) -> str:
    """The proposals as a table in the person's columns, and what is known of each beside them.

    Designs have all their digits. A column that is called like one of ours keeps its name; ours
    gets an underscore. Texts are as they are in the person's table, those that a spreadsheet would
    take for formulas too, unless ``safe_csv`` was chosen.
    """
    p = proposals
    known = {
        f"predicted_{p.problem.score}": [f"{v:.6g}" for v in p.predicted],
        "error": [f"{v:.4g}" for v in p.error],
        "distance": [f"{v:.4g}" for v in p.distance],
        "nearest_row": [str(v) for v in p.nearest_row],
        f"nearest_{p.problem.score}": [f"{v:.6g}" for v in p.problem.scores[p.nearest]],
        "start_row": [str(v) for v in p.start_row],
        "far_outside": ["yes" if far else "no" for far in p.far],
        "note": list(p.notes),
    }
    columns = {
        name: [show_number(v) if values.dtype == np.float64 else v for v in values]
        for name, values in p.columns.items()
    }
    for name, cells in known.items():
        columns[free_name(name, columns)] = cells
    cell = harmless if p.settings.safe_csv else str
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for row in ([*columns], *zip(*columns.values(), strict=True)):
        writer.writerow([cell(text) for text in row])
    return file.getvalue()
