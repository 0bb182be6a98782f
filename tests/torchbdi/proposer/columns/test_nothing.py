"""Names for nothing, and amounts that are 0 with them."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi.proposer.columns.nothing import nothing_remarks
from torchbdi.proposer.reading.ways import Ways


@pytest.mark.parametrize(("name", "is_told"), [("none", True), ("No. 7", False), ("no base", True)])
def test_a_number_is_no_name_for_nothing(name: str, is_told: bool) -> None:
    without = np.arange(30) % 3 == 0
    amount = np.where(without | (np.arange(30) == 1), 0.0, 1.5)
    names = np.where(without, name, "No. 1").astype(object)
    assert bool(nothing_remarks({"base": names, "amount": amount}, [], Ways(True))) == is_told
