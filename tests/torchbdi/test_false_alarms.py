"""Columns and numbers of a person's own that look like what remarks are about, and are not."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told

from torchbdi.proposer.columns.nothing import nothing_remarks
from torchbdi.proposer.columns.proposed import added_by_propose
from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.rules.limits import order_remarks
from torchbdi.proposer.rules.powers import power_law

WAYS = Ways(True)
PREDICTED = ["predicted_y", "error"]
REST = ["distance", "nearest_row", "nearest_y", "start_row", "far_outside", "note"]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("own", "ours"),
    [
        (["low", "high"], [*PREDICTED, *REST]),
        (["T", "low", "high"], [*PREDICTED, "low_", "high_", *REST]),
        (["T"], [*PREDICTED, "low", "high", *REST]),
        (["high", "error", "low"], ["predicted_y", "error_", "low_", "high_", *REST]),
    ],
)
def test_ends_of_a_persons_own_are_part_of_the_design(own: Sequence[str], ours: list[str]) -> None:
    """Proposals have ends beside them only where a logarithm is modelled."""
    columns = {name: np.arange(5.0) for name in (*own, *ours, "more")}
    assert added_by_propose(columns) == ours


def test_what_propose_wrote_cannot_be_fixed_and_why(tmp_path: Path) -> None:
    rows = plain()
    names = [*rows[0][:3], "predicted_yield", "error", *REST, "yield"]
    names[names.index("nearest_y")] = "nearest_yield"
    beside = ["60.1", "1.2", "0.3", "2", "50.5", "2", "no", ""]
    content = text([names, *([*row[:3], *beside, row[3]] for row in rows[1:])])
    message = refused(tmp_path, content, "--fix", "distance=0.3")
    assert "8 columns are what propose wrote beside its proposals" in message
    assert told(asked(tmp_path, content)[0]).count("what propose wrote") == 1
    message = refused(tmp_path, "\n".join(line.split(",", 3)[3] for line in content.splitlines()))
    assert message.count("what propose wrote") == 1


@pytest.mark.parametrize(("other", "is_told"), [("zone1 max", True), ("zone2 max", False)])
def test_ends_are_those_of_one_thing(other: str, is_told: bool) -> None:
    low, more = rng().uniform(0, 60, (2, 12))
    columns = {"zone1 min": low, other: low + more}
    assert bool(order_remarks(columns, [], WAYS)) == is_told


@pytest.mark.parametrize(("name", "is_told"), [("none", True), ("No. 7", False), ("no base", True)])
def test_a_number_is_no_name_for_nothing(name: str, is_told: bool) -> None:
    without = np.arange(30) % 3 == 0
    amount = np.where(without | (np.arange(30) == 1), 0.0, 1.5)
    names = np.where(without, name, "No. 1").astype(object)
    assert bool(nothing_remarks({"base": names, "amount": amount}, [], WAYS)) == is_told


def test_a_synthetic_score_of_all_columns_keeps_one_of_them(tmp_path: Path) -> None:
    rows = [["a", "b", "yield"]]
    rows += [[f"{a}", f"{b}", f"{a * b}"] for a, b in rng().uniform(1, 5, (30, 2))]
    made, _ = asked(tmp_path, text(rows))
    assert len(made.columns) == 2
    assert "'yield' is 'a' times 'b' in every row, so it was probably computed" in made.remarks[0]
    way = made.remarks[0][made.remarks[0].index("(--ignore") + 1 : -2]
    assert asked(tmp_path, text(rows), *shlex.split(way))[0].columns


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_factors_beyond_all_numbers_are_not_told(size: float) -> None:
    a, b = rng().uniform(1, 5, (2, 40))
    exact = np.full(40, 1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        halves = {"a": exact * size, "b": exact}
        assert power_law(a**3 / b, exact, {"a": a * size, "b": b}, halves) is None
        law = power_law(a**3 / b, exact, {"a": a * 1e9, "b": b}, halves)
    assert str(law) == "1e-27 times 'a'^3 / 'b'"
