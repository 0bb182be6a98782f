"""A table in which columns are computed from others: powers, a logarithm and a product."""

from __future__ import annotations

import numpy as np


def temperatures(order: str = "T p T2 1/T lnT Tp") -> list[list[str]]:
    """A header and rows of a temperature, a pressure, what is made of them, and yield."""
    rng = np.random.default_rng(1)
    rows = [[*order.split(), "yield"]]
    for _ in range(50):
        t, p = round(rng.uniform(300, 360), 1), round(rng.uniform(1, 10), 2)
        own = {"T": f"{t}", "p": f"{p}", "T2": f"{t * t:.2f}", "1/T": f"{1 / t:.7f}",
               "lnT": f"{np.log(t):.4f}", "Tp": f"{t * p:.2f}"}  # fmt: skip
        score = 100 - (t - 335) ** 2 / 50 - (p - 6) ** 2 + rng.normal()
        rows.append([*(own[name] for name in order.split()), f"{score:.2f}"])
    return rows
