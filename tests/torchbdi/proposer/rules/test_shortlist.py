"""Tables of very many columns: fingerprints, descriptors, spectra."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, text

from torchbdi.proposer.rules.derived import derived_of
from torchbdi.proposer.rules.relations import subsets, sums_of_columns
from torchbdi.proposer.rules.shortlist import MANY, nearly_made


def wide(rows: int, width: int, seed: int = 0) -> dict[str, np.ndarray]:
    draws = np.random.default_rng(seed)
    return {f"x{i}": draws.uniform(1, 9, rows).round(2) for i in range(width)}


def test_more_numbers_than_are_compared_follow_columns_of_two_levels(tmp_path: Path) -> None:
    columns = wide(60, 30)
    for i in range(0, 30, 2):
        columns[f"x{i}"] = np.random.default_rng(i).integers(0, 2, 60).astype(float)
    rows = [[*columns, "y"]]
    for i, cells in enumerate(zip(*columns.values(), strict=True)):
        rows.append([*map(str, cells), f"{cells[1] + 0.1 * (i % 7):.2f}"])
    assert len(asked(tmp_path, text(rows), "--score", "y")[0].columns) == 30


def test_products_are_told_where_the_first_columns_have_two_levels() -> None:
    columns = {f"b{i}": np.arange(40) % 2.0 for i in range(20)}
    columns |= wide(40, 2)
    columns["z"] = columns["x0"] * columns["x1"]
    half = {name: np.full(40, 1e-9) for name in columns}
    units, digits = dict.fromkeys(columns, 0.0), dict.fromkeys(columns, 4)
    assert "z" in derived_of(columns, half, units, digits, lambda own: [])


def test_sets_of_neighbours_are_all_looked_at_of_200_columns_and_few_of_2000() -> None:
    assert len(subsets(200)) == 199 * 200 // 2
    assert len(subsets(2000)) <= 50_000
    assert max(map(len, subsets(2000))) >= 20


def test_equations_are_found_among_many_columns() -> None:
    columns = wide(300, MANY + 20)
    columns["total"] = columns["x3"] + columns["x60"]
    units = dict.fromkeys(columns, 0.01)
    near = nearly_made(columns, 1000, 0.2)
    assert near == {"x3", "x60", "total"}
    (rule,) = sums_of_columns(columns, units)
    assert set(rule.coefficients) == near


def test_columns_that_nothing_makes_are_set_aside_without_a_least_squares_each() -> None:
    assert not nearly_made(wide(2500, 600), 1000, 0.2)


def test_of_few_columns_each_is_looked_at() -> None:
    columns = wide(100, MANY)
    assert nearly_made(columns, 1000, 0.2) == set(columns)
