"""Columns of numbers that are products, ratios or logarithms of others: told, and not kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told

from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.rules.derived import MOST_COLUMNS, derived_remarks
from torchbdi.proposer.rules.powers import beyond_rounding
from torchbdi.proposer.rules.shares import share_of

ROWS = plain()
RNG = np.random.default_rng(0)


def followed(made: Callable[[float, float, float], str]) -> str:
    """The plain table with a column before its score that follows from the others."""
    rows = [[*ROWS[0][:3], "more", "yield"]]
    rows += [[*r[:3], made(*map(float, r[:3])), r[3]] for r in ROWS[1:]]
    return text(rows)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda t, m, c: f"{t / m:.2f}", "'temp' / 'time' in"),
        (lambda t, m, c: f"{m * c:.1f}", "'time' times 'conc' in"),
        (lambda t, m, c: f"{0.3 * m / t:.3f}", "0.3 times 'time' / 'temp' in"),
        (lambda t, m, c: f"{np.log10(t):.3f}", "'more' is log10 of 'temp'"),
        (
            lambda t, m, c: f"{9 - np.log10(c):.2f}",
            "'more' is -log10 of 'conc', but for a constant",
        ),
        (lambda t, m, c: f"{1000 / t:.2f}", "in inverse proportion to 'temp'"),
        (lambda t, m, c: f"{t * m / c:.1f}", "'more' is 'temp' times 'time' / 'conc' in"),
        (lambda t, m, c: f"{0.785 * t * t * m:.0f}", "0.785 times 'temp'^2 times 'time' in"),
        (lambda t, m, c: f"{(t / 10) ** 3:.2f}", "'more' is 0.001 times 'temp'^3 in"),
        (lambda t, m, c: f"{m / (t + m):.3f}", "'more' is 'time' / ('temp' + 'time') in"),
        (lambda t, m, c: f"{c / (t + m):.4f}", "'more' is 'conc' / ('temp' + 'time') in"),
        (lambda t, m, c: f"{100 * t / (t + m + c):.1f}", "'more' is 100 times 'temp' / ('temp' + "),
    ],
)
def test_what_follows_from_others_and_is_no_sum(
    made: Callable[[float, float, float], str], said: str, tmp_path: Path
) -> None:
    got, _ = asked(tmp_path, followed(made))
    assert said in told(got) and "--ignore more" in told(got)
    assert "do not keep to that" not in told(asked(tmp_path, followed(made), "--ignore", "more")[0])


def test_what_nearly_follows_and_coded_levels_are_not_said_to(tmp_path: Path) -> None:
    for ratio in (
        lambda t, m, c: f"{t / m + RNG.normal() / 20:.2f}",
        lambda t, m, c: f"{m / (t + m) + RNG.normal() / 30:.3f}",
    ):
        got, _ = asked(tmp_path, followed(ratio))
        assert "do not keep to that" not in told(got)
    rows = [[*(str(v) for v in RNG.choice([1, 2], 3)), f"{i % 7}.5"] for i in range(6)] * 4
    rows = [[a, b, str(int(a) * int(b)), y] for a, b, _, y in rows]
    rows += [["1", "2", "2", str(i)] for i in range(9)]
    signs = [["a", "b", "c", "yield"], *rows]
    message = refused(tmp_path, text(signs))
    assert "do not keep to that" not in message


def test_an_energy_of_settings_that_have_few_levels(tmp_path: Path) -> None:
    """Power / (speed x hatch x layer): 0.03 is set, and was not rounded to it."""
    rng = np.random.default_rng(0)
    rows = [["P", "v", "h", "t", "VED", "yield"]]
    for i in range(30):
        p, v = rng.choice([150, 200, 250, 275]), rng.choice([600, 800, 1200])
        h, t = rng.choice([0.08, 0.1, 0.12]), rng.choice([0.03, 0.04])
        rows.append([*map(str, (p, v, h, t)), f"{p / (v * h * t):.1f}", f"{i % 7}.5"])
    said = told(asked(tmp_path, text(rows))[0])
    assert "Column 'VED' is 'P' / 'v' / 'h' / 't' in every row" in said
    for row in rows[1:]:
        row[4] = f"{float(row[4]) * rng.uniform(0.9, 1.1):.1f}"
    assert "do not keep to that" not in told(asked(tmp_path, text(rows))[0])


def test_areas_of_what_has_no_width(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sides = rng.integers([0, 1], 9, (40, 2))
    assert (sides[:, 0] == 0).any()
    rows = [["w", "h", "area", "yield"]]
    rows += [[f"{w}", f"{h}", f"{w * h}", f"{i % 7}.5"] for i, (w, h) in enumerate(sides)]
    assert "Column 'area' is 'w' times 'h' in every row" in told(asked(tmp_path, text(rows))[0])
    rows[1 + int(sides[:, 0].argmin())][2] = "9"
    assert "do not keep to that" not in told(asked(tmp_path, text(rows))[0])


def test_what_follows_behind_many_columns_of_two_levels() -> None:
    rng = np.random.default_rng(0)
    columns = {f"switch {i}": rng.integers(0, 2, 40) + 0.0 for i in range(MOST_COLUMNS)}
    columns["p"] = rng.uniform(1, 9, 40).round(3)
    columns["log p"] = np.log10(columns["p"])
    half = {name: np.full(40, 5e-4) for name in columns}
    (remark,) = derived_remarks(columns, half, Ways(True))
    assert "'log p' is log10 of 'p'" in remark


def test_water_over_binder_with_two_decimals(tmp_path: Path) -> None:
    """It varies by 15 times its rounding, and follows in forty rows; in a few, anything does."""
    rng = np.random.default_rng(3)
    rows = [["cement", "ash", "water", "sand", "total", "w/b", "w/c", "yield"]]
    for _ in range(40):
        cement, ash, sand = rng.integers(280, 450), rng.choice([0, 60, 120]), rng.integers(650, 850)
        water = rng.integers(150, 200)
        own = [cement, ash, water, sand, cement + ash + water + sand]
        ratios = [f"{water / (cement + ash):.2f}", f"{water / cement:.2f}"]
        rows.append([*map(str, own), *ratios, f"{rng.normal():.2f}"])
    said = told(asked(tmp_path, text(rows))[0])
    assert "'w/b' is 'water' / ('cement' + 'ash') in every row" in said
    assert "'w/c' is 'water' / 'cement' in every row" in said
    for row in rows[1:]:
        row[5:7] = [f"{float(cell) + rng.choice([-0.02, 0.02]):.2f}" for cell in row[5:7]]
    assert "do not keep to that" not in told(asked(tmp_path, text(rows))[0])


def test_what_is_rounded_to_a_few_numbers_follows_from_anything() -> None:
    own, unit = np.array([1.0, 2.0, 3.0, 4.0] * 20), np.full(80, 0.1)
    assert not beyond_rounding(own, own.std(), unit)
    spread = np.linspace(0.3, 0.6, 31)
    assert beyond_rounding(spread, spread.std(), np.full(31, 0.005))
    assert not beyond_rounding(spread[:8], spread.std(), np.full(8, 0.005))


def test_a_part_of_one_digit_makes_no_share_of_what_is_a_tenth_off() -> None:
    """A part of 2 that was rounded to it may be a quarter more: nearly anything follows from it."""
    rng = np.random.default_rng(0)
    part, rest = rng.integers(2, 5, 40) + 0.0, rng.uniform(10, 90, 40).round(1)
    share = part / (part + rest)
    own = (share * rng.uniform(0.9, 1.1, 40)).round(4)
    columns = {"share": own, "part": part, "rest": rest}
    half = {"share": np.full(40, 5e-5), "part": np.full(40, 0.5), "rest": np.full(40, 0.05)}
    assert share_of("share", columns, half) is None
