"""What a run leaves in its folder."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from typing import Any

import torch

from ..kernels import compiled
from ..kernels.files import write_json, write_text
from ..selection import KERNELS
from .folder import RunFolder
from .model import choice
from .model.problem import Problem
from .model.solve import SAMPLE_ROWS
from .pipeline import SCRATCH, run
from .report.page import html_report, require_matplotlib
from .report.writing import proposals_csv
from .result import Proposals
from .settings import TARGET, Settings


def configuration(problem: Problem, settings: Settings) -> dict[str, Any]:
    """All that decides the results, as in config.json. No dates, no paths."""
    return {
        "torchbdi": importlib.metadata.version("torchbdi"),
        "data": {
            "name": problem.table.source,
            "sha256": problem.table.sha256,
            "rows": problem.rows_used,
        },
        **({} if problem.choices_of is None else {"choices_of": problem.choices_of}),
        "score": problem.score,
        "scores": list(problem.score_columns),
        "settings": settings.to_json(),
        "method": {
            "kernels": list(KERNELS),
            "depths": list(choice.DEPTHS),
            "constants": list(choice.CONSTANTS),
            "ridges": list(choice.RIDGES),
            "smooth": {
                "weights": list(choice.WEIGHTS),
                "constants": list(choice.SMOOTH_CONSTANTS),
                "ridges": list(choice.SMOOTH_RIDGES),
            },
            "rows": choice.ROWS,
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
    # A file may have a name that is no text; what cannot be written in UTF-8 is written as escapes.
    report = html_report(proposals).encode(errors="backslashreplace").decode()
    write_text(folder.work / "report.html", report)
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
