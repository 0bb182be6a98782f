"""Names for nothing, and amounts that are 0 with them."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi.proposer.columns.nothing import absences, kept_together, nothing_remarks
from torchbdi.proposer.reading.ways import Ways


@pytest.mark.parametrize(("name", "is_told"), [("none", True), ("No. 7", False), ("no base", True)])
def test_a_number_is_no_name_for_nothing(name: str, is_told: bool) -> None:
    without = np.arange(30) % 3 == 0
    amount = np.where(without | (np.arange(30) == 1), 0.0, 1.5)
    names = np.where(without, name, "No. 1").astype(object)
    assert bool(nothing_remarks({"base": names, "amount": amount}, [], Ways(True))) == is_told


def test_several_names_for_nothing_are_one() -> None:
    """A least amount is known where all designs that have something have an amount."""
    names = np.array((["none", "control", "A", "B"] * 12), dtype=object)
    amount = np.array([0.0, 0.0, 2.0, 5.0] * 12)
    (own,) = absences({"salt": names, "amount": amount})
    assert set(own.nothing) == {"none", "control"} and own.least == 2
    assert "where 'salt' is control or none, and nowhere else" in own.told()
    assert own.keeps({"salt": names, "amount": amount}).all()
    assert own.keeps({"salt": names[:4], "amount": np.array([0.0, 3.0, 0.0, 3.0])}).tolist() == [
        True, False, False, True,
    ]  # fmt: skip
    amount[2] = 0
    (own,) = absences({"salt": names, "amount": amount})
    assert own.least == 0
    assert own.keeps({"salt": names[:4], "amount": np.array([0.0, 3.0, 0.0, 3.0])}).tolist() == [
        True, False, True, True,
    ]  # fmt: skip
    amount[0] = 1
    assert [found.nothing for found in absences({"salt": names, "amount": amount})] == [
        ("control",)
    ]


def test_a_known_design_with_an_amount_below_zero_is_kept() -> None:
    names = np.array(["none", "heat", "cool"] * 10, dtype=object)
    columns = {"step": names, "degrees": np.array([0.0, 5.0, -5.0] * 10)}
    (own,) = absences(columns)
    assert own.keeps(columns).all()


def test_two_names_with_one_amount_are_kept_together() -> None:
    names = np.array(["none", "A", "B"] * 10, dtype=object)
    amount = np.array([0.0, 2.0, 5.0] * 10)
    absent = absences({"ligand": names, "base": names, "eq": amount, "time": amount})
    kept = kept_together(absent)
    pairs = [("ligand", "base"), ("eq", "time"), ("base", "time")]
    assert all({*pair} in kept for pair in pairs)


def test_what_two_designs_have_may_be_chance() -> None:
    names = np.array(["none", "none", *["A", "B"] * 19], dtype=object)
    assert not absences({"salt": names, "amount": np.array([0.0, 0.0, *[1.0, 2.0] * 19])})
