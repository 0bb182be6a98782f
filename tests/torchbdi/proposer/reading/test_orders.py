"""Texts that are the same things in another order: what is said of them, and how they are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, names, refused, text, told, with_column

from torchbdi.proposer.reading.orders import order_of

RNG = np.random.default_rng(0)
STEPS = ["mill", "turn", "drill", "wash", "grind"]
ORDERS = [RNG.permutation(5).tolist() for _ in range(40)]


@pytest.mark.parametrize("sign", ["-", ">", " ", ""])
def test_an_order_in_one_cell_is_asked_about(sign: str, tmp_path: Path) -> None:
    things = list("ABCDE") if not sign else STEPS
    cells = [sign.join(things[i] for i in order) for order in ORDERS]
    message = refused(tmp_path, text(with_column("steps", cells)))
    assert "column 'steps' has" in message and "once in every row, in some order" in message
    assert ("--sequence steps" in message) == (not sign)  # letters of words make no words
    made, _ = asked(tmp_path, text(with_column("steps", cells)), "--category", "steps")
    assert made.columns[0].name == "steps"


def test_each_place_in_a_column_of_its_own_keeps_the_order(tmp_path: Path) -> None:
    rows = with_column("step_5", [STEPS[order[4]] for order in ORDERS])
    for place in range(4):
        cells = [f"step_{place + 1}", *(STEPS[order[place]] for order in ORDERS)]
        rows = [[cell, *row] for cell, row in zip(cells, rows, strict=True)]
    made, _ = asked(tmp_path, text(rows))
    assert "are never the same in a design: so it is in every proposal" in told(made)


def test_numbers_with_the_same_digits_are_orders(tmp_path: Path) -> None:
    cells = ["".join(str(i + 1) for i in order) for order in ORDERS]
    content = text(with_column("route", cells))
    assert "--number route" in refused(tmp_path, content)
    assert "route" in names(asked(tmp_path, content, "--number", "route")[0])


@pytest.mark.parametrize(
    "texts",
    [
        ["AAB", "ABA", "BAA"], ["ACGT", "ACGG"], ["A-B", "B-A"], ["AB", "BA"], ["ABC"],
        ["A-B-C", "A-B"], ["A-B>C", "C-B>A"], ["A--B-C", "B--A-C"], [],
        ["6.7", "7.6"], ["1.25", "2.15", "5.12"],
    ],
)  # fmt: skip
def test_what_is_no_order(texts: list[str]) -> None:
    assert order_of(texts) == []


def test_numbers_with_decimals_are_no_orders(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("pH", ["6.7", "7.6"] * 20)))
    assert "pH" in names(made)
    assert order_of(["A.B.C", "C.B.A"]) == ["A", "B", "C"]
