"""Numbers with as many digits as their error leaves."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi.proposer.digits import digits, figures, places_of, short


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (60.3052, 0.9849, "60.31"), (76.6942, 13.3, "77"), (150.879, 1.02, "150.9"),
        (0.900424, 0.004203, "0.9004"), (123456.0, 3210.0, "123500"), (1.5, 0.0, "1.5"),
        (2.5, float("nan"), "2.5"), (0.01, 5.0, "0.0"),
    ],
)  # fmt: skip
def test_numbers_have_as_many_digits_as_their_error(value: float, error: float, shown: str) -> None:
    assert digits(value, error) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (106123.4, "106100"), (0.0, "0"), (8.0621, "8.062"), (-0.012345, "-0.01235"),
        (1.0, "1"), (12345678.0, "12350000"), (3e9, "3e+09"), (2e-7, "2e-07"),
        (float("inf"), "inf"), (9.99999, "10"),
    ],
)  # fmt: skip
def test_figures_have_four_digits_and_no_exponent(value: float, shown: str) -> None:
    assert short(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1452510.0, "1452510"), (-12345678.0, "-12345678"), (81.45, "81.45"), (0.00012, "0.00012"),
        (4.039e-12, "4.039e-12"), (5.70297e12, "5.70297e+12"), (999999.7, "1000000"),
    ],
)  # fmt: skip
def test_scores_have_the_digits_of_the_table_and_no_exponent(value: float, shown: str) -> None:
    assert figures(value, 6) == shown


def test_three_digits_have_no_exponent() -> None:
    assert [short(value, 3) for value in (1234.5, 99.95, 0.00271)] == ["1230", "100", "0.00271"]


def test_digits_are_those_that_tell_scores_apart() -> None:
    assert places_of(np.array([20.0, 60.0, 95.5])) == 6
    assert places_of(np.array([5.0, 5.0])) == 6
    assert places_of(1e9 + np.arange(9.0)) == 13
    assert digits(9.643e-11, 6.1222e-12) == "9.64e-11"
    assert digits(6.1222e-12, 6.1222e-12) == "6.1e-12"


def test_large_numbers_have_an_exponent() -> None:
    assert digits(2.59006e31, 4.081e30) == "2.59e+31"
    assert digits(-8.33e8, 1.257e8) == "-8.3e+08"
    assert digits(1234567.0, 23456.0) == "1235000"
