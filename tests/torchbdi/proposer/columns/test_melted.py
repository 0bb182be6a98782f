"""Several results below each other: told, and plans of all combinations are not."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told


def results(name: str, sizes: dict[str, float], designs: list[list[str]]) -> str:
    """A table of designs, each with a row for each result of the size that belongs to it."""
    rng = np.random.default_rng(0)
    rows = [["a", "b", name, "yield"]]
    for design, (own, size) in itertools.product(designs, sizes.items()):
        rows.append([*design, own, f"{size * rng.uniform(0.8, 1.2):.2f}"])
    return text(rows)


DRAWN = [[f"{a:.1f}", f"{b:.1f}"] for a, b in np.random.default_rng(1).uniform(0, 9, (25, 2))]
PLANNED = [[f"{a}", f"{b}"] for a in range(5) for b in range(5)][:-2]
SIZES = {"strength": 40.0, "elongation": 5.0, "modulus": 2000.0}


def test_several_results_are_told(tmp_path: Path) -> None:
    for name, designs in (("property", DRAWN), ("kind", DRAWN), ("property", PLANNED)):
        said = told(asked(tmp_path, results(name, SIZES, designs))[0])
        assert f"Column '{name}' may say what 'yield' is in each row" in said
        assert "may be made from the score" not in said


def test_plans_are_not(tmp_path: Path) -> None:
    like = {"glass": 40.0, "steel": 50.0}
    for name, sizes, designs in (
        ("catalyst", SIZES, PLANNED), ("substrate", like, DRAWN), ("test", like, PLANNED),
    ):  # fmt: skip
        said = told(asked(tmp_path, results(name, sizes, designs))[0])
        assert "may say what" not in said
