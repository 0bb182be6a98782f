"""The report says whether the proposals are many ideas or one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.report.alike import alike_told, close_told
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.summary import summary
from torchbdi.proposer.result import Proposals


def proposed(n: int, **choices: object) -> Proposals:
    rng = np.random.default_rng(0)
    metal = np.array(["Fe", "Ni"] * 30)
    x, z = rng.uniform(size=(2, 60))
    frame = Frame(metal=metal, x=x, z=z)
    y = 9 * (metal == "Ni") - (x - 0.5) ** 2 + z / 9
    return torchbdi.propose(frame, y, n=n, progress=False, **choices)  # type: ignore[arg-type]


@pytest.mark.usefixtures("quick")
def test_what_all_share_and_how_far_apart_they_lie() -> None:
    p = proposed(4)
    told = alike_told(p)
    assert told in html_report(p)
    assert "All have metal Ni" in told and "differ in x" in told
    own = p.problem.space.encode({name: p.columns[name] for name in ("metal", "x", "z")})
    gaps = (own[:, None] - own).norm(dim=2) + 1e9 * torch.eye(4)
    np.testing.assert_allclose(p.apart, gaps.min(1).values)
    assert f"{np.median(p.apart):.3g} from the nearest other one" in told
    assert "ask for fewer (n=NUMBER)" in html_report(p)


@pytest.mark.usefixtures("quick")
def test_what_is_fixed_is_no_news_and_one_proposal_has_no_others() -> None:
    assert "metal" not in alike_told(proposed(3, fix={"metal": "Fe"})).split("differ")[0]
    alone = proposed(1)
    assert alike_told(alone) == "" and np.isinf(alone.apart).all()
    assert "The list goes by" not in html_report(alone)


@pytest.mark.usefixtures("quick")
def test_it_is_told_that_designs_that_lie_apart_have_run_out() -> None:
    """Of one column and many proposals the last were poor ones, and nothing said why."""
    x = np.random.default_rng(0).uniform(0, 10, 40).round(2)
    p = torchbdi.propose(Frame(x=x), np.sin(x), n=24, progress=False)
    told = f"{p.close} of 24 proposals lie less than 0.1 standard deviations from a known design or"
    assert p.close > 10 and told in close_told(p)
    assert told in html_report(p) and told in summary(p, Path("out"))
    assert close_told(torchbdi.propose(Frame(x=x), np.sin(x), n=1, progress=False)) == ""
