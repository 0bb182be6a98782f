"""Columns of numbers that may be in two units: fractions beside percent, kelvin beside Celsius."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told, with_column

from torchbdi.proposer.columns.units import two_units_remarks


@pytest.mark.parametrize("column", [2, 3])
@pytest.mark.parametrize("factor", [100, 1000])
def test_two_units_in_a_column(column: int, factor: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = plain(60)
    for row in rows[1:]:
        row[column] = f"{rng.uniform(10, 90):.1f}"
    assert "two sizes" not in told(asked(tmp_path, text(rows))[0])
    for row in rows[1::3]:
        row[column] = f"{float(row[column]) / factor:.4f}"
    said = told(asked(tmp_path, text(rows))[0])
    assert f"Column {rows[0][column]!r} has numbers of two sizes" in said
    assert "in 20 rows (row 2 is the first)" in said
    assert ("percent" in said) == (factor == 100)


def test_kelvin_beside_degrees(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[2::2]:
        row[0] = f"{float(row[0]) + 273.15:.1f}"
    assert "kelvin" in told(asked(tmp_path, text(rows))[0])
    for row in rows[2::2]:
        row[0] = f"{float(row[0]) + 500:.1f}"
    assert "two sizes" not in told(asked(tmp_path, text(rows))[0])


def test_doses_over_decades_are_in_one_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    levels = ([0.01, 0.1, 1, 10, 100], [0.1, 0.2, 0.3, 20, 30, 40], [1, 2, 5, 100, 200, 500])
    for cells in (10 ** rng.uniform(-3, 2, 40), *(rng.choice(own, 40) for own in levels)):
        made, _ = asked(tmp_path, text(with_column("dose", [f"{v:.3g}" for v in cells])))
        assert "two sizes" not in told(made)


def test_levels_of_two_units_are_the_same_ones() -> None:
    rng, rows = np.random.default_rng(0), np.arange(40)
    for levels, what in (
        ([0.2, 0.4, 0.6, 20, 40, 60], "percent"), ([0.02, 0.04, 0.06, 20, 40, 80], ""),
        ([25, 50, 75, 298, 323, 348], "kelvin"), ([20, 40, 60, 300, 320, 340], ""),
    ):  # fmt: skip
        said = two_units_remarks({"a": rng.choice(np.array(levels, float), 40)}, rows)
        assert bool(said) == bool(what) and what in " ".join(said)


def test_tails_of_distributions_are_in_one_unit() -> None:
    """The lowest of many numbers are often far below the others, as a factor."""
    draws = [np.random.default_rng(seed) for seed in range(200)]
    columns = {str(i): rng.uniform(0, 20, 100).round(2) for i, rng in enumerate(draws)}
    columns |= {f"e{i}": np.exp(rng.normal(0, 2, 60)) for i, rng in enumerate(draws)}
    own = [two_units_remarks({name: v}, np.arange(len(v))) for name, v in columns.items()]
    assert sum(map(bool, own)) == 0


def test_a_column_of_units_is_asked_about(tmp_path: Path) -> None:
    content = text(with_column("Amount unit", ["mg", "g"] * 20))
    message = refused(tmp_path, content)
    assert "'mg' in row 2 and 'g' in row 3: the numbers beside it are in different" in message
    for option in ("category", "ignore"):
        assert f"--{option} 'Amount unit'" in message
        asked(tmp_path, content, f"--{option}", "Amount unit")
    for name, cells in (("unit", ["U1", "U2"]), ("size", ["M", "L"]), ("unit", ["mg", "mg"])):
        asked(tmp_path, text(with_column(name, cells * 20)))
