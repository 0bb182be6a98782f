"""Scores and designs far from all others: named, and limited where that is asked for."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import proposer_tables as tables
import pytest
from proposer_quick import be_quick
from proposer_tables import asked, plain, scores_with, text, told, with_column

import torchbdi
from torchbdi.proposer.columns.outliers import far_away, limited
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.summary import summary

RNG = np.random.default_rng(0)


def test_far_scores_are_those_beyond_five_times_the_quartiles() -> None:
    y = np.r_[np.arange(1.0, 101.0), 400.0, -300.0, 320.0]
    low, high = np.quantile(y, [0.25, 0.75])
    expected = np.abs(y - (low + high) / 2) > 5.5 * (high - low)
    np.testing.assert_array_equal(far_away(y), expected)
    assert expected.sum() == 2
    np.testing.assert_array_equal(limited(y, expected)[-3:], [320, 1, 320])


def test_large_scores_among_decades_are_nothing_strange() -> None:
    y = np.geomspace(1, 1e6, 80)
    assert not far_away(y).any()
    assert not far_away(np.r_[1e-6, y, 1e12]).any()
    assert far_away(np.r_[y, 1e15])[-1] and far_away(np.r_[1e-9, y])[0]
    assert not far_away(np.r_[np.zeros(50), np.ones(3)]).any()
    rng = np.random.default_rng(0)
    assert not any(far_away(rng.normal(size=200)).any() for _ in range(20))


@pytest.mark.parametrize("robust", [False, True])
def test_outliers_are_named_with_their_rows(tmp_path: Path, robust: bool) -> None:
    rows = tables.plain()
    rows[5][-1], rows[9][-1] = "7800", "-950"
    words = ["--robust"] if robust else []
    understood, settings = tables.asked(tmp_path, tables.text(rows), *words)
    assert settings.robust is robust
    told = tables.told(understood)
    others = [float(row[-1]) for i, row in enumerate(rows[1:], start=2) if i not in (6, 10)]
    assert "7800 in row 6" in told and "-950 in row 10" in told and "--robust" in told
    if robust:
        assert f"7800 in row 6 counts as {max(others):g}" in told
        assert understood.taken.max() == max(others) and understood.taken.min() == min(others)
    else:
        assert "--take 7800=out" in told
        np.testing.assert_array_equal(understood.taken, understood.scores)
    assert understood.scores.max() == 7800 and understood.scores.min() == -950


def scores(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (n, 3))
    return x, 20 + 5 * x[:, 0] + rng.normal(size=n)


def test_a_limited_score_is_the_nearest_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same proposals as from a table with that score in its place; shown as it is."""
    be_quick(monkeypatch.setattr)
    x, y = scores()
    wrong = y.copy()
    wrong[7] = 5000.0
    mended = y.copy()
    mended[7] = np.delete(y, 7).max()
    robust = torchbdi.propose(x, wrong, n=5, robust=True, progress=False)
    other = torchbdi.propose(x, mended, n=5, progress=False)
    np.testing.assert_array_equal(robust.x, other.x)
    np.testing.assert_array_equal(robust.predicted, other.predicted)
    assert robust.quality.rmse == other.quality.rmse
    assert robust.problem.scores[7] == 5000
    if robust.problem.best()[0] == 7:
        assert "5000 (row 7), which counts as" in robust.outlook()
    report = html_report(robust)
    assert "5000 in row 7 counts as" in report
    spoiled = torchbdi.propose(x, wrong, n=5, progress=False)
    assert spoiled.quality.r2 < 0.5 < robust.quality.r2
    assert "5000 in row 7" in html_report(spoiled)


def test_the_judgement_without_scores_far_from_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be_quick(monkeypatch.setattr)
    x = np.random.default_rng(0).uniform(size=(40, 2))
    y = 50 + 10 * x[:, 0] - 5 * x[:, 1]
    assert torchbdi.propose(x, y, n=2, progress=False).quality_without is None
    y[7] = 9999
    p = torchbdi.propose(x, y, n=2, score_scale="plain", progress=False)
    others = np.arange(40) != 7
    alone = torchbdi.propose(x[others], y[others], n=2, score_scale="plain", progress=False)
    q = p.quality_without
    assert q is not None and p.quality.r2 < 0.2
    np.testing.assert_array_equal(q.true, alone.quality.true)
    assert q.rmse == pytest.approx(alone.quality.rmse, abs=0.1)
    assert q.exact
    said = "Without the scores that lie far from all others: Good"
    assert said in summary(p, Path("run")) and said in html_report(p)
    assert torchbdi.propose(x, y, n=2, robust=True, progress=False).quality_without is None


def test_repetitions_scatter_by_what_they_count_as() -> None:
    x = np.repeat(np.random.default_rng(0).uniform(size=(20, 1)), 2, axis=0)
    y = x[:, 0] + np.where(np.arange(40) % 2, 0.01, -0.01)
    y[5] = 100.0
    table = torchbdi.propose(x, y, n=2, robust=True, progress=False).problem
    assert table.noise is not None and table.noise < 0.3
    assert torchbdi.propose(x, y, n=2, progress=False).problem.noise > 10  # type: ignore[operator]


def test_scores_that_are_not_like_others_are_told(tmp_path: Path) -> None:
    content = scores_with({19: "9999"})
    made, _ = asked(tmp_path, content)
    assert "9999 in row 19" in told(made)
    made, _ = asked(tmp_path, content, "--take", "9999=out")
    assert "9999 in row 19" not in told(made)
    rows = plain()
    decades = [[*row[:3], f"{10 ** (float(row[3]) / 15):.3g}"] for row in rows[1:]]
    made, _ = asked(tmp_path, text([rows[0], *decades]))
    assert "far from all others" not in told(made)
    yes_no = [[*row[:3], str(int(float(row[3]) > 50))] for row in rows[1:]]
    made, _ = asked(tmp_path, text([rows[0], *yes_no]))
    assert "'yield' has two values, 0 and 1" in told(made)


def test_numbers_of_designs_far_from_all_others(tmp_path: Path) -> None:
    rows = plain()
    rows[4][0] = rows[9][0] = "-999"
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "'temp'" in r)
    assert "-999 in row 5, -999 in row 10" in remark
    words = shlex.split(remark[remark.index("--bounds") : remark.index(" says")])
    kept, _ = asked(tmp_path, text(rows), *words)
    column = kept.columns[0]
    others = [float(row[0]) for row in rows[1:] if row[0] != "-999"]
    assert (column.low, column.high) == (min(others), max(others))  # type: ignore[union-attr]
    assert "far from all others" not in told(kept)
    assert "far from all others" not in told(asked(tmp_path, text(plain()))[0])


@pytest.mark.parametrize("share", [12, 3])
@pytest.mark.parametrize("gap", ["-999", "9999"])
def test_what_programs_write_for_a_gap_is_named_however_often(
    gap: str, share: int, tmp_path: Path
) -> None:
    rows = plain(60)
    for row in rows[1::share]:
        row[2] = gap
    remark = next(r for r in asked(tmp_path, text(rows))[0].remarks if "'conc'" in r)
    assert f"{gap} in row 2, {gap} in row {2 + share}" in remark and "--drop-missing" in remark
    for row in rows[1::share]:
        row[2], row[3] = "1.0", gap
    said = told(asked(tmp_path, text(rows))[0])
    assert f"Scores lie far from all others: {gap} in row 2" in said
    assert "the best of all" not in said


def test_the_highest_dose_of_a_series_is_no_gap(tmp_path: Path) -> None:
    doses = np.array(["0", "0.01", "0.1", "1", "10", "100"])[RNG.integers(6, size=60)]
    made, _ = asked(tmp_path, text(with_column("dose", doses.tolist(), 60)))
    assert "far from all others" not in told(made)


def test_a_single_row_with_another_value(tmp_path: Path) -> None:
    rows = [["flow", "gas", *plain()[0]], *(["5", "N2", *row] for row in plain()[1:])]
    rows[7][0], rows[9][1] = "500", "Ar"
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "'flow'" in r)
    assert "'flow' is 5 in all rows but row 8 (500), 'gas' is N2 in all rows but row 10" in remark
    words = shlex.split(remark[remark.index("--fix") : remark.index(" keeps")])
    kept, _ = asked(tmp_path, text(rows), *words, "--fix", "gas=N2")
    assert kept.fixed == {"flow": 5.0, "gas": "N2"}
    assert "in all rows but" not in told(kept)
