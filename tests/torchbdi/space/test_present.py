"""At most so many parts: bounds of the table, parts that are fixed, what cannot be met."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from torchbdi import InputError, Space
from torchbdi.search import maximise
from torchbdi.space import AtMost, Choice, Linear, Number

TABLE = np.random.default_rng(0).uniform(10, 50, (20, 3))  # every part is there in every row


def test_a_part_that_no_row_lacks_may_be_absent() -> None:
    """Bounds of the table left 0 out, so that a search refused the space."""
    columns = (Number("a"), Number("b", high=0.0), Number("c", low=0.0))
    space = Space(columns, (), (AtMost(("a", "b", "c"), 1),)).fit(TABLE * [1, -1, 1])
    boxed = space.boxed()
    ends = boxed.decode(space.box)
    for i, column in enumerate(boxed.columns):
        assert isinstance(column, Number)
        assert column.low <= 0 <= column.high
        assert (ends[0, i], ends[1, i]) == pytest.approx((column.low, column.high))
    drawn = boxed.sample(50, torch.Generator().manual_seed(0))
    assert boxed.allowed(drawn).all()
    assert (np.count_nonzero(np.round(boxed.decode(drawn), 9), axis=1) <= 1).all()


def test_parts_that_are_fixed_are_present() -> None:
    a, b, c = Number("a", 0, 50, fixed=20.0), Number("b", 0, 50), Number("c", 0, 50)
    space = Space((a, b, c), (), (AtMost(("a", "b", "c"), 2),)).fit(TABLE)
    raw = space.decode(space.project(space.encode(TABLE)))
    assert (raw[:, 0] == 20).all()
    assert ((raw[:, 1:] > 0).sum(1) == 1).all()
    fixed = Space((a, Number("b", 0, 50, fixed=5.0), c), (), (AtMost(("a", "b", "c"), 1),))
    with pytest.raises(InputError, match=r"no design was found .*at most 1 of a, b, c"):
        fixed.fit(TABLE)  # whatever c is, two are there


def test_a_fixed_part_is_present_however_little_it_is() -> None:
    """A column without spread keeps its unit, in which 1e-7 was taken for nothing."""
    a, b = Number("a", 0, 1e-6, fixed=1e-7), Number("b", levels=(0, 1, 2))
    space = Space((a, b), (), (AtMost(("a", "b"), 1),)).fit(np.array([[1e-7, 0.0], [1e-7, 2.0]]))
    x = space.encode(np.array([[1e-7, 0.0], [1e-7, 1.0]]))
    assert space.allowed(x).tolist() == [True, False]


def test_amounts_keep_a_sum_however_few_they_are() -> None:
    parts = tuple(Number(name, 0, 100) for name in "abc")
    whole = Linear(dict.fromkeys("abc", 1.0), 100, 100)
    shares = TABLE / TABLE.sum(1, keepdims=True) * 100
    space = Space(parts, (whole,), (AtMost(("a", "b", "c"), 2, 5.0),)).fit(shares)
    raw = space.decode(space.sample(200, torch.Generator().manual_seed(0)))
    np.testing.assert_allclose(raw.sum(1), 100, rtol=1e-9)
    assert ((raw > 1e-6).sum(1) <= 2).all()
    assert (raw[raw > 1e-6] >= 5 - 1e-6).all()


@pytest.mark.parametrize(
    ("amounts", "there"),
    [((93, 2, 1), (True, True, False)), ((70, 2, 2.1), (True, False, True))],
)
def test_the_parts_that_stay_are_those_of_the_largest_amounts(
    amounts: tuple[float, ...], there: tuple[bool, ...]
) -> None:
    """Between levels it went by standard deviations where the largest parts alone miss a sum."""
    parts = (Number("a", 0, 95), Number("b", 0, 20), Number("c", 0, 20))
    rows = [[95, 5, 0], [90, 10, 0], [88, 0, 12], [85, 15, 0], [94, 0, 6], [80, 20, 0]]
    whole = Linear(dict.fromkeys("abc", 1.0), 100, 100)
    space = Space(parts, (whole,), (AtMost(("a", "b", "c"), 2, 5.0),)).fit(np.array(rows))
    x = torch.from_numpy((np.array([amounts]) - space.mean) / space.std)
    found = space.decode(space.project(x, relax=True))[0]
    assert tuple(found > 1e-6) == there
    assert found.sum() == pytest.approx(100)


def test_a_space_in_which_nothing_can_vary_is_refused() -> None:
    with pytest.raises(InputError, match="every column is a choice of one class"):
        Space((Choice("a", ("x",)), Choice("b", ("y",))))


@pytest.mark.parametrize(
    ("rules", "most"),
    [
        ((Linear(dict.fromkeys("abc", 1.0), 4, 4),), AtMost(tuple("abcd"), 1)),
        ((Linear({"a": 1.0, "c": 1.0, "d": 1.0}, high=1.0),), AtMost(tuple("abcd"), 3, 2.0)),
        ((Linear({"a": 1.0, "b": 0.5, "c": 1.0}, high=2.0),), AtMost(tuple("abcd"), 3, 2.0)),
    ],
)
def test_a_space_is_not_refused_because_no_row_leads_to_its_designs(
    rules: tuple[Linear, ...], most: AtMost
) -> None:
    """From the two rows of the table, and from the middle, none was found."""
    levels = ((0, 1, 2, 5), (0, 2, 4), (0, 1, 2, 3), (0, 5))
    columns = tuple(Number(name, levels=own) for name, own in zip("abcd", levels, strict=True))
    space = Space(columns, rules, (most,)).fit(np.array([[2.0, 2, 0, 0], [0, 2, 2, 5]]))
    assert space.allowed(space.sample(20, torch.Generator().manual_seed(0))).all()


def test_what_is_absent_is_0_and_not_what_rounding_leaves_of_it() -> None:
    """0 came back as 7e-15 of columns whose mean and deviation do not cancel to the last bit."""
    raw = np.random.default_rng(0).uniform(0.5, 100, (40, 12))
    raw[np.arange(40)[:, None] % 12 != np.arange(12)] = 0
    names = tuple("abcdefghijkl")
    columns = tuple(Number(name, 0, 100) for name in names)
    space = Space(columns, (), (AtMost(names, 1, 0.5),)).fit(raw)
    x = space.sample(50, torch.Generator().manual_seed(0))
    for made in (space.decode(x), space.decode(space.project(-x))):
        assert ((made != 0).sum(1) <= 1).all()
        assert (made[made != 0] >= 0.5).all()


def test_amounts_below_0_are_amounts() -> None:
    """Designs with one were refused, none was drawn, and the best was never looked at."""
    columns = (*(Number(name, -2, 2, step=1) for name in "ab"), Number("c"))
    raw = np.array([[-1, 0, 0.5], [0, 1, 0.3], [0, -2, 0.1], [2, 0, 0], [0, 0, 1]])
    space = Space(columns, (), (AtMost(("a", "b", "c"), 2),)).fit(raw)
    assert space.allowed(space.encode(raw)).all()
    drawn = space.decode(space.sample(200, torch.Generator().manual_seed(0)))
    assert set(drawn[:, 0]) == set(drawn[:, 1]) == {-2, -1, 0, 1, 2}
    near = space.decode(space.project(space.encode([[-2, 1, 0.5], [-1, 2, -3], [1, 9, 0.5]])))
    np.testing.assert_allclose(near, [[-2, 1, 0], [0, 2, -3], [1, 2, 0]], atol=1e-9)
    best = maximise(lambda x: -x[:, :2].sum(1) - x[:, 2].square(), space, 1)
    np.testing.assert_allclose(space.decode(best.x)[0, :2], [-2, -2])
    some = Space(columns, (), (AtMost(("a", "b", "c"), 2, 0.5),)).fit(raw)
    assert some.allowed(some.encode(raw)).tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("columns", "total", "rules", "counts"),
    [
        ([Number(n, 0, 100) for n in "abcdef"], None, [AtMost(tuple("abcdef"), 3)], [0, 1, 2, 3]),
        ([Number(n, 0, 100) for n in "abcdef"], 100, [AtMost(tuple("abcdef"), 3)], [1, 2, 3]),
        # Two of 45 at most are no 100; on levels none and one must not be taken for each other.
        ([Number(n, 0, 45) for n in "abcdef"], 100, [AtMost(tuple("abcdef"), 4, 5.0)], [3, 4]),
        ([Number(n, 0, 100, step=5) for n in "abcdef"], 100, [AtMost(tuple("abcdef"), 4, 5.0)],
         [1, 2, 3, 4]),
        # What is fixed is there, whatever is drawn.
        ([Number(n, 0, 100, fixed=20.0 if n == "a" else None) for n in "abcdef"], None,
         [AtMost(tuple("abcdef"), 2)], [1, 1, 2]),
    ],
)  # fmt: skip
def test_samples_have_every_number_of_parts_that_is_possible(
    columns: list[Number], total: float | None, rules: list[AtMost], counts: list[int]
) -> None:
    """All of them had as many as may be."""
    rng, raw = np.random.default_rng(0), np.zeros((40, 6))
    for row in raw:
        row[rng.choice(6, 3, replace=False)] = 100 / 3
    sums = () if total is None else (Linear(dict.fromkeys("abcdef", 1.0), total, total),)
    space = Space(tuple(columns), sums, tuple(rules)).fit(raw)
    x = space.sample(600, torch.Generator().manual_seed(0))
    assert space.allowed(x).all()
    there = np.abs(space.decode(x)) > 1e-9
    found = np.bincount(there.sum(1), minlength=7) / len(x)
    wanted = np.bincount(counts, minlength=7) / len(counts)
    np.testing.assert_allclose(found, wanted, atol=0.07)
    free = [i for i, column in enumerate(columns) if column.fixed is None]
    often = there[:, free].mean(0)
    np.testing.assert_allclose(often, often.mean(), atol=0.07)
