"""Columns of numbers that are products, ratios or logarithms of others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from proposer_derived import temperatures
from proposer_tables import DESIGN, asked, names, plain, refused, text, told

from torchbdi.proposer.rules.derived import MOST_COLUMNS, Formula, derived_of
from torchbdi.proposer.rules.powers import PowerLaw, beyond_rounding
from torchbdi.proposer.rules.shares import share_of

ROWS = plain()
RNG = np.random.default_rng(0)


def followed(made: Callable[[float, float, float], str]) -> str:
    """The plain table with a column before its score that follows from the others."""
    rows = [[*ROWS[0][:3], "more", "yield"]]
    rows += [[*r[:3], made(*map(float, r[:3])), r[3]] for r in ROWS[1:]]
    return text(rows)


def formulas(columns: dict[str, np.ndarray], half: float) -> dict[str, Formula]:
    """What columns follow from others, if all are rounded to as many decimals."""
    halves = {name: np.full(len(v), half) for name, v in columns.items()}
    units, digits = dict.fromkeys(columns, 2 * half), dict.fromkeys(columns, 4)
    return derived_of(columns, halves, units, digits, lambda own: [])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda t, m, c: f"{t / m:.2f}", "'temp' / 'time' in"),
        (lambda t, m, c: f"{m * c:.1f}", "'time' times 'conc' in"),
        (lambda t, m, c: f"{0.3 * m / t:.3f}", "0.3 times 'time' / 'temp' in"),
        (lambda t, m, c: f"{np.log10(t):.3f}", "'more' is log10 of 'temp' in"),
        (
            lambda t, m, c: f"{9 - np.log10(c):.2f}",
            "'more' is -log10 of 'conc' + 9 in",
        ),
        (lambda t, m, c: f"{1000 / t:.2f}", "'more' is 1000 / 'temp' in"),
        (lambda t, m, c: f"{t * m / c:.1f}", "'more' is 'temp' times 'time' / 'conc' in"),
        (lambda t, m, c: f"{0.785 * t * t * m:.0f}", "0.785 times 'temp'^2 times 'time' in"),
        (lambda t, m, c: f"{(t / 10) ** 3:.2f}", "'more' is 0.001 times 'temp'^3 in"),
        (lambda t, m, c: f"{m / (t + m):.3f}", "'more' is 'time' / ('temp' + 'time') in"),
        (lambda t, m, c: f"{c / (t + m):.4f}", "'more' is 'conc' / ('temp' + 'time') in"),
        (
            lambda t, m, c: f"{100 * t / (t + m + c):.1f}",
            "'more' is 100 times 'temp' / ('temp' + 'time' + 'conc') in",
        ),
        (lambda t, m, c: f"{1000 / (t + m):.2f}", "'more' is 1000 / ('temp' + 'time') in"),
    ],
)
def test_what_follows_from_others_and_is_no_sum(
    made: Callable[[float, float, float], str], said: str, tmp_path: Path
) -> None:
    got, _ = asked(tmp_path, followed(made))
    assert f"{said} every row: so it is in every proposal. --number more makes" in told(got)
    assert names(got) == DESIGN and got.order == (*DESIGN, "more")
    free, _ = asked(tmp_path, followed(made), "--number", "more")
    assert names(free) == [*DESIGN, "more"] and "in every row" not in told(free)


def test_what_nearly_follows_and_coded_levels_are_not_said_to(tmp_path: Path) -> None:
    for ratio in (
        lambda t, m, c: f"{t / m + RNG.normal() / 20:.2f}",
        lambda t, m, c: f"{m / (t + m) + RNG.normal() / 30:.3f}",
    ):
        got, _ = asked(tmp_path, followed(ratio))
        assert "in every row" not in told(got)
    rows = [[*(str(v) for v in RNG.choice([1, 2], 3)), f"{i % 7}.5"] for i in range(6)] * 4
    rows = [[a, b, str(int(a) * int(b)), y] for a, b, _, y in rows]
    rows += [["1", "2", "2", str(i)] for i in range(9)]
    signs = [["a", "b", "c", "yield"], *rows]
    message = refused(tmp_path, text(signs))
    assert "in every row" not in message


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
    assert "in every row" not in told(asked(tmp_path, text(rows))[0])


def test_areas_of_what_has_no_width(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sides = rng.integers([0, 1], 9, (40, 2))
    assert (sides[:, 0] == 0).any()
    rows = [["w", "h", "area", "yield"]]
    rows += [[f"{w}", f"{h}", f"{w * h}", f"{i % 7}.5"] for i, (w, h) in enumerate(sides)]
    assert "Column 'area' is 'w' times 'h' in every row" in told(asked(tmp_path, text(rows))[0])
    rows[1 + int(sides[:, 0].argmin())][2] = "9"
    assert "in every row" not in told(asked(tmp_path, text(rows))[0])


def test_what_follows_behind_many_columns_of_two_levels() -> None:
    rng = np.random.default_rng(0)
    columns = {f"switch {i}": rng.integers(0, 2, 40) + 0.0 for i in range(MOST_COLUMNS)}
    columns["p"] = rng.uniform(1, 9, 40).round(3)
    columns["log p"] = np.log10(columns["p"])
    found = formulas(columns, 5e-4)
    assert list(map(str, found.values())) == ["log10 of 'p'"] and list(found) == ["log p"]


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
    assert not asked(tmp_path, text(rows))[0].following


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
    half = {"part": np.full(40, 0.5), "rest": np.full(40, 0.05)}
    assert share_of(own, np.full(40, 5e-5), {"part": part, "rest": rest}, half) is None


@pytest.mark.parametrize("order", ["T p T2 1/T lnT Tp", "lnT T2 1/T Tp T p"])
def test_the_columns_that_were_chosen_stay_and_the_others_follow(
    order: str, tmp_path: Path
) -> None:
    """Four of one temperature were linear in each other, too, and made all proposals unknown."""
    got, _ = asked(tmp_path, text(temperatures(order)))
    assert [*sorted(names(got))] == ["T", "p"] and not got.rules
    assert {name: str(own.formula) for name, own in got.following.items()} == {  # type: ignore[union-attr]
        "T2": "'T'^2", "1/T": "1 / 'T'", "lnT": "ln of 'T'", "Tp": "'T' times 'p'",
    }  # fmt: skip


@pytest.mark.parametrize("places", [1, 2, 3])
def test_what_was_rounded_after_all_was_computed_stays(places: int, tmp_path: Path) -> None:
    """T follows to its last decimal from T^2, which has more digits."""
    rng = np.random.default_rng(0)
    t, p, flow, size = rng.uniform([[300], [1], [0.1], [10]], [[360], [10], [5], [50]], (4, 40))
    for columns, follow in (
        ({"T": t, "p": p, "T2": t**2, "Tp": t * p}, {"T2": "'T'^2", "Tp": "'T' times 'p'"}),
        ({"flow": flow, "size": size, "tau": size / flow}, {"tau": "'size' / 'flow'"}),
    ):
        cells = [[f"{x:.{places}f}" for x in (*row, i % 7)] for i, row in
                 enumerate(zip(*columns.values(), strict=True))]  # fmt: skip
        made, _ = asked(tmp_path, text([[*columns, "yield"], *cells]))
        found = {n: str(own.formula) for n, own in made.following.items()}  # type: ignore[union-attr]
        assert found == follow


def test_a_factor_is_not_fitted_to_what_others_lost_by_rounding() -> None:
    """It was 999.996."""
    t = np.random.default_rng(19).uniform(300, 360, 100)
    columns = {"T": t.round(3), "1/T": (1000 / t).round(3)}
    half, units = dict.fromkeys(columns, np.full(100, 5e-4)), dict.fromkeys(columns, 1e-3)
    found = derived_of(columns, half, units, {"T": 6, "1/T": 4}, lambda own: [])
    assert found == {"1/T": PowerLaw(1000.0, {"T": -1.0})}


def test_of_full_digits_the_first_one_stays() -> None:
    a = np.random.default_rng(0).uniform(2, 9, 40)
    for first in ({"a": a, "b": a**2}, {"b": a**2, "a": a}):
        assert list(formulas(first, 1e-9)) == [list(first)[1]]


def test_chains_are_computed_in_order_and_what_is_linear_in_them_follows() -> None:
    rng = np.random.default_rng(0)
    w, h, c = rng.uniform(1, 9, (3, 40)).round(1)
    area = (w * h).round(2)
    columns = {"w": w, "h": h, "cost": (2 * area + 5 + c).round(2), "c": c, "area": area}
    found = formulas(columns, 0.005)
    assert {name: str(own) for name, own in found.items()} == {
        "area": "'w' times 'h'", "cost": "c + 2 area + 5",
    }  # fmt: skip
    assert list(found) == ["area", "cost"]


def test_of_columns_that_are_linear_in_computed_ones_that_of_most_digits_follows() -> None:
    rng = np.random.default_rng(0)
    w, h, c = rng.uniform(1, 9, (3, 40)).round(1)
    columns = {"w": w, "h": h, "c": c, "area": (w * h).round(2), "net": (w * h - c).round(2)}
    half = {name: np.full(40, 0.005 if name in ("area", "net") else 0.05) for name in columns}
    units = {name: 2 * own[0] for name, own in half.items()}
    digits = {"w": 2, "h": 2, "c": 2, "area": 4, "net": 4}
    found = derived_of(columns, half, units, digits, lambda own: [])
    assert {n: str(own) for n, own in found.items()} == {
        "area": "'w' times 'h'", "net": "-c + area",
    }  # fmt: skip


def test_no_relation_in_tables_of_independent_columns() -> None:
    """What follows is searched no more, so chance must not make it."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.choice([10, 15, 30]))
        columns = {
            "decimals": rng.uniform(1, 50, n).round(1), "whole": rng.integers(1, 30, n) + 0.0,
            "levels": rng.choice([10.0, 20.0, 30.0, 40.0, 50.0], n),
            "doubled": rng.choice(2.0 ** np.arange(7), n), "near": rng.uniform(98, 102, n).round(1),
            "spread": np.exp(rng.uniform(-3, 6, n)).round(3), "even": rng.permutation(n) + 1.0,
        }  # fmt: skip
        assert not formulas(columns, 0.05) and not formulas(columns, 0.0005)


def test_a_share_that_other_ratios_stood_in_the_way_of() -> None:
    rng = np.random.default_rng(3)
    cement, water, sand = rng.integers([[280], [150], [650]], [[450], [200], [850]], (3, 40)) + 0.0
    ash = rng.choice([0.0, 60, 120], 40)
    columns = {
        "cement": cement, "ash": ash, "water": water, "sand": sand,
        "w/b": (water / (cement + ash)).round(2), "w/c": (water / cement).round(2),
        "ash %": (100 * ash / (cement + ash)).round(1),
    }  # fmt: skip
    half = {name: np.full(40, 0.005 if "w/" in name else 0.05) for name in columns}
    half |= {name: np.full(40, 0.5) for name in ("cement", "ash", "water", "sand")}
    digits = dict.fromkeys(columns, 3)
    found = derived_of(columns, half, dict.fromkeys(columns, 0.0), digits, lambda own: [])
    assert {name: str(own) for name, own in found.items()} == {
        "w/b": "'water' / ('cement' + 'ash')", "w/c": "'water' / 'cement'",
        "ash %": "100 times 'ash' / ('cement' + 'ash')",
    }  # fmt: skip
