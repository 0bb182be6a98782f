"""propose(): leave-one-out, bounds, kinds of columns and trust, against slow obvious versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from asked import Frame
from forked import finished
from propose_children import be_quick, with_threads
from torch import Tensor

import torchbdi
from torchbdi import NTK, InputError
from torchbdi.kernels.solve.choice import SolveOptions
from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.columns.ranks import rank_correlation
from torchbdi.proposer.frames import column_values, table_of
from torchbdi.proposer.model import solve as solving
from torchbdi.proposer.model.nearest import nearest
from torchbdi.proposer.model.problem import Problem, make_problem
from torchbdi.proposer.model.space import DesignSpace
from torchbdi.proposer.model.trust import Quality
from torchbdi.proposer.reading.table import Table
from torchbdi.proposer.result import Proposals
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.threads import SMALL, threads_for


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
    """Fewer candidates and steps, for tests that look at something else."""
    be_quick(monkeypatch.setattr)


def left_out(x: Tensor, y: Tensor, ridge: float, kernel: torchbdi.Kernel | None = None) -> Tensor:
    """The slow obvious leave-one-out: as many fits as rows, scores centred anew for each."""
    k = (kernel or NTK())(x)
    full = k + ridge * k.diagonal().mean() * torch.eye(len(x), dtype=x.dtype)
    errors = []
    for i in range(len(x)):
        keep = torch.arange(len(x)) != i
        known = y[keep] - y[keep].mean()
        predicted = k[i, keep] @ torch.linalg.solve(full[keep][:, keep], known) + y[keep].mean()
        errors.append(y[i] - predicted)
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


def test_small_tables_get_one_thread() -> None:
    before = torch.get_num_threads()
    with threads_for(SMALL):
        assert torch.get_num_threads() == 1
    with pytest.raises(ZeroDivisionError), threads_for(1):
        1 / 0  # noqa: B018
    torch.set_num_threads(2)
    with threads_for(SMALL + 1):
        assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


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
    m = p.model.model
    inputs = p.model.inputs(made.x_l)
    errors = left_out(inputs, made.y_l, m.ridge, m.covariance()).numpy() * (1000 * y).std()
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
        ({"n": 2.5}, "n must be an integer >= 1"),
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


def test_proposals_are_better_where_the_truth_is_known() -> None:
    x, y = hill(200, 4)
    p = propose(x, y, n=16)
    truth = -((p.x - 0.8) ** 2).sum(1)
    assert truth.mean() > np.sort(y)[-16:].mean() + 0.1
    assert truth.max() > y.max()
    assert np.sqrt((((p.predicted - truth) / p.error) ** 2).mean()) < 3
    assert (np.diff(p.predicted) <= 0).all()
    assert ((p.x >= x.min(0)) & (p.x <= x.max(0))).all()


def test_low_scores_are_good_where_asked(quick: None) -> None:
    x, y = hill()
    high, low = propose(x, y), propose(x, 7 - y, minimize=True)
    np.testing.assert_allclose(low.x, high.x, rtol=1e-5)
    np.testing.assert_allclose(low.predicted, 7 - high.predicted, rtol=1e-5)
    np.testing.assert_allclose(low.error, high.error, rtol=1e-3)
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
    with pytest.raises(InputError, match="the table is complete"):
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
    codes = np.array([["ACGT".index(c) for c in text] for text in texts])
    bench = DiscreteDataset.__new__(DiscreteDataset)
    bench.num_classes, bench.soft_interpolation, bench.is_logits = 4, 0.6, False
    expected = bench.to_logits(codes).reshape(100, -1)
    space = DesignSpace.fit([Classes("s", tuple("ACGT"), 8, True)], {"s": texts})
    features = space.space.layout.features(space.raw({"s": texts}))
    np.testing.assert_allclose(features, expected, rtol=1e-5)  # design-bench's are float32
    again = space.decode(space.space.decode(space.encode({"s": texts})))
    assert again["s"].tolist() == texts.tolist()


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


def test_one_and_two_threads_agree(tmp_path: Path) -> None:
    """Leave-one-out to eight digits; what was found uphill to four."""
    both = []
    for threads in (1, 2):
        out = tmp_path / f"{threads}.npz"
        assert finished(with_threads, threads, str(out)) == 0
        both.append(np.load(out))
    for name, digits in (("loo", 8), ("quality", 8), ("predicted", 4), ("error", 4)):
        one, two = (found[name] for found in both)
        np.testing.assert_allclose(two, one, rtol=10.0**-digits, atol=1e-8, err_msg=name)


def test_a_site_that_never_varies_stays_as_it_is() -> None:
    """Sequences that share letters: no proposal has another one there."""
    texts = np.array(["AC" + "ACGT"[i % 4] + "ACGT"[i // 4 % 4] for i in range(16)], dtype=object)
    made = Classes("s", tuple("ACGT"), 4, True)
    space = DesignSpace.fit([made], {"s": texts})
    assert space.column_of.tolist() == sorted([0, 1, 2, 3] * 3)
    drawn = space.space.sample(50, torch.Generator().manual_seed(0))
    found = space.decode(space.space.decode(drawn))["s"]
    assert all(t.startswith("AC") for t in found)
    assert len(set(found)) > 8


def test_columns_that_vary_by_rounding_only() -> None:
    y = np.arange(20.0)
    with pytest.raises(InputError, match="no column is left that varies"):
        problem_of(Frame(x=1e9 + np.arange(20.0) * 1e-7), y)  # numbers have 15 digits
    x = 1e9 + np.random.default_rng(0).uniform(0, 5e-4, 20)
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
    from torchbdi.proposer.report.pictures import _within

    values = np.array([0.0, 1, 2, 3, 100])
    shown, more = _within(values, 0, 3)
    assert shown.tolist() == [0, 1, 2, 3, 3]
    assert more == " (1 beyond the edge)"
    shown, more = _within(-values, -3, 0)
    assert shown.tolist() == [0, -1, -2, -3, -3]
    shown, more = _within(values[:4], 0.5, 2.5)  # not far: nothing is moved
    assert shown.tolist() == [0, 1, 2, 3]
    assert more == ""
