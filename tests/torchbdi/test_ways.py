"""Ways that are seldom taken: ascent, wide designs, planned solves, and answers that are rare."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_quick import be_quick
from torch import Tensor

import torchbdi
from torchbdi import NTK, RBF, Ascent, InputError, NotConvergedError
from torchbdi.kernel import Kernel
from torchbdi.kernels.solve.choice import SolveOptions, solve_by
from torchbdi.kernels.solve.costs import Candidate
from torchbdi.kernels.solve.plan import Plan
from torchbdi.module import Steps
from torchbdi.proposer.columns.column import classes_of
from torchbdi.proposer.model.solve import solve
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.summary import summary


def table(n: int, d: int) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = x[:, 0] - x[:, 1] ** 2
    return x, (y - y.mean()) / y.std()


@pytest.mark.parametrize("m", [1, 3])
def test_ascent_is_minus_the_prediction(m: int) -> None:
    x, y = table(40, 3)
    fit = torchbdi.fit_ridge(NTK(), x, y)
    model = Ascent(x, y, x[:6].reshape(-1, m, 3), lr=0.05, coefficients=fit)
    expected = -(NTK()(x[:6], x) @ fit.coefficients).reshape(-1, m).mean(1)
    losses, prediction = model.evaluate()
    torch.testing.assert_close(losses["forward"], expected)
    torch.testing.assert_close(losses["total"], expected / 2)
    assert not losses["backward"].any()
    assert prediction is not None and prediction.shape == (6 // m, m)
    adam = model.configure_optimizers()
    for _ in range(20):
        adam.zero_grad()
        model.loss()["total"].sum().backward()
        adam.step()
    assert (model.loss()["forward"] < expected).all()


def test_designs_too_wide_to_sweep_give_what_the_kernel_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = table(30, 400)
    results = []
    for plain in (False, True):
        if plain:
            monkeypatch.setattr(NTK, "couple", Kernel.couple)
        model = torchbdi.BDI(x, y, x[:8].reshape(4, 2, 400) * 1.1, coefficients=y)
        losses = model.loss()
        losses["total"].sum().backward()
        assert model.x_h.grad is not None
        results.append([*losses.values(), model.x_h.grad])
    for one, two in zip(*results, strict=True):
        torch.testing.assert_close(one, two.detach(), rtol=1e-10, atol=1e-12)


def test_a_large_solve_is_planned(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = table(120, 4)
    small = torchbdi.fit_ridge(NTK(), x, y)
    assert capsys.readouterr().out == ""
    ridge = small.report.ridge_added
    planned = solve_by(NTK().matrix(x), y[:, None], ridge, SolveOptions(planned_rows=100))
    assert "solve plan for 120 x 120" in capsys.readouterr().out
    assert torch.equal(planned.d[:, 0], small.coefficients)


def test_what_does_not_converge_is_factored_where_a_plan_says_that_it_fits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x, y = table(120, 4)
    expected = torchbdi.fit_ridge(NTK(), x, y)
    matrix, ridge = NTK().matrix(x), expected.report.ridge_added
    iterate = Candidate("pcg-stored", 10, 10, 1.0, 1000)
    factor = Candidate("cholesky", 0, 0, 2.0, 1000)

    def planned(*ways: Candidate) -> SolveOptions:
        made = Plan(ways[0], ways, "", "", 2000)
        # The tolerance is below what rounding leaves.
        return SolveOptions(tolerance=1e-30, planned_rows=100, plan=lambda *_: made)

    solved = solve_by(matrix, y[:, None], ridge, planned(iterate, factor))
    assert solved.report.solver == "cholesky"
    assert "the residual stopped falling" in (said := capsys.readouterr().out)
    assert "It can be factored" in said
    assert torch.equal(solved.d[:, 0], expected.coefficients)
    quiet = replace(planned(iterate, factor), verbose=False)
    proposed = solve(NTK(), x, y, 1e-6, options=quiet)
    assert proposed.solver == "cholesky"
    assert torch.equal(proposed.coefficients, expected.coefficients)
    assert capsys.readouterr().out == ""
    with pytest.raises(NotConvergedError, match="keep one of each"):
        solve_by(matrix, y[:, None], ridge, planned(iterate, replace(factor, peak_bytes=3000)))


@pytest.mark.parametrize("kernel", [NTK(), NTK(b_std=0.1), RBF()], ids=repr)
def test_a_model_that_was_used_can_be_pickled(kernel: Kernel) -> None:
    for d in (4, 300):
        x, y = table(30, d)
        model = torchbdi.BDI(x, y, x[:4, None] * 1.1, kernel=kernel)
        loss = model.loss()["total"].detach()
        again = pickle.loads(pickle.dumps(model))
        assert torch.equal(again.loss()["total"].detach(), loss)


def test_steps_can_be_gone_through_again() -> None:
    steps = Steps(3)
    assert [list(steps), list(steps)] == [[0, 1, 2], [0, 1, 2]]


def test_sequences_of_two_lengths_and_two_columns_of_them() -> None:
    texts = np.array(["ACG"] * 5 + ["AC"], dtype=object)
    with pytest.raises(InputError, match="row 2 has 3 letters and row 7 has 2"):
        classes_of("s", texts, np.arange(2, 8), True)

    class Frame(dict):
        columns = property(list)

    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(80)]
    frame = Frame(a=np.array(words), b=np.array([word[1:4] for word in words]))
    p = torchbdi.propose(frame, rng.uniform(size=80), n=2, progress=False)
    assert [len(text) for name in "ab" for text in p.columns[name]] == [8, 8, 3, 3]


def test_a_frame_with_two_columns_of_one_name() -> None:
    class Frame(dict):
        columns = ("a", "a")

    with pytest.raises(InputError, match="the same name"):
        torchbdi.propose(Frame(a=np.arange(20.0)), np.arange(20.0))


def test_what_is_told_of_categories_and_of_too_few_proposals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be_quick(monkeypatch.setattr)

    class Frame(dict):
        columns = property(list)

    rng = np.random.default_rng(0)
    frame = Frame(x=rng.uniform(size=40), metal=np.array(["Fe", "Ni"] * 20))
    p = torchbdi.propose(frame, frame["x"] ** 2, n=3, progress=False)
    start = p.problem.values["metal"][p.start]
    other = np.array(["Ni" if metal == "Fe" else "Fe" for metal in start], dtype=object)
    changed = dataclasses.replace(p, columns={**p.columns, "metal": other})
    assert f"metal <b>{other[0]}</b> (from {start[0]})" in html_report(changed)
    few = dataclasses.replace(p, problem=dataclasses.replace(p.problem, n=len(p) + 2))
    assert f"only {len(p)} of {len(p) + 2}" in summary(few, Path("out"))
    for far, told in ((1, "1 of 3 proposals lies"), (2, "2 of 3 proposals lie"), (0, None)):
        marked = dataclasses.replace(p, far=np.arange(3) < far)
        for text in (summary(marked, Path("out")), html_report(marked)):
            assert ("was not tested" in text) == (told is not None)
            assert told is None or f"{told} far outside the known designs" in text
