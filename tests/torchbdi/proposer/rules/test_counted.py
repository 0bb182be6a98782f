"""Columns that count others, or are the largest or the smallest of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told

from torchbdi.proposer.reading.ways import TYPED
from torchbdi.proposer.rules.counted import counted_remarks

RNG = np.random.default_rng(0)
METALS = np.where(RNG.uniform(size=(40, 3)) < 0.5, 0, RNG.uniform(0.5, 5, (40, 3)).round(1))


def test_counts_and_the_largest_are_told(tmp_path: Path) -> None:
    rows = [["Zn", "Cu", "Fe", "metals", "most", "yield"]]
    for own in METALS:
        made = [f"{(own > 0).sum()}", f"{own.max()}", f"{RNG.normal():.2f}"]
        rows.append([*map(str, own), *made])
    said = told(asked(tmp_path, text(rows))[0])
    assert "'metals' is how many of 'Zn', 'Cu', 'Fe' are there in every row" in said
    assert "'most' is the largest of 'Zn', 'Cu', 'Fe' in every row" in said
    assert "is at most" not in told(asked(tmp_path, text(rows))[0])
    rows[5][3] = "9"
    assert "'metals' is how many" not in told(asked(tmp_path, text(rows))[0])


def test_layers_that_are_named_are_counted() -> None:
    count = np.arange(40) % 3 + 1
    layers = {
        f"layer {i}": np.array([("Ti", "Au")[n % 2] if i <= n else "none" for n in count], object)
        for i in (1, 2, 3)
    }
    columns = {**layers, "layers": count.astype(float)}
    (remark,) = counted_remarks(columns, set(), TYPED)
    assert "how many of 'layer 2', 'layer 3' are there" in remark and "--ignore layers" in remark
    assert not counted_remarks(columns, {"layers"}, TYPED)


def test_numbers_of_a_plan_count_nothing() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        columns = {f"x{i}": rng.integers(0, 3, 30).astype(float) for i in range(6)}
        assert not counted_remarks(columns, set(), TYPED)
