"""One BDI step of 128 designs against the reference's 128 single-design steps, TF Bind 8's sizes.

Random one-hot sequences stand for the data: 32,898 rows, D = 24. Both sides compute both losses
and their gradient; neither includes Adam.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from torch import Tensor

import torchbdi

from . import Options
from ._measure import extra_bytes, interleave, limit, machine_rates, plot
from ._ours import RIVAL, designs, on_path, paths, sequences, summarise, timers
from ._rivals import Rival, rival

SINGLES = 4  # designs that the reference steps a round; the time of 128 follows
PRODUCT_FLOPS = 4 * 24  # cosines, and the pull-back to the designs
ENTRY_FLOPS = 40 + 2 * 24 + 2 * 23 + 40  # arcsine, value, slope, 1/sin and the losses


def run(options: Options) -> dict[str, Any]:
    """Cost of a step against the number of data rows."""
    sizes = [500, 1000] if options.small else [4112, 8225, 16449, 32898]
    count = 8 if options.small else 128
    result: dict[str, Any] = {"designs": count, "rows": [], "rates": machine_rates(5)}
    with contextlib.ExitStack() as stack:
        other = stack.enter_context(rival()) if options.rivals else None
        for n in sizes:
            result["rows"] += _measure(options, n, count, other)
    step = _Step(sizes[-1], count)
    result["extra_bytes"] = {name: extra_bytes(on_path(on, step)) for name, on in paths().items()}
    result["limit"] = limit(PRODUCT_FLOPS + ENTRY_FLOPS, 0, result["rates"])
    lines = {}
    for way in dict.fromkeys(r["way"] for r in result["rows"]):
        mine = [r for r in result["rows"] if r["way"] == way]
        lines[way] = ([r["rows"] for r in mine], [r["seconds"] for r in mine])
    plot(options.out / "bdi_step.png", lines, "rows of the data", f"seconds, {count} designs")
    return result


class _Step:
    """Losses and gradient of ``count`` designs on ``n`` rows of data."""

    def __init__(self, n: int, count: int):
        self.x_l, y_l, self.d = sequences(n, seed=1), designs(n, seed=2), 18 * designs(n, seed=3)
        self.y_l = (y_l - y_l.mean()) / y_l.std(correction=0)
        x_h = self.x_l[:count].unsqueeze(1)
        self.model = torchbdi.BDI(self.x_l, self.y_l, x_h, coefficients=self.d)

    def __call__(self) -> Tensor:
        self.model.x_h.grad = None
        total = self.model.loss()["total"]
        total.sum().backward()
        return total.detach()


def _measure(options: Options, n: int, count: int, other: Rival | None) -> list[dict[str, Any]]:
    step = _Step(n, count)
    work = timers(step)
    if other is not None:
        arrays = {"x_l": step.x_l, "y_l": step.y_l, "d": step.d, "x_h": step.x_l[:SINGLES]}
        other.prepare("bdi_step", {k: v.numpy() for k, v in arrays.items()}, depth=6)
        single = other.run
        work[RIVAL] = lambda: single() * count / SINGLES
    seconds = interleave(work, options.rounds)
    if other is not None:
        theirs = other.result()
        np.testing.assert_allclose(step()[:SINGLES].numpy(), theirs[:, 0], rtol=1e-6)
        assert step.model.x_h.grad is not None
        ours = step.model.x_h.grad[:SINGLES, 0].numpy()
        # The reference's gradient is not ours where a design lies on the data (its own acos).
        result_gap = np.abs(ours - theirs[:, 1:]).max() / np.abs(ours).max()
        print(f"{n} rows: largest difference of the gradients {result_gap:.1e} of the largest")
    size = {"designs": count, "rows": n}
    return [size | row for row in summarise(seconds, count * n)]
