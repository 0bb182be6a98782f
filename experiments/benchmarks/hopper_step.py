"""One BDI step at Hopper's sizes against the two float64 matrix products that it cannot avoid.

128 designs, 3,200 rows, D = 5126: the cosines X_h X_l^T, and the pull-back to the designs. Random
numbers stand for the policies; a step takes losses, gradient and Adam.
"""

from __future__ import annotations

from typing import Any

import torch

import torchbdi

from . import Options
from ._measure import interleave, median_ratio, timer


def run(options: Options) -> dict[str, Any]:
    """Median ratio of a step to its two products, timed in turn."""
    count, n, d = (8, 100, 50) if options.small else (128, 3200, 5126)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, dtype=torch.float64, generator=generator)
    y = torch.randn(n, dtype=torch.float64, generator=generator)
    model = torchbdi.BDI(x, y, x[:count].unsqueeze(1), coefficients=y)
    adam = model.configure_optimizers()
    cosines, back = x.new_empty(count, n), x.new_empty(count, d)

    def step() -> None:
        adam.zero_grad()
        model.loss()["total"].sum().backward()
        adam.step()

    def products() -> None:
        torch.mm(x[:count], x.T, out=cosines)
        torch.mm(cosines, x, out=back)

    seconds = interleave({"step": timer(step), "products": timer(products)}, options.rounds)
    rows = [{"way": way, "seconds": sorted(s)[len(s) // 2]} for way, s in seconds.items()]
    ratio = median_ratio(seconds["step"], seconds["products"])
    return {"designs": count, "rows": rows, "ratio": ratio}
