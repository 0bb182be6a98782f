"""What is asked of scores: their repetitions, which are good, and the ends of their scale."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told

from torchbdi.proposer.columns.remark import Remark
from torchbdi.proposer.columns.score_remarks import direction_remark
from torchbdi.proposer.reading.ways import IN_PYTHON, Ways

RNG = np.random.default_rng(0)


def test_scores_that_are_no_repetitions_are_suspected(tmp_path: Path) -> None:
    rows = [[*row, "second" if i == 0 else f"{float(row[3]) + i % 3:.1f}"]
            for i, row in enumerate(plain())]  # fmt: skip
    both = ("--score", "yield", "--score", "second")
    assert "rank the rows differently" not in told(asked(tmp_path, text(rows), *both)[0])
    for i, row in enumerate(rows[1:]):
        row[4] = str(i * 17 % 41)
    made, _ = asked(tmp_path, text(rows), *both)
    assert "'yield' and 'second' count as repetitions of one measurement" in told(made)


def test_repetitions_in_two_units(tmp_path: Path) -> None:
    rows = [[*row, "second" if i == 0 else f"{float(row[3]) / 100:.3f}"]
            for i, row in enumerate(plain())]  # fmt: skip
    both = ("--score", "yield", "--score", "second")
    assert "'yield' spreads 100 times as wide" in told(asked(tmp_path, text(rows), *both)[0])
    for row in rows[1:]:
        row[-1] = f"{float(row[3]) + RNG.normal():.1f}"
    assert "times as wide" not in told(asked(tmp_path, text(rows), *both)[0])


def test_high_values_of_a_loss_are_asked_about(tmp_path: Path) -> None:
    low = ["deltaE", "ΔE*", "E-factor", "Warpage (mm)",
           "loss", "val_loss", "RMSE", "IC50 (nM)", "EC_50", "error rate", "Kd", "impurity/%",
           "ValLoss", "testError", "latency_ms", "MAPE", "surface roughness",
           "CO2 emission", "runtime_s", "lap time", "ITAE", "bounce_rate", "makespan", "noise_dB",
           "settling_time (s)", "fuel consumption"]  # fmt: skip
    for name in low:
        assert "say --minimize" in direction_remark([name], False, Ways(True))[0]
        assert "say minimize=True" in direction_remark([name], False, IN_PYTHON)[0]
        assert not direction_remark([name], True, IN_PYTHON)
    for name in ("delta", "Delta energy", "E", "photodegradation",
                 "yield", "glossiness", "errand", "microns", "kdd", "150", "closs", "pIC50", "pKd",
                 "neg_mean_squared_error", "-RMSE", "wear resistance", "residual_activity",
                 "emission intensity", "1/IC50", "impurity removal", "signal_to_noise",
                 "time to failure", "flight time"):  # fmt: skip
        assert not direction_remark([name], False, IN_PYTHON)
    rows = plain()
    rows[0][3] = "loss"
    assert "High values of 'loss' are sought" in told(
        asked(tmp_path, text(rows), "--score", "loss")[0]
    )


def test_a_score_that_counts_some_of_many(tmp_path: Path) -> None:
    trials = [int(v) for v in RNG.choice([10, 20, 50], 40)]
    rows = [[*row[:3], "trials", "wins"] if i == 0
            else [*row[:3], str(trials[i - 1]), str(int(trials[i - 1] * float(row[3]) / 110))]
            for i, row in enumerate(plain())]  # fmt: skip
    made, _ = asked(tmp_path, text(rows), "--score", "wins")
    assert "'wins' is at most 'trials' in all rows" in told(made)
    assert "--ignore trials" in told(made)
    remark = next(r for r in made.remarks if "at most 'trials'" in r)
    assert isinstance(remark, Remark) and remark.left_out == ("trials",)
    for row in rows[1:]:
        row[4] = f"{int(row[4]) / int(row[3]):.2f}"
    assert "at most 'trials'" not in told(asked(tmp_path, text(rows), "--score", "wins")[0])


def test_scores_at_the_end_of_a_scale(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = f"{min(100.0, float(row[3]) + 35):.1f}"
    count = sum(row[3] == "100.0" for row in rows[1:])
    assert f"{count} of 40 scores are 100, the best of all" in told(asked(tmp_path, text(rows))[0])
    assert "the best of all" not in told(asked(tmp_path, text(rows), "--minimize")[0])
    for row in rows[1:]:
        row[3] = f"{100 - float(row[3]):.1f}"
    assert "a prediction below it" in told(asked(tmp_path, text(rows), "--minimize")[0])
    for row in rows[1:]:
        row[3] = f"{RNG.poisson(5)}"
    assert "the best of all" not in told(asked(tmp_path, text(rows))[0])


@pytest.mark.parametrize("failed", ["0", "-1"])
def test_what_may_have_been_written_for_runs_that_failed(failed: str, tmp_path: Path) -> None:
    rows = plain()
    assert "failed" not in told(asked(tmp_path, text(rows))[0])
    for row in rows[1::4]:
        row[3] = failed
    for words, what in (((), "worst"), (("--minimize",), "best")):
        made, _ = asked(tmp_path, text(rows), *words)
        remark = next(r for r in made.remarks if f"10 of 40 scores are {failed}, the {what}" in r)
        assert "failed" in remark
        way = shlex.split(remark[remark.index("--take") : remark.index(" leaves these out")])
        left, _ = asked(tmp_path, text(rows), *words, *way)
        assert len(left.scores) == 30 and f"the {what} of all" not in told(left)
    for row in rows[1::4]:
        row[3] = "100"
    said = told(asked(tmp_path, text(rows))[0])
    assert "10 of 40 scores are 100, the best of all" in said and "failed" not in said


def test_the_mean_of_repetitions_is_a_result(tmp_path: Path) -> None:
    rows = [[*plain()[0], "second", "third", "mean"]]
    for row in plain()[1:]:
        own = float(row[3]) + 6 * RNG.normal(size=3)
        rows.append([*row[:3], *(f"{v:.1f}" for v in own), f"{own.round(1).mean():.2f}"])
    scores = [w for name in ("yield", "second", "third") for w in ("--score", name)]
    made, _ = asked(tmp_path, text(rows), *scores)
    assert "Column 'mean' is probably a result" in told(made)
    assert "If so, leave it out (--ignore mean)." in told(made)
