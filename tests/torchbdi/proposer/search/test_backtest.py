"""The best fifth of a table is hidden and looked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from proposer_problems import problem_of, propose

from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import make_problem
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.search.backtest import _own, backtest
from torchbdi.proposer.settings import Settings


@pytest.mark.usefixtures("quick")
def test_the_backtest_counts_picks_of_the_hidden_fifth() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (60, 2))
    table, score, scores = table_of(x, -((x - 0.3) ** 2).sum(1))
    made = make_problem(table, score, scores, Settings())
    found = backtest(made, Settings(), draws=2)
    assert found is not None
    assert (found.hidden, found.candidates, found.draws) == (12, 36, 2)
    assert found.shares["torchbdi"].shape == (12,)
    assert found.shares["torchbdi"][-1] > 0.8
    np.testing.assert_allclose(found.shares["random order"], 1 / 3)
    assert len(found.lines()) == 3
    assert "12 designs" in found.lines()[0]
    table, score, scores = table_of(x[:30], scores[:30])
    assert backtest(make_problem(table, score, scores, Settings()), Settings()) is None


@pytest.mark.usefixtures("quick")
def test_the_backtest_counts_designs_that_are_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grades: a fifth of the table is less than all that have the best one."""
    only: dict[str, Any] = {"torchbdi": lambda *args: _own(Settings(), *args)}
    monkeypatch.setattr("torchbdi.proposer.search.backtest._methods", lambda _: only)
    x = np.random.default_rng(0).uniform(-1, 1, (60, 2))
    found = backtest(
        problem_of(x, np.where(x[:, 0] > -0.1, 5.0, 1.0 + (x[:, 0] > -0.5))), Settings()
    )
    assert found is not None
    best = int((x[:, 0] > -0.1).sum())
    assert (found.hidden, found.tied) == (12, best - 12)
    assert found.shares["torchbdi"][-1] > 0.95
    # Of the others, half are hidden with the fifth.
    expected = (12 + (best - 12) / 2) / 36
    assert found.shares["random order"][-1] == pytest.approx(expected, abs=0.1)
    assert f"{best - 12} others have the score of the worst of these" in found.lines()[0]
    assert "1 other has the score" in replace(found, tied=1).lines()[0]


def _only_torchbdi(settings: Settings) -> dict[str, Any]:
    return {"torchbdi": lambda *args: _own(settings, *args)}


@pytest.mark.usefixtures("quick")
def test_the_report_tells_the_backtest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchbdi.proposer.search.backtest._methods", _only_torchbdi)
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (60, 2))
    y = -((x - 0.3) ** 2).sum(1)
    question = "Would this have found my best designs?"
    told = propose(x, y, n=2, backtest=True)
    assert told.backtest is not None
    report = html_report(told)
    assert question in report
    assert all(line in report for line in told.backtest.lines())
    assert report.count("<img") == 1 + html_report(propose(x, y, n=2)).count("<img")
    assert question not in html_report(propose(x, y, n=2))
    few = html_report(propose(x[:30], y[:30], n=2, backtest=True))
    assert question in few
    assert "fewer than 40 designs" in few
