"""Spaces: what a design may be, kept by samples, projections and round trips."""

from __future__ import annotations

import math
import pickle
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torchbdi import InputError, OfflineData, Space
from torchbdi.space import AtMost, Choice, Linear, Number, sequence
from torchbdi.space.columns import logits
from torchbdi.space.polytope import Polytope

SLOW = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def spaces(draw: st.DrawFn) -> tuple[Space, np.ndarray]:
    """A space and a table of 30 rows; constraints go through one row, so they can be met."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns: list[Number | Choice] = []
    raw = []
    for i in range(draw(st.integers(1, 6))):
        kinds = ["number", "bounded", "step", "levels", "log", "zero", "choice"]
        kind = draw(st.sampled_from(kinds))
        low, high = sorted(rng.uniform(-20, 20, 2))
        high += 1
        if kind == "number":
            column: Number | Choice = Number(f"c{i}")
            values = rng.normal(low, 3, 30)
        elif kind == "bounded":
            column, values = Number(f"c{i}", low, high), rng.uniform(low, high, 30)
        elif kind == "step":
            step = float(rng.choice([0.25, 1.0, 5.0]))
            column = Number(f"c{i}", math.floor(low), math.floor(low) + step * 7, step)
            values = rng.choice(column.grid(), 30)
        elif kind == "levels":
            grid = np.unique(rng.uniform(low, high, 5).round(2))
            column, values = Number(f"c{i}", levels=tuple(grid)), rng.choice(grid, 30)
        elif kind == "log":
            column, values = Number(f"c{i}", 1e-3, 1e3, log=True), 10 ** rng.uniform(-3, 3, 30)
        elif kind == "zero":
            doses = (0, 0.01, 0.1, 1, 10, 100) if rng.random() < 0.5 else None
            column = Number(f"c{i}", 0, 100, levels=doses, log=True, offset=1e-3)
            values = column.nearest(rng.integers(0, 2, 30) * 10 ** rng.uniform(-2, 2, 30))
        else:
            k = int(rng.integers(2, 6))
            column = Choice(f"c{i}", tuple("abcdef"[:k]))
            values = rng.integers(0, k, 30).astype(float)
        if draw(st.integers(0, 5)) == 0:
            fixed = values[0]
            column = replace(column, fixed=_plain(column, fixed))
        columns.append(column)
        raw.append(values)
    table = np.stack(raw, 1)
    plain = [i for i, c in enumerate(columns) if isinstance(c, Number) and not c.log]
    constraints = []
    for _ in range(draw(st.integers(0, 3))):
        if len(plain) < 2:
            break
        chosen = rng.choice(plain, size=int(rng.integers(2, len(plain) + 1)), replace=False)
        values = rng.choice([1.0, 1.0, 1.0, -1.0, 2.0], len(chosen))
        total = float(table[0, chosen] @ values)
        ends = [(total, total), (-math.inf, total), (total - 1, math.inf), (total - 2, total + 3)]
        low, high = ends[int(rng.integers(4))]
        names = [columns[i].name for i in chosen]
        constraints.append(Linear(dict(zip(names, values.tolist(), strict=True)), low, high))
    return Space(tuple(columns), tuple(constraints)).fit(table), table


def _plain(column: Number | Choice, value: float) -> float | int:
    return float(value) if isinstance(column, Number) else int(value)


def check_rules(space: Space, raw: np.ndarray, levels: bool = True) -> None:
    """Bounds, levels, fixed columns and constraints, from the definitions."""
    for i, column in enumerate(space.columns):
        own = raw[:, i]
        if isinstance(column, Choice):
            assert ((own >= 0) & (own < len(column.classes)) & (own % 1 == 0)).all()
        else:
            assert (own >= column.low).all() and (own <= column.high).all()
            if column.discrete and levels:
                assert np.isin(own, column.grid()).all()
        if column.fixed is not None:
            assert (own == column.fixed).all()
    place = {c.name: i for i, c in enumerate(space.columns)}
    for rule in space.constraints:
        terms = np.stack([v * raw[:, place[name]] for name, v in rule.coefficients.items()], 1)
        slack = 1e-7 * (1 + np.abs(terms).sum(1))
        assert (terms.sum(1) >= rule.low - slack).all()
        assert (terms.sum(1) <= rule.high + slack).all()


@SLOW
@given(spaces())
def test_samples_and_projections_keep_every_rule(made: tuple[Space, np.ndarray]) -> None:
    space, _ = made
    generator = torch.Generator().manual_seed(0)
    x = space.sample(20, generator)
    assert x.shape == (20, space.width)
    check_rules(space, space.decode(x))
    assert space.allowed(x, 1e-7).all()
    far = 3 * torch.randn(20, space.width, generator=generator, dtype=torch.float64)
    projected = space.project(far)
    check_rules(space, space.decode(projected))
    again = space.project(projected)
    torch.testing.assert_close(again, projected, rtol=1e-6, atol=1e-6)
    # Between the steps of an ascent: all but levels and classes.
    relaxed = space.project(far, relax=True)
    z = relaxed.numpy()[:, space.layout.number_features]
    mean, std = (v[space.layout.number_features] for v in (space.mean, space.std))
    raw = space.decode(relaxed)
    raw[:, space.layout.numbers] = np.clip(
        space.layout.unscaled(z * std + mean), *space.layout.bounds
    )
    check_rules(space, raw, levels=False)
    assert torch.equal(
        space.sample(5, generator.manual_seed(3)), space.sample(5, generator.manual_seed(3))
    )


@settings(SLOW, max_examples=40)
@given(spaces())
def test_encode_and_decode_are_inverse(made: tuple[Space, np.ndarray]) -> None:
    space, table = made
    free = [i for i, c in enumerate(space.columns) if c.fixed is None]
    x = space.encode(table)
    raw = space.decode(x)
    np.testing.assert_allclose(raw[:, free], table[:, free], rtol=1e-9, atol=1e-9)
    discrete = [i for i in free if space.kinds[i] != "number"]
    assert np.array_equal(raw[:, discrete], table[:, discrete])
    mean, std = x.mean(0), x.std(0, correction=0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-9, rtol=0)
    constant = torch.from_numpy(np.ptp(space.layout.features(table), axis=0) < 1e-12)
    torch.testing.assert_close(std, (~constant).double(), atol=1e-9, rtol=0)
    if len(free) == len(space.columns):
        assert space.same(x, space.encode(raw)).all()
        rows = np.unique(table, axis=0)
        assert len(space.distinct(torch.cat([x, x]))) == len(rows)
    low, high = space.box
    assert torch.isfinite(space.box).all()
    inside = space.sample(10, torch.Generator().manual_seed(1))
    if not space.constraints:  # with them the table's box can hold no design
        assert ((inside >= low - 1e-9) & (inside <= high + 1e-9)).all()
    assert torch.equal(pickle.loads(pickle.dumps(space)).encode(table), x)


@pytest.mark.parametrize("seed", range(100))
def test_the_projection_is_the_nearest_point(seed: int) -> None:
    """No point of the polytope makes an acute angle with the way there (the definition)."""
    rng = np.random.default_rng(seed)
    width, rules = int(rng.integers(1, 7)), int(rng.integers(1, 4))
    box = np.sort(rng.normal(size=(2, width)), axis=0)
    box[:, rng.random(width) < 0.2] = [[-np.inf], [np.inf]]
    inner = np.where(np.isfinite(box), box, 0.0).mean(0)
    a = rng.normal(size=(rules, width)) * (rng.random((rules, width)) < 0.8)
    a[:, 0] += a.any(1) == 0
    ends = a @ inner + np.stack([-rng.random(rules), rng.random(rules)])
    ends = np.where(rng.random(rules) < 0.3, (a @ inner)[None], ends)  # equations
    polytope = Polytope(a, ends, box)
    z = 3 * rng.normal(size=(10, width))
    out = polytope.project(z)
    assert polytope.violation(out).max() <= 1e-11
    others = polytope.project(2 * rng.normal(size=(50, width)))
    angle = ((z - out)[:, None] * (others[None] - out[:, None])).sum(2)
    assert angle.max() <= 1e-8 * (1 + np.abs(z).max() ** 2)


def test_the_logits_are_those_of_design_bench(data_dir: Path) -> None:
    """TF Bind 8's features, bit for bit what design-bench and numpy make of its table."""
    folder = data_dir / "tf_bind_8-SIX6_REF_R1"
    x = np.load(folder / "tf_bind_8-x-0.npy")
    y = np.load(folder / "tf_bind_8-y-0.npy").ravel()
    x, y = x[y <= np.percentile(y, 50)], y[y <= np.percentile(y, 50)].astype(np.float64)
    one_hot = np.eye(4, dtype=np.float32)[x]
    soft = 0.6 * one_hot + (1.0 - 0.6) * np.full_like(one_hot, 1 / 4)
    own = np.log(soft)
    features = (own[:, :, 1:] - own[:, :, :1]).astype(np.float32).astype(np.float64)
    features = features.reshape(len(x), -1)
    expected = torch.from_numpy((features - features.mean(0)) / features.std(0))
    data = OfflineData.from_raw(x, y, Space.sequence(8, "ACGT"))
    assert torch.equal(data.x, expected)
    assert torch.equal(data.y, torch.from_numpy((y - y.mean()) / y.std()))
    raw = data.space.decode(data.x)
    assert raw.dtype == np.int32
    assert np.array_equal(raw, x)
    assert data.space.text(np.array([0, 1, 2, 3, 3, 2, 1, 0])) == "ACGTTGCA"
    assert set(data.space.kinds) == {"site"}
    assert data.space.alpha == 0.0
    assert data.space.lr.tolist() == [0.1] * 24


def test_classes_are_told_apart_by_their_features() -> None:
    soft = 0.6 * np.eye(3) + 0.4 / 3
    expected = np.log(soft)[:, 1:] - np.log(soft)[:, :1]
    np.testing.assert_allclose(logits(3), expected, atol=1e-6)


def test_numbers_have_the_papers_defaults() -> None:
    space = Space.numbers(3)
    assert space.alpha == 1e-3
    assert space.lr.tolist() == [1e-3] * 3
    mixed = Space((Number("a"), Choice("b", ("x", "y"))))
    assert mixed.alpha == 0.0
    assert mixed.lr.tolist() == [1e-3, 0.1]
    assert mixed.logits.tolist() == [False, True]


@pytest.mark.parametrize("levels", [(0, 0.01, 0.1, 1, 10), None])
def test_0_has_a_logarithm_where_something_is_added(levels: tuple[float, ...] | None) -> None:
    doses = np.array([[0.0], [0.01], [0.1], [1], [10]])
    space = Space((Number("a", 0, 10, levels=levels, log=True, offset=0.001),)).fit(doses)
    x = space.encode(doses)
    np.testing.assert_allclose(space.decode(x), doses, atol=1e-15)
    np.testing.assert_allclose(x.diff(dim=0) / x.diff(dim=0)[-1], 1, atol=0.05)
    near = space.project(x + torch.tensor([[-0.1], [0.1], [0.1], [0.1], [0.1]]))
    assert space.decode(near)[0] == 0
    if levels:
        np.testing.assert_allclose(space.decode(near), doses, atol=1e-15)


def test_logarithms_far_beyond_the_bounds_are_at_the_bounds() -> None:
    """numpy warned of an overflow that bounds take back."""
    space = Space((Number("a", 1e-3, 1e3, log=True),)).fit(np.array([[0.01], [1.0], [10.0]]))
    far = torch.tensor([[-1e6], [1e6]], dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert space.decode(far).flatten().tolist() == [1e-3, 1e3]
        assert space.allowed(space.project(far)).all()


def test_constant_columns_get_deviation_one() -> None:
    raw = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 4.0]])
    space = Space.numbers(2).fit(raw)
    assert space.std is not None
    assert space.std[0] == 1
    assert space.encode(raw)[:, 0].tolist() == [0, 0, 0]


def test_fixed_sites_and_words_of_mixed_designs() -> None:
    columns = (
        Number("t", 0, 100, step=5),
        Choice("base", ("NaOH", "KOH"), fixed=1),
        *sequence(3, "AC", fixed=[None, 1, None]),
    )
    assert sequence(2, "AC", fixed=np.array([1, 0])) == sequence(2, "AC", fixed=[1, 0])
    table = np.array([[5, 1, 0, 1, 0], [10, 1, 1, 1, 0], [25, 0, 1, 1, 1.0]])
    space = Space(columns).fit(table)
    raw = space.decode(space.sample(50, torch.Generator().manual_seed(0)))
    assert set(raw[:, 1]) == {1}
    assert set(raw[:, 3]) == {1}
    assert space.text(raw[0]).count(",") == 2
    low, high = space.bounds
    assert torch.equal(low[1:2], high[1:2])
    assert torch.isinf(high[2])
    relaxed = space.project(torch.zeros(1, space.width, dtype=torch.float64), relax=True)
    assert relaxed[0, 1] == low[1]


def test_choices_of_some_classes_alone() -> None:
    """Features are those of all classes; nothing that is made of them has another one."""
    columns = (
        *sequence(2, "ACGT"),
        Choice("solvent", tuple("xyz"), levels=(1, 2)),
        Choice("site", tuple("ACGT"), "s", levels=(0, 3)),
        Choice("one", tuple("ACGT"), "s", levels=(2,)),
        Choice("held", tuple("ACGT"), "s", 3, (1, 3)),
    )
    rng = np.random.default_rng(0)
    raw = rng.integers(0, [4, 4, 3, 4, 4, 4], (60, 6))
    space = Space(columns).fit(raw)
    assert (space.width, columns[2].width) == (17, 2)
    inside = np.isin(raw[:, 3], [0, 3]) & (raw[:, 2] > 0) & (raw[:, 4] == 2) & (raw[:, 5] == 3)
    assert np.array_equal(space.allowed(space.encode(raw)).numpy(), inside)
    x = torch.randn(400, space.width, generator=torch.Generator().manual_seed(0)).double()
    for made in (x, space.sample(400, torch.Generator().manual_seed(1))):
        found = [set(column.tolist()) for column in space.decode(made).T]
        assert found == [{0, 1, 2, 3}] * 2 + [{1, 2}, {0, 3}, {2}, {3}]
    # Of what is left the largest logit decides, as it does where all is.
    logits = np.c_[np.zeros(400), x.numpy()[:, 8:11] * space.std[8:11] + space.mean[8:11]]
    assert np.array_equal(space.decode(x)[:, 3], np.where(logits[:, 3] > 0, 3, 0))
    low, high = space.box
    assert torch.equal(low[-6:], high[-6:]) and bool((low[8:11] < high[8:11]).any())
    assert torch.equal(space.bounds[0, -6:], space.bounds[1, -6:])
    plain = Space(tuple(replace(c, fixed=None, levels=None) for c in columns)).fit(raw)
    assert torch.equal(plain.encode(raw), space.encode(raw))


def test_levels_under_an_equation_that_rounding_alone_would_miss() -> None:
    """3 a + 2 b style lattices: a goes in threes, b in twos, and a + b = 10."""
    columns = (Number("a", 0, 9, step=3), Number("b", 0, 10, step=2))
    space = Space(columns, (Linear({"a": 1, "b": 1}, 10, 10),)).fit(
        np.array([[0.0, 10], [6, 4], [3, 2]])
    )
    far = torch.tensor([[0.4, 1.1], [3.0, -3.0], [-3.0, 3.0], [0.0, 0.0]], dtype=torch.float64)
    raw = space.decode(space.project(far))
    assert (raw.sum(1) == 10).all()
    assert set(raw[:, 0]) <= {0.0, 6.0}


def logarithms() -> Space:
    space = Space((Number("a"), Number("b", 1e-3, 10, log=True)))
    return space.fit(np.array([[0, 0.1], [1, 1.0]]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Number("a", 2, 1), "leave no number"),
        (lambda: Number("a", step=1), "needs bounds"),
        (lambda: Number("a", 0, 1, step=-1), "must be > 0"),
        (lambda: Number("a", 0, 1e9, step=1), "1,000,000"),
        (lambda: Number("a", 0, 1, log=True), "low > 0"),
        (lambda: Number("a", -0.1, 1, log=True, offset=0.1), "low > -0.1, got -0.1"),
        (lambda: Number("a", 0, 1, fixed=2), "cannot be fixed"),
        (lambda: Number("a", levels=(2, 1)), "ascend"),
        (lambda: Choice("a", ("x", "x")), "different classes"),
        (lambda: Choice("a", ("x", "y"), fixed=2), "no class"),
        (lambda: Choice("a", ("x", "y"), fixed=0, levels=(1,)), "no class that a design may have"),
        (lambda: Choice("a", ("x", "y"), levels=(1, 0)), "ascend"),
        (lambda: Choice("a", ("x", "y"), levels=()), "ascend"),
        (lambda: Choice("a", ("x", "y"), levels=(0, 2)), "a level must be at most 1"),
        (lambda: Space((Number("a"), Number("a"))), "called 'a'. Give different names"),
        (lambda: Space(()), "no columns"),
        (lambda: Space.numbers(2).fit(np.array([[0, 1], [2, np.nan]])), "row 1 has nan in .*x1"),
        (lambda: Space((Number("a"),), (Linear({"b": 1}, 0, 1),)), "no columns of numbers"),
        (
            lambda: Space(
                (Number("a", 0, 9, log=True, offset=1), Number("b")), (), (AtMost(("a", "b"), 1),)
            ),
            r"\['a'\] are no columns of numbers that can be 0, or are kept as logarithms",
        ),
        (lambda: Linear({}, 0, 1), "coefficients"),
        (lambda: Linear({"a": 1}, 1, 0), "no number lies within"),
        (lambda: Space.numbers(2).encode(np.zeros((1, 2))), "space.fit"),
        (lambda: Space.numbers(2).fit(np.zeros((1, 3))), "2 columns"),
        (lambda: Space.sequence(2, "AC").fit(np.array([[0, 2]])), "numbered 0 to 1"),
        (lambda: logarithms().encode(np.array([[0, 1], [0, 0.0]])), "row 1 has 0.0 in .*'b'.*log"),
        (lambda: logarithms().encode(np.array([[0, -1.0]])), "row 0 has -1.0 in column 'b'"),
        (lambda: logarithms().fit(np.array([[0, 0.0], [1, 1]])), "row 0 has 0.0 in column 'b'"),
        (
            lambda: Space((Number("a", 0, 1),), (Linear({"a": 1}, 2, 3),)).fit(np.zeros((1, 1))),
            "no design was found",
        ),
    ],
)
def test_refusals_say_what_and_where(make: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ([[0, 1.0]], r"text: raw must be one design \(2,\), got \(1, 2\)"),
        ([0, np.nan], "nan in column 'b'"),
        ([7, 1.0], "classes are numbered 0 to 1"),
        ([-1, 1.0], "classes are numbered 0 to 1"),
        ([0, 1.0, 2.0], "must have 2 columns"),
    ],
)
def test_what_is_no_design_has_no_text(raw: list, words: str) -> None:
    space = Space((Choice("a", ("x", "y")), Number("b")))
    assert space.text([1, 2.5]) == space.text(torch.tensor([1, 2.5])) == "y,2.5"
    with pytest.raises(InputError, match=words):
        space.text(raw)


def test_bounds_of_their_own_hold_numbers_and_what_is_absent() -> None:
    columns = (Number("a", 0, 1), Number("b", 0, 1), Number("c", 0, 1, step=0.25))
    rules = (Linear(dict.fromkeys("abc", 1.0), 1, 1),), (AtMost(("a", "b", "c"), 2),)
    space = Space(columns, *rules).fit(np.array([[0.5, 0, 0.5], [0, 0.25, 0.75], [0.4, 0.6, 0]]))
    x = space.encode(np.array([[0.5, 0, 0.5], [0.4, 0.6, 0]]))
    box = space.holding(x, torch.tensor([False, False, True]))
    moved = space.beside(space.encode(np.array([[0.1, 0.9, 1], [0.1, 0.5, 1]])), box)
    np.testing.assert_allclose(space.decode(moved)[0], [0.5, 0, 0.5], atol=1e-9)
    assert space.decode(moved)[1, 2] == 0
    assert space.decode(moved)[1].sum() == pytest.approx(1)
    assert space.decode(moved)[1, 0] < 0.4
