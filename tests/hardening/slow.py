"""What kills.py kills: the commands themselves, slowed down so that every part of them lasts."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forked import logged

STEP_SECONDS, PART_SECONDS, MOVE_SECONDS = 0.01, 0.2, 0.03
ROWS, FEATURES = 6000, 24


def _marked(marks: Path) -> Callable[[str], None]:
    """Writes down once for each part of a run when it began."""
    begun: set[str] = set()

    def mark(part: str) -> None:
        if part not in begun:
            begun.add(part)
            with marks.open("a") as file:
                file.write(f"{part} {time.time()}\n")

    return mark


def _slow_files() -> None:
    """Every file stands half done for a while, before and after it is moved into place."""
    replace = Path.replace

    def slow(path: Path, target: Any) -> Path:
        time.sleep(MOVE_SECONDS)
        moved = replace(path, target)
        time.sleep(MOVE_SECONDS)
        return moved

    Path.replace = slow  # type: ignore[assignment]


def _slow_training(mark: Callable[[str], None], cache: str) -> None:
    import torchbdi
    from experiments.runs import coefficients, finish

    step, fit, score = torchbdi.BDI.training_step, coefficients.cached_fit, finish.score_designs

    def slow_step(self: Any, *batch: Any) -> Any:
        mark("stepping")
        time.sleep(STEP_SECONDS)
        return step(self, *batch)

    def slow_fit(*args: Any, **options: Any) -> Any:
        mark("solving")
        time.sleep(PART_SECONDS)
        return fit(*args, **options)

    def slow_score(*args: Any) -> Any:
        mark("scoring")
        time.sleep(PART_SECONDS)
        return score(*args)

    torchbdi.BDI.training_step = slow_step  # type: ignore[method-assign]
    coefficients.cached_fit = slow_fit
    finish.score_designs = slow_score
    Path(cache).mkdir(exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = tempfile.tempdir = cache
    _slow_files()


def train(words: list[str], log: str, cache: str, marks: Path) -> None:
    """``python -m experiments.train``."""
    from experiments.train import main

    _slow_training(_marked(marks), cache)
    sys.argv = ["train", *words]
    logged(main, log)


def reproduce(words: list[str], log: str, cache: str, marks: Path) -> None:
    """``python -m experiments.reproduce``."""
    from experiments.reproduce import main

    _slow_training(_marked(marks), cache)
    logged(lambda: main(words), log)


def propose(words: list[str], log: str, cache: str, marks: Path) -> None:
    """``torchbdi propose``."""
    from torchbdi.__main__ import main

    _slow_files()
    logged(lambda: sys.exit(main(words)), log)


def download(words: list[str], log: str, cache: str, marks: Path) -> None:
    """Fetches one file of a data set, of which the words are name, file, address and folder."""
    from dataclasses import replace

    from experiments.data.download import download
    from experiments.data.sources import DATA_SETS

    name, file, url, folder = words
    _slow_files()
    logged(lambda: download(replace(DATA_SETS[name], files=(file,), url=url), Path(folder)), log)


def solve(words: list[str], log: str, cache: str, marks: Path) -> None:
    """(K + ridge I) d = y by conjugate gradients, kept at every step; d goes to a file."""
    import torch

    from torchbdi.kernels.files import write_state
    from torchbdi.kernels.solve.pcg import ConjugateGradient, ConjugateGradientOptions
    from torchbdi.kernels.tensors import to_bytes
    from torchbdi.ntk import NTK

    state, out = (Path(word) for word in words)

    def job() -> None:
        torch.set_num_threads(1)
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(ROWS, FEATURES, dtype=torch.float64, generator=generator)
        options = ConjugateGradientOptions(
            rank=50, stored=True, tolerance=1e-8, checkpoint=state, checkpoint_seconds=0
        )
        solver = ConjugateGradient().prepare(NTK().matrix(x), 1e-6, options)
        d, stats = solver.solve(x.sin().sum(1, keepdim=True))
        write_state(out, to_bytes({"d": d, "iterations": stats.iterations}))

    logged(job, log)
