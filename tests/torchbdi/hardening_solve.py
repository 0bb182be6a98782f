"""A slow solve, for the test that kills it, in a process of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from forked import logged

from torchbdi.kernels.solve.pcg import ConjugateGradient, ConjugateGradientOptions
from torchbdi.ntk import NTK


def solve(state: Path | None, out: Path, log: str) -> None:
    """(K + 1e-4 I) d = y for 300 rows by conjugate gradients, 10 ms a step, kept at every step.

    Args:
        state: where the state is kept, if anywhere.
        out: gets d, the iterations in all, and the steps that this process did.
        log: gets what is printed.
    """

    def job() -> None:
        torch.set_num_threads(1)
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(300, 5, dtype=torch.float64, generator=generator)
        solver = ConjugateGradient().prepare(
            NTK().matrix(x), 1e-4, ConjugateGradientOptions(rank=10, stored=True)
        )
        steps, step = [0], solver.recurrence.step

        def slow(*args: Any) -> None:
            steps[0] += 1
            time.sleep(0.01)
            step(*args)

        solver.recurrence.step = slow  # type: ignore[method-assign]
        d, stats = solver.with_options(
            tolerance=1e-12, checkpoint=state, checkpoint_seconds=0
        ).solve(x.sum(1, keepdim=True))
        torch.save({"d": d, "iterations": stats.iterations, "steps": steps[0]}, out)

    logged(job, log)
