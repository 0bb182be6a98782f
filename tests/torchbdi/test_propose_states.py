"""Which rows are done, which way is up, and how the levels of a mixture are given up."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told

from torchbdi.proposer.columns.score_remarks import direction_remark
from torchbdi.proposer.reading.ways import IN_PYTHON, Ways

DESIGN = ["temp", "time", "conc"]


def planned(name: str, done: str, open_: str) -> str:
    """The plain table, of which the last rows have no score, with one more column."""
    rows = plain()
    own = [[*row, done] if i < 32 else [*row[:3], "", open_] for i, row in enumerate(rows[1:])]
    return text([[*rows[0], name], *own])


@pytest.mark.parametrize(
    ("name", "done", "open_"),
    [
        ("Status", "done", "planned"), ("stage", "Measured", "In progress"),
        ("measured", "1", "0"), ("status", "done", ""), ("status", "batch 1", "batch 2"),
    ],
)  # fmt: skip
def test_what_says_which_rows_are_done_is_left_out(
    name: str, done: str, open_: str, tmp_path: Path
) -> None:
    content = planned(name, done, open_)
    made, _ = asked(tmp_path, content)
    assert [column.name for column in made.columns] == DESIGN
    assert f"Column {name!r} says which rows have a score" in told(made)
    assert len(made.candidate_rows) == 8
    if open_:
        made, _ = asked(tmp_path, content, "--category", name)
        assert [column.name for column in made.columns] == [*DESIGN, name]


@pytest.mark.parametrize(
    ("name", "done", "open_"),
    [("catalyst", "Pd", "Ni"), ("pressure", "1", "2"), ("status", "done", "done")],
)
def test_new_levels_of_what_is_planned_stay(
    name: str, done: str, open_: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, planned(name, done, open_))
    assert "says which rows" not in told(made)
    assert name in [column.name for column in made.columns] or name in made.constants


def test_high_values_of_a_loss_are_asked_about(tmp_path: Path) -> None:
    low = ["loss", "val_loss", "RMSE", "IC50 (nM)", "EC_50", "error rate", "Kd", "impurity/%",
           "ValLoss", "testError", "latency_ms", "MAPE", "surface roughness",
           "CO2 emission"]  # fmt: skip
    for name in low:
        assert "say --minimize" in direction_remark([name], False, Ways(True))[0]
        assert "say minimize=True" in direction_remark([name], False, IN_PYTHON)[0]
        assert not direction_remark([name], True, IN_PYTHON)
    for name in ("yield", "glossiness", "errand", "microns", "kdd", "150", "closs", "pIC50", "pKd",
                 "neg_mean_squared_error", "-RMSE", "wear resistance", "residual_activity",
                 "emission intensity", "1/IC50", "impurity removal"):  # fmt: skip
        assert not direction_remark([name], False, IN_PYTHON)
    rows = plain()
    rows[0][3] = "loss"
    assert "High values of 'loss' are sought" in told(
        asked(tmp_path, text(rows), "--score", "loss")[0]
    )


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
