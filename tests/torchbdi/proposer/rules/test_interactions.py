"""Columns of a model matrix: squares and products, which may be negative or 0."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text

from torchbdi.__main__ import main
from torchbdi.proposer.rules.derived import Derived, derived_of

CODED = [*itertools.product((-1, 0, 1), repeat=3)][1:]


def followed(columns: dict[str, np.ndarray], half: float = 0.0) -> dict[str, str]:
    """What columns follow from others, if all are rounded to as many decimals."""
    halves = {name: np.full(len(v), half) for name, v in columns.items()}
    units, digits = dict.fromkeys(columns, 2 * half), dict.fromkeys(columns, 4)
    found = derived_of(columns, halves, units, digits, lambda own: [])
    return {name: str(formula) for name, formula in found.items()}


def coded(*more: str) -> dict[str, np.ndarray]:
    """Three factors of three levels, and columns called as these are."""
    own = dict(zip("ABC", np.array(CODED, dtype=np.float64).T, strict=True))
    a, b, c = own.values()
    made = [a * b, a**2, a * b * c]
    return own | dict(zip(more, made, strict=False))


def matrix() -> list[list[str]]:
    """A design of three coded factors, with its interactions and squares, and a score."""
    rng = np.random.default_rng(0)
    rows = [["A", "B", "C", "AB", "AC", "BC", "A^2", "B^2", "C^2", "yield"]]
    for a, b, c in CODED[::3] + CODED[1:22:3]:
        score = 70 + 3 * a - 2 * b + c - 2 * a * b - 3 * a * a - 2 * b * b + 0.3 * rng.normal()
        own = (a, b, c, a * b, a * c, b * c, a * a, b * b, c * c)
        rows.append([*map(str, own), f"{score:.2f}"])
    return rows


@pytest.mark.parametrize(
    ("pair", "square", "triple"),
    [
        ("AB", "AA", "ABC"), ("A*B", "A^2", "A*B*C"), ("A:B", "I(A^2)", "A:B:C"),
        ("A x B", "A²", "A x B x C"), ("a_b", "a_sq", "a_b_c"), ("A.B", "A2", "A.B.C"),
        ("A by B", "A squared", "I(A * B * C)"), ("AB (coded)", "A**2", "int A B C"),
    ],
)  # fmt: skip
def test_names_that_spell_products_of_few_levels(pair: str, square: str, triple: str) -> None:
    assert followed(coded(pair, square, triple)) == {
        pair: "'A' times 'B'", square: "'A'^2", triple: "'A' times 'B' times 'C'",
    }  # fmt: skip


def test_names_that_say_something_else_are_factors_of_the_design() -> None:
    assert not followed(coded("D", "E", "block"))
    assert not followed(coded("Batch", "Base", "abacus"))  # letters of A, B and C, among others
    assert not followed({**coded(), "AB": coded("AB")["AB"][::-1]})  # of this name, and no product


def test_products_of_numbers_of_either_sign_are_seen_whatever_they_are_called() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (2, 40)).round(3)
    columns = {"x": x, "y": y, "p": x * y, "q": x**2, "r": 2.5 * x * y**1}
    assert followed(columns) == {
        "p": "'x' times 'y'", "q": "'x'^2", "r": "2.5 times 'x' times 'y'",
    }  # fmt: skip
    rounded = {name: v.round(3) for name, v in columns.items() if name != "r"}
    assert followed(rounded, 0.0005) == {"p": "'x' times 'y'", "q": "'x'^2"}
    steps = {"x": np.tile(np.arange(-3.0, 4), 6), "y": np.repeat(np.arange(-2.0, 4), 7)}
    assert followed({**steps, "p": steps["x"] * steps["y"]}, 0.5) == {"p": "'x' times 'y'"}


def test_no_product_among_independent_columns() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.choice([10, 15, 30]))
        columns = {
            "A": rng.integers(-1, 2, n) + 0.0, "B": rng.integers(-1, 2, n) + 0.0,
            "AB": rng.integers(-1, 2, n) + 0.0, "A2": rng.integers(0, 2, n) + 0.0,
            "whole": rng.integers(-4, 5, n) + 0.0, "steps": rng.integers(-4, 5, n) / 2,
            "tenths": rng.uniform(-1, 1, n).round(1),
            "few": rng.integers(0, 6, n) * rng.choice(2, n) + 0.0,
        }  # fmt: skip
        assert not followed(columns, 0.05) and not followed(columns, 0.5)


def test_squares_of_a_rounded_distance_are_not_rounded_themselves(tmp_path: Path) -> None:
    """The star of a central composite design is at 1.414, and its squares are written as 2."""
    corners = [*itertools.product((-1, 1), repeat=2), *([[0, 0]] * 5)]
    star = [(-1.414, 0), (1.414, 0), (0, -1.414), (0, 1.414)]
    rows = [["x1", "x2", "x1^2", "x2^2", "yield"]]
    for i, (a, b) in enumerate([*corners, *star]):
        own = [f"{a:.3f}", f"{b:.3f}", f"{a * a:.0f}", f"{b * b:.0f}"]
        rows.append([*own, f"{70 + a - b - (a - 0.5) ** 2 - (b + 0.6) ** 2 + 0.1 * (i % 3):.2f}"])
    understood, _ = asked(tmp_path, text(rows))
    assert [column.name for column in understood.columns] == ["x1", "x2"]
    square = understood.following["x1^2"]
    assert isinstance(square, Derived)
    assert square({"x1": np.array([0.5, 1.0])}).tolist() == [0.25, 1.0]


def test_one_row_that_is_far_from_the_others_is_no_product() -> None:
    """It tells the constant; of the others anything follows, since these are small and whole."""
    few = {
        "count": np.array([495.0, 0, 2, 3, 1, 2, 1, 4, 1, 1]),
        "other": np.array([14.0, 0, 1, 1, 1, 1, 1, 1, 0, 0]),
    }
    assert not followed(few, 0.5)
    pair = {
        "one": np.array([27.0, 0, 1, 0, 1, 23, 1, 4, 1, 22]),
        "two": np.array([40.0, 0, 1, 1, 1, 0, 2, 1, 0, 0]),
    }
    assert not followed({**pair, "three": np.array([2981.0, 1, 1, 0, 5, 0, 1, 19, 0, 1])}, 0.5)


def test_a_column_that_is_the_same_as_another_is_no_power_of_it() -> None:
    """x12 and x1, of 0 and 1: neither follows, and half of x1 would be a quarter of x12."""
    x = (np.arange(16) == 5) + 0.0
    assert not followed({"x1": x, "x2": np.roll(x, 2), "x12": x, "x13": x}, 0.5)


def test_proposals_of_a_model_matrix_keep_to_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text(matrix()))
    out = tmp_path / "out"
    argv = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "8", "-o", str(out)]
    assert main([*argv, "--step", "A=0.1", "--step", "B=0.1", "--step", "C=0.25"]) == 0
    written = [line.split(",") for line in (out / "proposals.csv").read_text().splitlines()]
    assert len(written) == 9
    for row in written[1:]:
        a, b, c, *more = map(float, row[:9])
        np.testing.assert_allclose(more, [a * b, a * c, b * c, a * a, b * b, c * c], atol=1e-12)
    assert any("." in row[6] for row in written[1:])  # no square is rounded to a level
