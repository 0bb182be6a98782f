"""Designs and scores in arrays, what propose takes them for, and the slow obvious leave-one-out."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from proposer_tables import Frame, asked, text
from torch import Tensor

import torchbdi
from torchbdi import NTK
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import Problem, make_problem, ready
from torchbdi.proposer.pipeline import run
from torchbdi.proposer.report.writing import proposals_csv
from torchbdi.proposer.result import Proposals
from torchbdi.proposer.settings import Settings


def hill(n: int = 60, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).uniform(-1, 1, (n, d))
    return x, -((x - 0.8) ** 2).sum(1)


def growth(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores over decades whose noise is a share of them."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 3))
    return x, np.exp(2 * np.sin(2 * x[:, 0]) + x[:, 1] + 0.2 * rng.normal(size=n))


def level(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positive scores whose noise is the same everywhere."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 3))
    return x, np.maximum(10 + 6 * x[:, 0] + 3 * x[:, 1] + rng.normal(size=n), 0.3)


def grid(known: int, seed: int = 0) -> tuple[Frame, np.ndarray, list[tuple[str, ...]]]:
    """A table of some of 4 x 3 x 5 combinations, and all of them."""
    every = list(itertools.product("abcd", "xyz", "12345"))
    rng = np.random.default_rng(seed)
    effect = {letter: rng.normal() for letter in "abcdxyz12345"}
    rows = rng.permutation(len(every))[:known]
    cells = np.array([every[i] for i in rows], dtype=object)
    frame = Frame({name: np.array([f"_{v}" for v in cells[:, j]], dtype=object)
                   for j, name in enumerate(("base", "acid", "salt"))})  # fmt: skip
    y = np.array([sum(effect[c] for c in row) + 0.3 * effect[row[0]] * effect[row[1]]
                  for row in cells])  # fmt: skip
    return frame, y, [tuple(f"_{c}" for c in row) for row in every]


def propose(x: Any, y: Any, **settings: Any) -> Proposals:
    return torchbdi.propose(x, y, **{"n": 4, "progress": False, **settings})


def problem_of(x: Any, y: Any, **settings: Any) -> Problem:
    table, score, scores = table_of(x, y)
    return make_problem(table, score, scores, Settings(**settings))


def problem(columns: dict[str, Any], y: Any = None, **settings: Any) -> Problem:
    table, score, scores = table_of(Frame(**columns), np.arange(20.0) if y is None else y)
    return make_problem(table, score, scores, Settings(n=2, **settings))


def proposed(
    folder: Path, rows: list[list[str]], *words: str
) -> tuple[Proposals, list[dict[str, str]]]:
    """The proposals, and the rows of proposals.csv."""
    understood, settings = asked(folder, text(rows), *words)
    p = run(ready(understood, settings), settings, progress=False)
    return p, list(csv.DictReader(io.StringIO(proposals_csv(p))))


def left_out(x: Tensor, y: Tensor, ridge: float, kernel: torchbdi.Kernel | None = None) -> Tensor:
    """The slow obvious leave-one-out: as many fits as rows, scores centred anew for each."""
    k = (kernel or NTK())(x)
    full = k + ridge * k.diagonal().mean() * torch.eye(len(x), dtype=x.dtype)
    errors = []
    for i in range(len(x)):
        keep = torch.arange(len(x)) != i
        known = y[keep] - y[keep].mean()
        predicted = k[i, keep] @ torch.linalg.solve(full[keep][:, keep], known) + y[keep].mean()
        errors.append(y[i] - predicted)
    return torch.stack(errors)
