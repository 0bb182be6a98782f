"""How many designs there can be, and how many to propose: no more than that."""

from __future__ import annotations

import itertools
import shlex
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import problem_of
from proposer_tables import asked, plain, refused, text, told

from torchbdi.proposer.columns.column import Numbers
from torchbdi.proposer.columns.grids import Grid
from torchbdi.proposer.rules.restrict import Restricted
from torchbdi.proposer.rules.room import Room, room_of
from torchbdi.proposer.settings import Settings
from torchbdi.space import Number


def test_grids_that_are_complete_or_nearly(tmp_path: Path) -> None:
    levels = [("DMF", "THF", "MeCN"), ("a", "b", "c"), ("L1", "L2", "L3", "L4")]
    grid = [(s, b, g) for s in levels[0] for b in levels[1] for g in levels[2]]
    rows = [[*design, f"{i * 7 % 36}.5"] for i, design in enumerate(grid)]
    head = ["solvent", "base", "ligand", "yield"]
    message = refused(tmp_path, text([head, *rows]))
    assert "all 36 combinations that there are have a score" in message
    assert "The best is row" in message and "New ones need new levels" in message
    made, _ = asked(tmp_path, text([head, *rows[:10], *rows[13:]]))
    assert made.n == 3
    assert "There are 3 designs left without a score" in told(made)
    assert asked(tmp_path, text([head, *rows[:10], *rows[13:]]), "-n", "8")[0].n == 3


def test_n_adapts_where_nobody_gave_it(tmp_path: Path) -> None:
    assert asked(tmp_path, text(plain(12)))[0].n == 32


def test_names_that_are_numbers_are_counted_as_known() -> None:
    """A whole number of Python's is the name 3; so is 3.0."""
    every = list(itertools.product((1.0, 2.0, 3.0), (10.0, 20.0, 30.0), (1.0, 2.0)))
    x = np.array(every[:-1] * 2)
    y = np.arange(len(x)) % 7 * 1.5
    for three in (3, 3.0, "3"):
        problem = problem_of(x, y, categories=("x0",), fix={"x0": three})
        assert "There is 1 design left without a score" in told(problem)


def test_many_known_designs_among_many_levels_are_counted_in_little_memory() -> None:
    """Of 20,000 rows and 100,000 levels each pair would take 16 GB."""
    rng = np.random.default_rng(0)
    levels = rng.choice(100_000, 20_000, replace=False)
    number = Number("n", 0, 99_999, step=1)
    restricted = Restricted(
        (Numbers("n", 0, 99_999),), {"n": Grid(number, 0, None, "whole")}, (), ()
    )
    tracemalloc.start()
    room = room_of(restricted, {"n": levels.astype(float)}, Settings())
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    assert room == Room(100_000, 80_000)


@pytest.mark.parametrize("part", ["25", "0.3333333333"])
def test_the_way_out_of_a_mixture_whose_designs_are_all_known(part: str, tmp_path: Path) -> None:
    rng, k = np.random.default_rng(0), 4 if part == "25" else 3
    lattice = [(a, b, k - a - b) for a in range(k + 1) for b in range(k + 1 - a)]
    write = "{:.0f}" if part == "25" else "{:.10f}"
    unit = 25 if part == "25" else 1 / 3
    rows = [[*(write.format(v * unit) for v in p), f"{rng.normal():.2f}"] for p in lattice * 3]
    content = text([["A", "B", "C", "yield"], *rows])
    message = refused(tmp_path, content)
    assert f"all {len(lattice)} combinations" in message
    way = message[message.index("(--free") + 1 : message.index("), or add")]
    made, _ = asked(tmp_path, content, *shlex.split(way))
    assert len(made.scores) == len(lattice)
    rule = next(rule for rule in made.rules if rule.low == rule.high)
    assert rule.coefficients == {"A": 1.0, "B": 1.0, "C": 1.0}
    assert rule.low == (100 if part == "25" else 1)
    assert all(made.grids[name].number.levels is None for name in "ABC")


def test_few_designs_of_a_mixture_that_are_left_come_with_a_way_that_keeps_the_sum(
    tmp_path: Path,
) -> None:
    lattice = [(a, b, 4 - a - b) for a in range(5) for b in range(5 - a)]
    rows = [[*(f"{v * 25}" for v in p), f"{i * 7 % 15}"] for i, p in enumerate(lattice * 3)]
    content = text([["A", "B", "C", "yield"], *(row for row in rows if row[:2] != ["25", "50"])])
    remarks = told(asked(tmp_path, content)[0])
    assert "There is 1 design left without a score: no more can be proposed." in remarks
    way = remarks[remarks.index("levels or steps up: ") + 20 : remarks.index("=100.") + 4]
    made, _ = asked(tmp_path, content, *shlex.split(way))
    assert any(rule.low == rule.high == 100 for rule in made.rules)
    assert all(made.grids[name].number.levels is None for name in "ABC")


def test_one_row_that_is_pending_is_no_end_of_all_designs(tmp_path: Path) -> None:
    rows = plain()
    rows[5][-1] = "PENDING"
    remark = "no more can be proposed. For other designs, leave these rows out (--take TEXT=out"
    assert remark in told(asked(tmp_path, text(rows), "-n", "4")[0])


def test_what_was_left_out_is_told_where_all_designs_are_known(tmp_path: Path) -> None:
    """One of these columns could be the choice that somebody misses."""
    rows = [[f"#{37 * i:06X}", str(i % 3), "abc"[i // 3 % 3], str(i * 7 % 11)] for i in range(36)]
    message = refused(tmp_path, text([["colour", "size", "word", "yield"], *rows]))
    assert "all 9 combinations" in message
    assert "Left out: Column 'colour' has a text of its own in every row" in message
