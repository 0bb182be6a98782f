"""The one large solve, and its leave-one-out errors against as many fits."""

from __future__ import annotations

import pytest
import torch
from proposer_problems import hill, left_out, problem_of

from torchbdi import NTK
from torchbdi.kernels.solve.choice import SolveOptions
from torchbdi.proposer.model import solve as solving


@pytest.mark.parametrize("tile", [1024, 16])
def test_leave_one_out_equals_as_many_fits(tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one tile, and with several of which the last is shorter."""
    monkeypatch.setattr(
        "torchbdi.kernels.solve.packed.default_tile", lambda n, device: min(n, tile)
    )
    made = problem_of(*hill())
    solved = solving.solve(NTK(), made.x_l, made.y_l, 1e-4, progress=False)
    assert solved.solver == "cholesky"
    torch.testing.assert_close(solved.errors, left_out(made.x_l, made.y_l, 1e-4), rtol=1e-7, atol=0)


def test_a_factored_large_table_gives_a_sample_of_its_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With several tiles; the sample is the same each time, and its errors are exact."""
    monkeypatch.setattr("torchbdi.kernels.solve.packed.default_tile", lambda n, device: 16)
    made = problem_of(*hill())
    solved = [
        solving.solve(
            NTK(), made.x_l, made.y_l, 1e-4, progress=False, every_row=rows, factored_rows=11
        )
        for rows in (59, 59, 60)
    ]
    assert [len(s.sample) for s in solved] == [11, 11, 60]
    assert torch.equal(solved[0].sample, solved[1].sample)
    assert bool((solved[0].sample.diff() > 0).all())
    expected = left_out(made.x_l, made.y_l, 1e-4)[solved[0].sample]
    torch.testing.assert_close(solved[0].errors, expected, rtol=1e-7, atol=0)


def test_leave_one_out_of_a_sample_equals_as_many_fits() -> None:
    """After conjugate gradients a random sample of rows has its errors, and exactly so."""
    made = problem_of(*hill())
    options = SolveOptions(solver="pcg", rank=10, tolerance=1e-8, verbose=False)
    solved = solving.solve(
        NTK(), made.x_l, made.y_l, 1e-2, progress=False, options=options, sample_rows=7
    )
    assert len(solved.sample) == 7 and solved.solver.startswith("pcg")
    expected = left_out(made.x_l, made.y_l, 1e-2)[solved.sample]
    torch.testing.assert_close(solved.errors, expected, rtol=1e-3, atol=1e-6)
