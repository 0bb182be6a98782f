"""Columns that one or two others tell exactly, and those of a plan, which are chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, text, told

from torchbdi.proposer.columns.remark import Remark
from torchbdi.proposer.rules.crossed import not_crossed
from torchbdi.proposer.rules.tabled import tabled

NAMES = np.array(list("ABCDEFGH"), object)


def pairs(own: np.ndarray, n: int = 80) -> dict[str, np.ndarray]:
    """Two columns of names, what belongs to each of their pairs, and a number."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, len(own), n), rng.integers(0, own.shape[1], n)
    return dict(a=NAMES[a], b=NAMES[b + 4], own=own[a, b], x=rng.uniform(0, 9, n))


def test_what_a_pair_has_is_found() -> None:
    rng = np.random.default_rng(1)
    mixes = np.array(["yes", "no", "partly"], object)[rng.integers(0, 3, (4, 4))]
    assert tabled(pairs(mixes), (), ()) == {"own": ("a", "b")}
    drops = rng.uniform(1, 9, (4, 4)).round(2)
    assert tabled(pairs(drops), (), ()) == {"own": ("a", "b")}
    assert not tabled(pairs(drops), ["own"], ())
    assert not tabled(pairs(drops), (), [Remark("Of all three.", ("own", "a", "b"))])


def test_columns_of_a_plan_are_not_found() -> None:
    square = NAMES[np.add.outer(np.arange(4), np.arange(4)) % 4]
    assert not tabled(pairs(square), (), ())
    both = NAMES[np.add.outer(np.arange(2), np.arange(2)) % 2]
    assert not tabled(pairs(both), (), ())
    rng = np.random.default_rng(3)
    free = {name: NAMES[rng.integers(0, 3, 60)] for name in "pqrs"}
    assert not tabled(free, (), ())


def test_rows_that_differ_in_what_all_were_crossed_with_count_once() -> None:
    """Of thirty recipes on glass and on steel each number tells the others, and none by a rule."""
    x = np.random.default_rng(0).uniform(0, 9, (30, 3)).round(1)
    columns = dict(zip("abc", np.repeat(x, 2, axis=0).T, strict=True))
    columns["on"] = np.array(["glass", "steel"] * 30, object)
    names, rows = not_crossed(columns)
    assert names == ["a", "b", "c"] and len(rows) == 30
    assert not tabled({name: columns[name][rows] for name in names}, (), ())
    mixes = np.array([["yes", "no"], ["no", "no"]], object)
    assert len(not_crossed(pairs(mixes))[1]) == 80


def test_a_season_of_months_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["month", "season", "dose", "yield"]]
    for _ in range(60):
        month = int(rng.integers(1, 13))
        season = ("winter", "spring", "summer", "autumn")[month % 12 // 3]
        rows.append([f"{month}", season, f"{rng.uniform(0, 9):.1f}", f"{rng.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "'season' seems to follow from 'month'" in told(made)


def test_days_and_programs_that_have_one_temperature_each_are_told(tmp_path: Path) -> None:
    """Which of the two was chosen nobody can tell; several days have the same one."""
    rng = np.random.default_rng(0)
    rows = [["day", "T", "a", "yield"]]
    for i in range(48):
        t = (55, 40, 70, 55, 90, 40)[i // 8]
        rows.append([f"{i // 8 + 1}", f"{t}", f"{rng.uniform(0, 9):.1f}", f"{i % 7}.5"])
    made, _ = asked(tmp_path, text(rows))
    assert [column.name for column in made.columns] == ["day", "T", "a"]
    assert "'T' seems to follow from 'day'" in told(made)
    assert "(--ignore T or --ignore day)" in told(made)
