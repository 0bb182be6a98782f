"""Constants times powers of columns."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from torchbdi.proposer.rules.powers import power_law


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_factors_beyond_all_numbers_are_not_told(size: float) -> None:
    a, b = np.random.default_rng(0).uniform(1, 5, (2, 40))
    exact = np.full(40, 1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        halves = {"a": exact * size, "b": exact}
        assert power_law(a**3 / b, exact, {"a": a * size, "b": b}, halves) is None
        law = power_law(a**3 / b, exact, {"a": a * 1e9, "b": b}, halves)
    assert str(law) == "1e-27 times 'a'^3 / 'b'"
