"""The columns that vary: what they can have, and what they are fixed at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proposer_problems import problem, problem_of
from proposer_tables import Frame, asked, plain, refused, text, told, with_column

from torchbdi import InputError

LETTERS = np.array(["AC", "GT"] * 10, dtype=object)
NUMBERS = np.linspace(0, 1, 20) ** 2
ROWS = plain()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sequences": ("z",)}, "sequence: there is no column 'z'. Columns: x, s, y"),
        ({"bounds": {"y": (0, 1)}}, "'y' is the score"),
        ({"bounds": {"s": (0, 1)}}, "'s' holds no numbers"),
        ({"bounds": {"x": (2, 1)}}, "2 to 1 are not an interval .observed: 0 to 1"),
        ({"bounds": {"x": (float("nan"), 1)}}, "not an interval"),
        ({"bounds": {"x": (0, 1)}, "fix": {"x": None}}, "both bounds and fix"),
        ({"ignore": ("x",), "fix": {"x": None}}, "both ignore and fix"),
        ({"fix": {"x": None, "s": None}}, "no column is left that varies"),
        ({"ignore": ("x", "s")}, "no column is left that varies"),
    ],
)
def test_choices_that_cannot_be(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        problem({"x": NUMBERS, "s": LETTERS}, **change)


@pytest.mark.parametrize("value", ["abc", "", "nan"])
def test_a_part_of_a_sum_is_fixed_at_a_number_alone(value: str) -> None:
    a, b = np.random.default_rng(0).uniform(0.1, 0.4, (2, 20)).round(2)
    with pytest.raises(InputError, match=f"fix: column 'a' holds numbers, not '{value}'"):
        problem({"a": a, "b": b, "c": 1 - a - b}, fix={"a": value})


def test_constant_columns_stay_and_are_told() -> None:
    made = problem({"x": NUMBERS, "c": [3.5] * 20, "t": ["steel"] * 20})
    assert made.constants == {"c": 3.5, "t": "steel"}
    assert made.order == ("x", "c", "t")
    assert "2 of 3 columns are the same in every row" in made.remarks[0]
    with pytest.raises(InputError, match="can only stay"):
        problem({"x": NUMBERS, "c": [3.5] * 20}, fix={"c": 4.0})


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("bounds", "temp=200:300", "its bounds lie outside"),
        ("fix", "temp=500", "value lies outside"), ("fix", "temp=100", ""),
        ("bounds", "temp=50:300", ""), ("bounds", "temp=80:", ""),
    ],
)  # fmt: skip
def test_what_is_asked_for_in_another_unit_is_suspected(
    option: str, value: str, said: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(ROWS), f"--{option}", value)
    assert ("Has the table another unit?" in told(made)) == bool(said) and said in told(made)


def test_a_sequence_is_fixed_with_as_many_letters(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sites = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(40)]
    content = text(with_column("site", sites))
    said = refused(tmp_path, content, "--fix", "site=ACGT")
    assert "It has 8 letters of A, C, G, T." in said
    short = [site[: 5 + i % 4].lower() for i, site in enumerate(sites)]
    assert "sequences of 5 to 8 letters" in refused(tmp_path, text(with_column("site", short)))


def test_columns_that_vary_by_rounding_only() -> None:
    y = np.arange(20.0)
    with pytest.raises(InputError, match="no column is left that varies"):
        problem_of(Frame(x=1e9 + np.arange(20.0) * 1e-7), y)  # numbers have 15 digits
    x = 1e9 + np.random.default_rng(0).uniform(0, 5e-4, 20)
    with pytest.raises(InputError, match="varies by more than rounding"):
        problem_of(Frame(x=x), y)
    made = problem_of(Frame(x=x, z=y**2), y)
    assert made.x_l.shape == (20, 2)
