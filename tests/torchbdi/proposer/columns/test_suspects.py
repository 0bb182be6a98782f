"""Columns that may be results and nothing that can be chosen."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told, with_column

from torchbdi.proposer.columns.ranks import rank_correlation
from torchbdi.proposer.columns.suspects import name_remarks
from torchbdi.proposer.reading.ways import Ways

Y = np.array([float(row[3]) for row in plain()[1:]])
RNG = np.random.default_rng(0)
ROWS = plain()


@pytest.mark.parametrize(
    "cells",
    [
        [f"{round(y, -1):.0f}" for y in Y],
        [f"{-round(y / 8)}" for y in Y],
        ["bad" if y < np.quantile(Y, 0.3) else "good" if y > np.median(Y) else "fair" for y in Y],
        ["fail" if y < np.median(Y) else "pass" for y in Y],
    ],
)
def test_grades_of_the_score(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("class", cells)))
    assert any(
        "'class'" in remark and "--ignore class" in remark and "result" in remark
        for remark in made.remarks[:1]
    )


@pytest.mark.parametrize(
    "cells",
    [
        ["a", "b"] * 20,
        ["b" if y == Y.max() else "a" for y in Y],  # one row parts any scores
        [f"{10 * round(float(row[0]) / 10)}" for row in plain()[1:]],
        [str(v) for v in RNG.permutation([1, 2, 3, 4, 5] * 8)],
    ],
)
def test_levels_that_can_be_chosen(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("class", cells)))
    assert "made from the score" not in told(made)


def test_two_levels_of_a_score_of_two_values(tmp_path: Path) -> None:
    rows = [[*row[:3], str(int(float(row[3]) > 60))] for row in plain()[1:]]
    made, _ = asked(tmp_path, text([plain()[0], *rows]))
    assert "made from the score" not in told(made)


def test_columns_called_like_errors(tmp_path: Path) -> None:
    made, _ = asked(
        tmp_path, text(with_column("StDev", [f"{v:.2f}" for v in RNG.uniform(size=40)]))
    )
    assert "Column 'StDev' is called like the error of a measurement" in told(made)
    assert name_remarks("tc", ["sd", "rsd"], Ways(True))[0].startswith("Columns 'sd', 'rsd' are")


@pytest.mark.parametrize("name", ["yield_sd", "SE of yield (%)", "Yield 2"])
def test_what_is_called_like_the_score_is_named(name: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column(name, [f"{v:.2f}" for v in RNG.normal(size=40)])))
    assert f"Column {name!r} is called like the score" in made.remarks[0]
    words = shlex.split(made.remarks[0][made.remarks[0].index("--ignore") :].rstrip(")."))
    assert [c.name for c in asked(tmp_path, text(with_column(name, range(40))), *words)[0].columns]
    assert "called like the score" not in told(asked(tmp_path, text(ROWS))[0])


def test_results_beside_the_score_are_named(tmp_path: Path) -> None:
    rows = plain()
    twice = [[*rows[0], "conversion"]]
    twice += [
        [*row, f"{1.1 * float(row[3]) + 0.1 * (i % 2):.1f}"] for i, row in enumerate(rows[1:])
    ]
    made, _ = asked(tmp_path, text(twice))
    assert "Column 'conversion' is probably a result" in made.remarks[0]
    assert "--ignore conversion" in made.remarks[0]
    assert "--score conversion" in made.remarks[0]


def test_rank_correlation_is_scipy_s() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 50), rng.normal(size=50)
    assert rank_correlation(a, b + a) == pytest.approx(spearmanr(a, b + a)[0], rel=1e-12)
    assert rank_correlation(a, np.zeros(50)) == 0


def test_measures_of_models_and_residuals_are_named(tmp_path: Path) -> None:
    noise = [f"{v:.3f}" for v in RNG.normal(size=40)]
    for name in ("val_loss", "Runtime", "test RMSE", "Residual", "p-value"):
        assert f"{name!r} is called like" in told(
            asked(tmp_path, text(with_column(name, noise)))[0]
        )
    for name in ("loss weight", "residence time"):
        assert "called like" not in told(asked(tmp_path, text(with_column(name, noise)))[0])


def test_what_comes_out_of_reactions_and_of_fits_is_named(tmp_path: Path) -> None:
    noise = [f"{v:.3f}" for v in RNG.normal(size=40)]
    for name in (
        "Conversion (%)",
        "CO2 conversion",
        "selectivity_%",
        "Predicted",
        "ee [%]",
        "COOK1",
    ):
        assert f"{name!r} is called like what comes out of an experiment" in told(
            asked(tmp_path, text(with_column(name, noise)))[0]
        )
    for name in ("RESI1", "SRES1", "TRES1"):
        assert f"{name!r} is called like the error" in told(
            asked(tmp_path, text(with_column(name, noise)))[0]
        )
    for name in ("recovery time", "yield point", "fitted length", "sel", "num_conv", "cook time"):
        assert "comes out" not in told(asked(tmp_path, text(with_column(name, noise)))[0])
    chosen = text(with_column("gas purity", ["95", "99", "99.9", "99.99"] * 10))
    assert "comes out" not in told(asked(tmp_path, chosen)[0])
    pred, exp = "Strength pred. (MPa)", "Strength exp. (MPa)"
    assert "is called like the score" in name_remarks(exp, [pred], Ways(True))[0]
