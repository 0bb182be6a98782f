"""Rules between columns as a person types them: sums, inequalities, at most k parts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from proposer_tables import asked, plain, text, told

from torchbdi import InputError
from torchbdi.proposer.rules.typed import parse_at_most, parse_rule, parse_sum

NAMES = ["a", "b", "a b", "x-1", "p"]


@pytest.mark.parametrize(
    ("rule", "terms", "low", "high"),
    [
        ("a+b<=10", {"a": 1, "b": 1}, -math.inf, 10),
        ("a + 2*b >= 10", {"a": 1, "b": 2}, 10, math.inf),
        ("2 a - 0.5b = 3", {"a": 2, "b": -0.5}, 3, 3),
        ("a b + x-1 < 4e1", {"a b": 1, "x-1": 1}, -math.inf, 40),
        ("a <= b", {"a": 1, "b": -1}, -math.inf, 0),
        ("a ≤ 5", {"a": 1}, -math.inf, 5),
        ("a + 1 <= b + 3", {"a": 1, "b": -1}, -math.inf, 2),
        ("-a >= -5", {"a": -1}, -5, math.inf),
        ("10 >= p", {"p": -1}, -10, math.inf),
    ],
)
def test_rules_are_read(rule: str, terms: dict[str, float], low: float, high: float) -> None:
    made = parse_rule(rule, NAMES)
    assert (dict(made.coefficients), made.low, made.high) == (terms, low, high)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("a+b", "write a sum of columns"), ("a+c<=1", "'c' is no column"), ("1<=2", "no column"),
        ("a*b<=1", "sum of columns"), ("a+b<=10 000", "sum of columns"), ("a/b<=2", "a-5"),
        ("2*3*a<=1", "sum of columns"), ("a p<=1", "sum of columns"), ("0,5*a<=1", "point"),
        ("1<=a<=2", "two rules"), ("a-a<=1", "there is no column in it"), ("a <= 2*", "before"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_read(rule: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_rule(rule, NAMES)


@pytest.mark.parametrize(
    ("rule", "terms", "high"),
    [
        ("0+1<=1.0", {"0": 1, "1": 1}, 1),
        ("2*0 + 1 <= 1*2", {"0": 2, "1": 1, "2": -1}, 0),
        ("0+1<=3", {"0": 1, "1": 1}, 3),
        ("1<=5", {"1": 1}, 5),
        ("0.5*1 - 1.0 <= 2.0", {"1": 0.5}, 3),
    ],
)
def test_columns_called_by_numbers_stand_in_rules(
    rule: str, terms: dict[str, float], high: float
) -> None:
    made = parse_rule(rule, ["0", "1", "2"])
    assert (dict(made.coefficients), made.high) == (terms, high)


@pytest.mark.parametrize("rule", ["0+1<=1", "1>=0+2", "0<=1", "0+1+2=1", "2*0 <= -1"])
def test_what_may_be_a_number_or_a_column_is_refused(rule: str) -> None:
    """A frame's columns are called 0, 1, 2 where nobody names them: 0 + 1 <= 1 is no 0 <= 0."""
    with pytest.raises(InputError, match=r"is a number, and the name of a column. Write \d.0 for"):
        parse_rule(rule, ["0", "1", "2"])


def test_sums_and_numbers_of_parts_are_read() -> None:
    assert parse_sum("a+b=100", NAMES).low == 100
    with pytest.raises(InputError, match="write an equation"):
        parse_sum("a+b<=100", NAMES)
    made = parse_at_most("2 of a,b, p least 0.5", NAMES)
    assert (made.names, made.count, made.least) == (("a", "b", "p"), 2, 0.5)
    names = ["1,4-dioxane", "N,N-DMF", "water", "N"]
    made = parse_at_most("2 of 1,4-dioxane, N,N-DMF,water", names)
    assert made.names == ("1,4-dioxane", "N,N-DMF", "water")
    for wrong, message in (
        ("a,b", "write, for instance"), ("1 of a,c", "'c' is no column"),
        ("2 of a,b", "name more different parts"), ("1 of a,b least x", "a number from 0"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            parse_at_most(wrong, NAMES)


def test_what_is_below_a_limit_may_lie_on_it_and_that_is_told(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(plain()), "--rule", "temp<60", "--rule", "time>=10")
    assert "Rule 'temp<60' is kept as temp <= 60: proposals can lie on its limit." in told(made)
    assert "time>=10" not in told(made)
