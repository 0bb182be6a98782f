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
    assert bool(nothing_remarks({"base": names, "amount": amount}, [], [], Ways(True))) == is_told


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


def optimizers(n: int = 30) -> dict[str, np.ndarray]:
    """A momentum for one of three optimizers, a decay for another, and what is like neither."""
    rng = np.random.default_rng(0)
    names = np.array(["sgd", "adam", "lion"] * (n // 3), dtype=object)
    momentum = np.where(names == "sgd", rng.uniform(0.5, 0.99, n).round(2), 0.0)
    return {
        "optimizer": names,
        "momentum": momentum,
        "beta": np.where(names == "adam", rng.uniform(0.8, 0.99, n).round(3), 0.0),
        "warmup": np.where(rng.random(n) < 0.3, 0.0, rng.uniform(1, 9, n)),
        "degrees": np.where(names == "lion", 0.0, rng.uniform(-5, 5, n)),
        "flag": np.where(names == "sgd", 1.0, 0.0),
    }


def test_amounts_that_other_names_are_always_without() -> None:
    columns = optimizers()
    found = {own.amount: own for own in absences(columns)}
    assert found.keys() == {"momentum", "beta"}
    assert found["momentum"].nothing == ("adam", "lion") and found["beta"].nothing == (
        "lion",
        "sgd",
    )
    assert found["momentum"].least == columns["momentum"][columns["momentum"] > 0].min()
    assert "'momentum' is 0 where 'optimizer' is adam or lion, and nowhere else" in (
        found["momentum"].told()
    )
    columns["momentum"][0] = 0  # one row is an exception
    assert {own.amount for own in absences(columns)} == {"beta"}
    few = {name: v[:12] for name, v in optimizers().items()}  # four on one side show nothing
    assert not absences(few)


def test_many_names_with_two_designs_each_show_nothing() -> None:
    names = np.array([f"n{i}" for i in range(25)] * 2, dtype=object)
    amount = np.where(np.isin(names, [f"n{i}" for i in range(4)]), 0.0, np.arange(50) + 1.0)
    assert not absences({"salt": names, "amount": amount})


def test_what_is_alone_is_told_to_be_a_whole() -> None:
    """A solvent is 100 % where there is no second one, of which no column has the share."""
    second = np.array((["none", "A", "B", "none"] * 12), dtype=object)
    share = np.where(second == "none", 100.0, np.arange(48) % 3 * 10.0 + 50)
    columns = {"second": second, "share": share}
    (remark,) = nothing_remarks(columns, [], [], Ways(True))
    assert "'share' is 100 where 'second' is none, and nowhere else. Proposals need not" in remark
    assert "(--fix second=none --fix share=100)" in remark
    # Kept together with what is 0 there, it is kept, too.
    kept = [{"second", "rest"}, {"share", "rest"}]
    assert not nothing_remarks(columns, kept, [], Ways(True))
    some = np.where(np.arange(48) % 8 == 1, 100.0, share)
    assert not nothing_remarks({"second": second, "share": some}, [], [], Ways(True))
