"""propose(): leave-one-out, bounds, kinds of columns and trust, against slow obvious versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi import NTK, InputError
from torchbdi.kernels.solve.choice import SolveOptions
from torchbdi.proposer import optimise as steps
from torchbdi.proposer import search as searching
from torchbdi.proposer import solve as solving
from torchbdi.proposer.columns import Classes
from torchbdi.proposer.frames import column_values, table_of
from torchbdi.proposer.optimise import Box, optimise
from torchbdi.proposer.problem import Problem, make_problem
from torchbdi.proposer.result import Proposals
from torchbdi.proposer.settings import STEPS, Settings
from torchbdi.proposer.space import DesignSpace
from torchbdi.proposer.table import Table
from torchbdi.proposer.trust import Quality, nearest, rank_correlation


class Frame(dict):
    """A data frame, as far as propose looks at one."""

    @property
    def columns(self) -> list[str]:
        return list(self)


def hill(n: int = 60, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).uniform(-1, 1, (n, d))
    return x, -((x - 0.8) ** 2).sum(1)


def propose(x: Any, y: Any, **settings: Any) -> Proposals:
    return torchbdi.propose(x, y, **{"n": 4, "progress": False, **settings})


def problem_of(x: Any, y: Any, **settings: Any) -> Problem:
    table, score, scores = table_of(x, y)
    return make_problem(table, score, scores, Settings(**{"n": 4, **settings}))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the steps, for tests that look at something else."""
    monkeypatch.setattr(steps, "STEPS", 20)


def left_out(x: Tensor, y: Tensor, ridge: float) -> Tensor:
    """The slow obvious leave-one-out: as many fits as rows."""
    k = NTK()(x)
    full = k + ridge * k.diagonal().mean() * torch.eye(len(x), dtype=x.dtype)
    errors = []
    for i in range(len(x)):
        keep = torch.arange(len(x)) != i
        errors.append(y[i] - k[i, keep] @ torch.linalg.solve(full[keep][:, keep], y[keep]))
    return torch.stack(errors)


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


def test_the_quality_is_told_in_the_score_s_units(quick: None) -> None:
    x, y = hill()
    p = propose(x, 50 + 1000 * y)
    made = problem_of(x, 50 + 1000 * y)
    errors = left_out(made.x_l, made.y_l, 1e-6).numpy() * (1000 * y).std()
    q = p.quality
    np.testing.assert_allclose(q.true, 50 + 1000 * y, rtol=1e-12)
    np.testing.assert_allclose(q.true - q.predicted, errors, rtol=1e-4)
    assert q.rmse == pytest.approx(float(np.sqrt((errors**2).mean())), rel=1e-5)
    assert q.r2 == pytest.approx(1 - (errors**2).mean() / (1000 * y).var(), rel=1e-5)
    assert q.exact


def test_rank_correlation_is_scipy_s() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 50), rng.normal(size=50)
    assert rank_correlation(a, b + a) == pytest.approx(spearmanr(a, b + a)[0], rel=1e-12)
    assert rank_correlation(a, np.zeros(50)) == 0


def plain_steps(made: Problem, starts: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The slow obvious loop: torchbdi.BDI, one design at a time, and a clamp after every step."""
    coefficients = torchbdi.fit_ridge(NTK(), made.x_l, made.y_l).coefficients
    out = []
    for start in starts:
        model = torchbdi.BDI(
            made.x_l, made.y_l, start[None], alpha=1e-3, lr=1e-3, coefficients=coefficients
        )
        adam = torch.optim.Adam([model.x_h], lr=1e-3)
        for _ in range(60):
            adam.zero_grad()
            model.loss()["total"].backward()
            adam.step()
            with torch.no_grad():
                model.x_h.clamp_(low, high)
        out.append(model.x_h.detach()[0])
    return torch.stack(out)


def test_numbers_move_as_bdi_does_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds hold at every step: clipping the end of a run without them gives something else."""
    monkeypatch.setattr(steps, "STEPS", 60)
    x, y = hill()
    made = problem_of(x, y, bounds={"x0": (None, 0.3)})
    low, high = made.x_l.min(0).values, made.x_l.max(0).values
    high[0] = (0.3 - x[:, 0].mean()) / x[:, 0].std()
    best = np.argsort(-y)[:3]
    starts = made.x_l[best].clamp(low, high)
    p = propose(x, y, n=3, bounds={"x0": (None, 0.3)})
    order = [list(best).index(row) for row in p.start_row]

    def in_units(features: Tensor) -> np.ndarray:
        return features[order][:, :3].numpy() * x.std(0) + x.mean(0)

    np.testing.assert_allclose(p.x, in_units(plain_steps(made, starts, low, high)), rtol=1e-8)
    assert (p.x[:, 0] == 0.3).any()  # to the last digit
    everywhere = torch.full((4,), torch.inf).double()
    everywhere[3] = starts[0, 3]
    lowest = torch.where(everywhere < torch.inf, everywhere, -torch.inf)
    free = plain_steps(made, starts, lowest, everywhere)
    assert np.abs(in_units(free.clamp(low, high)) - p.x).max() > 1e-6


def test_numbers_of_other_libraries_are_numbers(quick: None, tmp_path: Path) -> None:
    x, y = hill()
    p = propose(
        x, y, n=np.int64(2), bounds={"x0": (np.int64(0), np.float32(1))},
        fix={"x1": np.float32(0.5)}, out=tmp_path / "out",
    )  # fmt: skip
    assert len(p) == 2
    assert (p.x[:, 1] == 0.5).all()
    assert len(propose(torch.from_numpy(x).bfloat16(), torch.from_numpy(y), n=2)) == 2
    for wrong, message in (
        ({"bounds": {"x0": 3}}, r"'x0' needs \(low, high\), got 3"),
        ({"bounds": {"x0": ("low", 3)}}, r"'x0' needs \(low, high\)"),
        ({"n": 2.5}, "whole number"),
    ):
        with pytest.raises(InputError, match=message):
            propose(x, y, **wrong)  # type: ignore[arg-type]


def test_a_missing_cell_of_pandas_is_missing() -> None:
    class NotAvailable:
        def __eq__(self, other: object) -> Any:
            return self

        __ne__ = __eq__
        __hash__ = None  # type: ignore[assignment]

        def __bool__(self) -> bool:
            raise TypeError("boolean value of NA is ambiguous")

    assert list(column_values("a", ["x", NotAvailable(), None])) == ["x", "", ""]


def test_bounds_hold_at_every_step() -> None:
    made = problem_of(*hill())
    start = made.x_l[made.best()[:4]]
    low, high = start - 0.01, start + 0.02
    seen = []

    def observe(done: int, losses: dict[str, Tensor], x_h: Tensor) -> None:
        seen.append((done, bool(((x_h >= low) & (x_h <= high)).all())))

    coefficients = solving.solve(NTK(), made.x_l, made.y_l, 1e-6, progress=False).coefficients
    box = Box(start, low, high, made.space.discrete)
    x = optimise(NTK(), made.x_l, made.y_l, coefficients, box, observe=observe, progress=False)
    assert seen == [(i + 1, True) for i in range(STEPS)]
    assert ((x == low) | (x == high)).any()


def test_each_kind_of_feature_has_its_rate() -> None:
    """Numbers beside logits move as if Adam had a rate for each, which two parameters give it."""
    rng = np.random.default_rng(0)
    metal = rng.choice(["Fe", "Ni", "Cu"], 60)
    x = rng.uniform(size=60)
    made = problem_of(Frame(x=x, metal=metal), x + (metal == "Ni"))
    start = made.x_l[made.best()[:3]]
    free = torch.full_like(start, torch.inf)
    coefficients = solving.solve(NTK(), made.x_l, made.y_l, 1e-6, progress=False).coefficients
    box = Box(start, -free, free, made.space.discrete)
    assert made.space.discrete.tolist() == [False, True, True, False]
    found = optimise(NTK(), made.x_l, made.y_l, coefficients, box, progress=False)
    model = torchbdi.BDI(
        made.x_l, made.y_l, start[:, None], alpha=0, lr=0.1, coefficients=coefficients
    )
    slow = start[:, None, [0, 3]].clone().requires_grad_()
    fast = start[:, None, 1:3].clone().requires_grad_()
    adam = torch.optim.Adam([{"params": [slow], "lr": 1e-3}, {"params": [fast], "lr": 0.1}])
    for _ in range(STEPS):
        with torch.no_grad():
            model.x_h.copy_(torch.cat([slow[..., :1], fast, slow[..., 1:]], -1))
        (grad,) = torch.autograd.grad(model.loss()["total"].sum(), model.x_h)
        slow.grad, fast.grad = grad[..., [0, 3]], grad[..., 1:3]
        adam.step()
    expected = torch.cat([slow[..., :1], fast, slow[..., 1:]], -1)[:, 0].detach()
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


def test_proposals_are_better_where_the_truth_is_known() -> None:
    x, y = hill(200, 4)
    p = propose(x, y, n=16)
    truth = -((p.x - 0.8) ** 2).sum(1)
    assert truth.mean() > y[p.start].mean() + 0.03
    assert truth.max() > y.max()
    assert (np.abs(p.predicted - truth) < 3 * p.error).all()
    assert (np.diff(p.predicted) <= 0).all()
    assert ((p.x >= x.min(0)) & (p.x <= x.max(0))).all()


def test_low_scores_are_good_where_asked(quick: None) -> None:
    x, y = hill()
    high, low = propose(x, y), propose(x, 7 - y, minimize=True)
    np.testing.assert_allclose(low.x, high.x, rtol=1e-9)
    np.testing.assert_allclose(low.predicted, 7 - high.predicted, rtol=1e-9)
    np.testing.assert_allclose(low.error, high.error, rtol=1e-6)
    assert (np.diff(low.predicted) >= 0).all()
    assert low.quality.rank_correlation == pytest.approx(high.quality.rank_correlation)


def test_tensors_arrays_and_frames_give_the_same(quick: None) -> None:
    x, y = hill()
    p = propose(x, y)
    for other in (torch.from_numpy(x), Frame({f"x{i}": x[:, i] for i in range(3)}), x.tolist()):
        np.testing.assert_array_equal(propose(other, torch.from_numpy(y)).x, p.x)


def test_fixed_columns_stay_or_have_their_value(quick: None) -> None:
    x, y = hill()
    p = propose(x, y, fix=["x1"])
    np.testing.assert_array_equal(p.x[:, 1], x[p.start, 1])
    assert (p.x[:, 0] != x[p.start, 0]).all()
    p = propose(x, y, fix={"x1": -0.25})
    assert (p.x[:, 1] == -0.25).all()
    metal = np.array(["Fe", "Ni"] * 30)
    for fix in ({"metal": "Fe"}, {"metal": "Fe", "x": "0.5"}):
        p = propose(Frame(metal=metal, x=x[:, 0], z=x[:, 1]), y, fix=fix)
        assert set(p.columns["metal"]) == {"Fe"}
        assert ("x" not in fix) or (p.columns["x"] == 0.5).all()
    for fix, message in (
        ({"metal": "Zn"}, "cannot be 'Zn'.*Fe, Ni"),
        ({"x": "much"}, "holds numbers, not 'much'"),
        ({"x": "inf"}, "holds numbers"),
    ):
        with pytest.raises(InputError, match=message):
            propose(Frame(metal=metal, x=x[:, 0]), y, fix=fix)


def test_constant_columns_come_back(quick: None) -> None:
    x, y = hill()
    p = propose(Frame(a=x[:, 0], c=[2.5] * 60, b=x[:, 1], steel=["X5"] * 60), y)
    assert list(p.columns) == ["a", "c", "b", "steel"]
    assert (p.columns["c"] == 2.5).all()
    assert set(p.columns["steel"]) == {"X5"}
    with pytest.raises(InputError, match="'steel' holds text"):
        p.x  # noqa: B018


def test_starts_outside_the_bounds_are_moved_into_them(quick: None) -> None:
    x, y = hill()
    p = propose(x, y, bounds={"x0": (-1, -0.5), "x1": (2, 3)})
    assert ((p.x[:, 0] >= -1) & (p.x[:, 0] <= -0.5)).all()
    assert ((p.x[:, 1] >= 2) & (p.x[:, 1] <= 3)).all()
    assert all("outside the observed range: x1" in note for note in p.notes)
    assert p.far.all()


def test_a_start_that_misses_its_bound_by_next_to_nothing(quick: None) -> None:
    """Fuzzing found it: the feature cannot tell 0 from the bound, and the start came back."""
    x, y = hill()
    x[y.argmax(), 0] = 0
    p = propose(x, y, n=1, bounds={"x0": (1e-257, 1)}, fix=["x1"])
    assert p.x[0, 0] >= 1e-257


def test_too_little_room_is_told(quick: None) -> None:
    x, y = hill()
    best = x[y.argmax()]
    ends = {f"x{i}": (best[i], best[i]) for i in range(3)}
    with pytest.raises(InputError, match="every proposal is a known design"):
        propose(x, y, n=1, bounds=ends)


def test_neighbours_are_the_nearest() -> None:
    made = problem_of(*hill())
    x = made.x_l[:5] + 0.1
    distance, place = nearest(x, made.x_l)
    brute = (x[:, None] - made.x_l).norm(dim=2)
    torch.testing.assert_close(distance, brute.min(1).values, rtol=1e-12, atol=0)
    assert torch.equal(place, brute.argmin(1))
    distance, place = nearest(made.x_l, made.x_l, itself=True)
    brute = (made.x_l[:, None] - made.x_l).norm(dim=2)
    brute.fill_diagonal_(torch.inf)
    torch.testing.assert_close(distance, brute.min(1).values, rtol=1e-12, atol=0)
    assert torch.equal(place, brute.argmin(1))


def test_errors_are_those_of_designs_as_isolated() -> None:
    gaps = np.arange(100.0)
    q = Quality(
        rows=np.arange(100), true=np.zeros(100), predicted=gaps, gaps=gaps[::-1].copy(), far=98,
        exact=True, rmse=1, r2=0, rank_correlation=0,
    )  # fmt: skip
    # The 20 designs with gaps 40 .. 59 have errors 59 .. 40.
    expected = np.sqrt(np.mean(np.arange(40, 60) ** 2.0))
    assert q.error_at(np.array([50.0]))[0] == pytest.approx(expected)
    ends = q.error_at(np.array([-1.0, 1e9]))
    assert ends[0] == pytest.approx(np.sqrt(np.mean(np.arange(80, 100) ** 2.0)))
    assert ends[1] == pytest.approx(np.sqrt(np.mean(np.arange(0, 20) ** 2.0)))


def test_verdicts_follow_the_figures() -> None:
    def verdict(r2: float, rank: float) -> str:
        empty = np.zeros(1)
        return Quality(empty, empty, empty, empty, 0, True, 0, r2, rank).verdict().split(":")[0]

    assert verdict(0.9, 0.9) == "Good"
    assert verdict(0.9, 0.7) == verdict(0.5, 0.9) == "Usable"
    assert verdict(0.1, 0.9) == verdict(0.5, 0.3) == "Weak"
    assert verdict(0.1, 0.1) == verdict(-2, -0.5) == "Poor"


@pytest.fixture(scope="session")
def dna(data_dir: Path) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """1,500 visible rows of TF Bind 8 as texts, their scores, and the whole truth."""
    folder = data_dir / "tf_bind_8-SIX6_REF_R1"
    codes = np.load(folder / "tf_bind_8-x-0.npy", allow_pickle=False)
    y = np.load(folder / "tf_bind_8-y-0.npy", allow_pickle=False).ravel().astype(float)
    texts = np.array(["".join("ACGT"[i] for i in row) for row in codes])
    visible = np.flatnonzero(y <= np.median(y))
    rows = np.random.default_rng(0).permutation(visible)[:1500]
    return texts[rows], y[rows], dict(zip(texts, y, strict=True))


def test_letters_become_design_bench_s_logits(
    dna: tuple[np.ndarray, np.ndarray, dict[str, float]], data_dir: Path
) -> None:
    from experiments.tasks._shim import load_design_bench

    load_design_bench(data_dir)
    from design_bench.datasets.discrete_dataset import DiscreteDataset

    texts = dna[0][:100]
    column = Classes("s", tuple("ACGT"), 8, True)
    codes = np.array([["ACGT".index(c) for c in text] for text in texts])
    bench = DiscreteDataset.__new__(DiscreteDataset)
    bench.num_classes, bench.soft_interpolation, bench.is_logits = 4, 0.6, False
    expected = bench.to_logits(codes).reshape(100, -1)
    features = column.features(texts)
    np.testing.assert_allclose(features, expected, rtol=1e-5)  # design-bench's are float32
    assert column.values(features).tolist() == texts.tolist()


def test_sequences_get_better(dna: tuple[np.ndarray, np.ndarray, dict[str, float]]) -> None:
    """The rows are of the worse half; the truth about the proposals is looked at here only."""
    texts, y, truth = dna
    p = propose(texts, y, n=16)
    found = list(p.columns["sequence"])
    assert len(set(found)) == len(found) == 16
    assert not set(found) & set(texts)
    scores = np.array([truth[text] for text in found])
    assert np.median(scores) > y.max()
    assert "taken for sequences over ACGT" in p.problem.remarks[0]


def test_repeats_give_the_next_best_a_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every round the known and the repeated fall out; the next starts take their place."""
    x, y = hill(30, 2)
    calls = []

    def shift(*args: Any, **kwargs: Any) -> Tensor:
        start = args[4].start
        calls.append(len(start))
        out = start.clone()
        out[:, 0] -= 1e-3  # no new experiment
        out[1:, 0] -= 0.01 * len(calls)
        return out

    monkeypatch.setattr(searching, "optimise", shift)
    p = propose(x, y, n=4)
    assert calls == [4, 1, 1, 1]
    assert len(p) == 3
    assert sorted(p.start_row) == sorted(np.argsort(-y)[1:4])


def test_one_and_two_threads_agree_to_1e_10() -> None:
    code = """
import sys, numpy as np, torch, torchbdi
torch.set_num_threads(int(sys.argv[1]))
x = np.random.default_rng(0).uniform(-1, 1, (700, 5))
p = torchbdi.propose(x, -((x - .3) ** 2).sum(1), n=8, progress=False)
q = p.quality
for values in (p.x, p.predicted, p.error, p.distance, q.predicted, [q.rmse, q.r2]):
    print(*(float(v).hex() for v in np.ravel(values)))
"""
    both = []
    for threads in "12":
        done = subprocess.run(
            [sys.executable, "-c", code, threads], capture_output=True, text=True, check=True
        )
        both.append([[float.fromhex(v) for v in line.split()] for line in done.stdout.splitlines()])
    for one, two in zip(*both, strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-10, atol=1e-12)


def test_a_feature_that_never_varies_stays_as_it_is() -> None:
    """Sequences that share a letter: its position is no feature, and comes back."""
    texts = np.array(["AC" + "ACGT"[i % 4] + "ACGT"[i // 4 % 4] for i in range(16)], dtype=object)
    made = Classes("s", tuple("ACGT"), 4, True)
    space = DesignSpace.fit([made], {"s": texts})
    assert space.active.sum() == 6
    x = space.encode({"s": texts})
    assert space.decode(x + 1e-9, x, {"s": texts})["s"].tolist() == texts.tolist()
    turned = x.clone()
    turned[:, :-1] = -3 * turned[:, :-1]
    assert all(t.startswith("AC") for t in space.decode(turned, x, {"s": texts})["s"])


def test_columns_that_vary_by_rounding_only() -> None:
    y = np.arange(20.0)
    x = 1e9 + np.arange(20.0) * 1e-7
    with pytest.raises(InputError, match="varies by more than rounding"):
        problem_of(Frame(x=x), y)
    made = problem_of(Frame(x=x, z=y**2), y)
    assert made.x_l.shape == (20, 2)


def test_a_table_is_taken_by_rows() -> None:
    table = Table("t", {"a": np.arange(3.0)}, np.array([2, 3, 4]), "")
    part = table.take(np.array([True, False, True]))
    assert part.rows.tolist() == [2, 4]
    assert part.columns["a"].tolist() == [0, 2]


def test_a_few_far_points_leave_room_for_the_others_in_a_picture() -> None:
    from torchbdi.proposer.pictures import _within

    values = np.array([0.0, 1, 2, 3, 100])
    shown, more = _within(values, 0, 3)
    assert shown.tolist() == [0, 1, 2, 3, 3]
    assert more == " (1 beyond the edge)"
    shown, more = _within(-values, -3, 0)
    assert shown.tolist() == [0, -1, -2, -3, -3]
    shown, more = _within(values[:4], 0.5, 2.5)  # not far: nothing is moved
    assert shown.tolist() == [0, 1, 2, 3]
    assert more == ""
