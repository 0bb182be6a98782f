"""Which regression a table asks for: of designed experiments one that finds the middle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from proposer_problems import problem
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.model import choice
from torchbdi.proposer.model.choice import _tuned
from torchbdi.proposer.model.chosen import Chosen
from torchbdi.proposer.model.problem import Problem
from torchbdi.selection import Model

LOW, HIGH = 20.0, 80.0


def box_behnken(k: int) -> list[list[float]]:
    """Pairs of columns at their ends, the others in the middle; 4 times the centre."""
    out = []
    for i, j in itertools.combinations(range(k), 2):
        for a, b in itertools.product((-1.0, 1.0), repeat=2):
            row = [0.0] * k
            row[i], row[j] = a, b
            out.append(row)
    return out + [[0.0] * k] * 4


def central_composite(k: int) -> list[list[float]]:
    """Corners, a star of the same radius, and 5 times the centre."""
    corners = [list(row) for row in itertools.product((-1.0, 1.0), repeat=k)]
    star = (k**0.5 * np.concatenate([np.eye(k), -np.eye(k)])).tolist()
    return corners + star + [[0.0] * k] * 5


def peak(x: np.ndarray) -> np.ndarray:
    """Coded designs (n, k) to scores (n,); its top is 80, near the middle."""
    return 80 - 25 * ((x - 0.15) ** 2).sum(1) + 5 * x[:, 0] * x[:, 1]


@pytest.mark.parametrize("design", [*map(box_behnken, (3, 4)), *map(central_composite, (2, 4))])
def test_the_top_in_the_middle_is_found(design: list[list[float]]) -> None:
    """Every model misses the centre by as much; one that claims to know it runs to the bounds."""
    coded = np.array(design)
    names = [f"x{i}" for i in range(coded.shape[1])]
    y = peak(coded) + 0.3 * np.random.default_rng(0).normal(size=len(coded))
    raw = LOW + (coded + 1) / 2 * (HIGH - LOW)
    found = torchbdi.propose(
        Frame({name: raw[:, i] for i, name in enumerate(names)}), y, n=8, free=names, progress=False
    )
    there = 2 * (np.stack([found.columns[name] for name in names], 1) - LOW) / (HIGH - LOW) - 1
    truth = peak(there)
    assert truth.max() > peak(coded).max()
    assert np.median(truth) > 77
    assert not found.unknown.any()


def test_one_pair_far_apart_does_not_forbid_the_model() -> None:
    """Two scores of one design say little of the noise of all others, which are smooth."""
    x = np.random.default_rng(0).uniform(size=(40, 2))
    y = np.sin(3 * x[:, 0]) + x[:, 1] ** 2
    again = np.concatenate([x, x[:1]])
    apart = 1.4 * y.std()
    scores = np.concatenate([y, y[:1] + apart / 2])
    scores[0] -= apart / 2
    found = torchbdi.propose(again, scores, n=4, progress=False)
    assert found.quality.rank_correlation > 0.95


def smooth_table(n: int = 80) -> tuple[Frame, np.ndarray]:
    x = np.random.default_rng(0).uniform(-2, 2, size=(n, 2)).round(3)
    return Frame({"a": x[:, 0], "b": x[:, 1]}), camel(x)


def camel(x: np.ndarray) -> np.ndarray:
    """A polynomial with six hills, (n, 2) to (n,)."""
    a, b = x[:, 0], x[:, 1] / 2
    return -((4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (4 * b**2 - 4) * b**2)


def test_a_smooth_function_gets_a_smooth_network() -> None:
    """It predicts better than networks of ReLUs do, which have kinks."""
    off = {}
    for smoother in (1.0, choice.SMOOTHER):
        with patch.object(choice, "SMOOTHER", smoother):
            found = torchbdi.propose(*smooth_table(), n=16, progress=False)
        there = np.stack([found.columns["a"], found.columns["b"]], 1)
        off[found.model.model.kernel] = np.abs(camel(there) - found.predicted).mean()
        told = "NNGP of error functions, weight" in found.model.text()
        assert told == (found.model.model.kernel == "erf")
    assert set(off) == {"nngp", "erf"}
    assert off["erf"] < 0.75 * off["nngp"]


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_a_smooth_network_is_tried_on_all_designs_where_a_few_leave_it_open(noise: float) -> None:
    """Of scores that are noise for the most part more designs will not teach it more."""
    frame, y = smooth_table(160)
    rng = np.random.default_rng(0)
    made = problem({**frame}, y + noise * y.std() * rng.normal(size=len(y)))
    on_all = []

    def tuned(problem: Problem, models: Sequence[Model], *others: Any) -> Chosen:
        on_all.append(models[0].kernel)
        return _tuned(problem, models, *others)

    with patch.object(choice, "FIRST_ROWS", 80), patch.object(choice, "_tuned", tuned):
        kernel = choice.choose(made).model.kernel
    assert on_all == (["nngp", "erf"] if noise == 0 else [on_all[0]])
    assert (kernel == "erf") == (noise == 0)


@pytest.mark.parametrize("kind", ["kinks", "noise", "levels", "few", "many", "one row"])
def test_others_keep_their_network_of_relus(kind: str) -> None:
    """Where nothing is smooth, nothing is known, or a smooth network is not tried."""
    rng = np.random.default_rng(0)
    frame, y = smooth_table()
    rows = choice.ROWS
    if kind == "kinks":
        y = np.abs(frame["a"]) - np.abs(frame["b"] - 0.3)
    elif kind == "noise":
        y = rng.normal(size=len(y))
    elif kind == "levels":
        frame = Frame({name: np.round(v) for name, v in frame.items()})
        y = camel(np.stack([frame["a"], frame["b"]], 1)) + 0.1 * rng.normal(size=len(y))
    elif kind == "few":
        frame = Frame({name: v[:39] for name, v in frame.items()})
        y = np.sin(frame["a"]) * np.cos(frame["b"])
    elif kind == "many":
        rows = len(y) - 1
    else:
        y[40] += 100 * y.std()
    with patch.object(choice, "ROWS", rows):
        found = torchbdi.propose(frame, y, n=4, progress=False)
    assert found.model.model.kernel in ("ntk", "nngp")
