"""Tables in which columns are looked up: solvents with their boiling points, lots of a material."""

from __future__ import annotations

import numpy as np

from torchbdi.proposer.understood import Understood

BOILING = {"tol": "110.6", "THF": "66.0", "DMF": "153.0", "MeCN": "82.0"}
LOTS = [("55.2", "5.36", "87"), ("43.8", "5.43", "96"), ("49.6", "2.51", "46"),
        ("53.4", "5.33", "128"), ("57.2", "5.22", "100")]  # fmt: skip


def solvents(n: int = 40) -> list[list[str]]:
    """A header and rows of bp, solvent, a and yield."""
    rng = np.random.default_rng(0)
    rows = [["bp", "solvent", "a", "yield"]]
    for i in range(n):
        name, a = [*BOILING][i % 4], rng.uniform(0, 9)
        rows.append([BOILING[name], name, f"{a:.2f}", f"{float(BOILING[name]) / 9 + a:.2f}"])
    return rows


def classes(n: int = 40) -> list[list[str]]:
    """A header and rows of cas, solvent, class, a and yield."""
    own = {"68-12-2": ("DMF", "amide"), "109-99-9": ("THF", "ether"),
           "75-05-8": ("MeCN", "nitrile"), "127-19-5": ("DMA", "amide")}  # fmt: skip
    rng = np.random.default_rng(0)
    rows = [["cas", "solvent", "class", "a", "yield"]]
    for i in range(n):
        cas, a = [*own][i % 4], rng.uniform(0, 9)
        rows.append([cas, *own[cas], f"{a:.2f}", f"{(i % 4) ** 2 + a:.2f}"])
    return rows


def lots(n: int = 40) -> list[list[str]]:
    """A header and rows of moisture, fat, size, temp and yield."""
    rng = np.random.default_rng(0)
    rows = [["moisture", "fat", "size", "temp", "yield"]]
    for i in range(n):
        temp = rng.uniform(20, 80)
        rows.append([*LOTS[i % 5], f"{temp:.1f}", f"{temp / 9 + float(LOTS[i % 5][1]):.2f}"])
    return rows


def up(made: Understood) -> dict[str, str]:
    """What is looked up, and by what."""
    return {name: own.of for name, own in made.following.items()}
