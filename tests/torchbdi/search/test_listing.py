"""Small spaces whose levels are coupled by rules are gone through, too."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from search_problems import KilledOnce, StopError, rough
from torch import Tensor

from torchbdi import Space
from torchbdi.kernels.errors import InputError
from torchbdi.search import Reach, SearchOptions, listing, maximise
from torchbdi.search.engine import planned_rounds
from torchbdi.space import AtMost, Choice, Linear, Number

LEVELS = ((0, 1, 2, 5), (0, 2, 4), (0, 1, 2, 3), (0, 5))


def ruled(seed: int) -> Space:
    """Four numbers with levels and a choice, coupled by rules that are drawn."""
    rng = np.random.default_rng(seed)
    names = [f"x{i}" for i in range(len(LEVELS))]
    columns = [Number(name, levels=own) for name, own in zip(names, LEVELS, strict=True)]
    rules, most = [], []
    if rng.random() < 0.7:
        some = rng.choice(4, 3, replace=False)
        weights = dict(zip([names[i] for i in some], rng.choice([-1.0, 0.5, 1.0], 3), strict=True))
        ends = (0.5, np.inf) if rng.random() < 0.3 else (-np.inf, float(rng.integers(1, 5)))
        rules.append(Linear(weights, *ends))
    if rng.random() < 0.3:
        rules.append(Linear(dict.fromkeys(names[:3], 1.0), 4, 4))
    if not rules or rng.random() < 0.5:
        most.append(AtMost(tuple(names), int(rng.integers(1, 4)), least=float(rng.choice([0, 2]))))
    fixed = 1 if rng.random() < 0.3 else None
    space = Space((*columns, Choice("c", ("a", "b", "c"), fixed=fixed)), tuple(rules), tuple(most))
    return space.fit(np.array([[2.0, 2, 0, 0, 1], [0, 2, 2, 5, 1]]))


def slowly(space: Space) -> np.ndarray:
    """All designs, each combination of levels held against each rule."""
    fixed = space.columns[-1].fixed
    made = []
    for row in itertools.product(*LEVELS, range(3)):
        value = dict(zip(space.names, row, strict=True))
        sums = [sum(w * value[k] for k, w in r.coefficients.items()) for r in space.constraints]
        fits = all(r.low <= s <= r.high for r, s in zip(space.constraints, sums, strict=True))
        for rule in space.at_most:
            there = [value[name] for name in rule.names if value[name]]
            fits &= len(there) <= rule.count and all(v >= rule.least for v in there)
        if fits and fixed in (None, row[-1]):
            made.append(row)
    return np.array(made, dtype=float)


@pytest.mark.parametrize("seed", [s for s in range(40) if s != 30])  # 30 leaves no design
def test_it_lists_what_a_look_at_every_combination_leaves(seed: int) -> None:
    space = ruled(seed)
    right = slowly(space)
    found = listing.every_design(space, 1000)
    assert found is not None
    raw = found.raw(0, len(found))
    assert len(found) == len(right) == listing.size(space, 1000)
    np.testing.assert_array_equal(raw[np.lexsort(raw.T[::-1])], right[np.lexsort(right.T[::-1])])
    assert listing.size(space, len(right) - 1) is None


@pytest.mark.parametrize("seed", range(8))
def test_nothing_better_is_missed(seed: int) -> None:
    space = ruled(seed)
    f = rough(space, seed)
    value = f(space.encode(slowly(space))).sort(descending=True).values
    n = min(20, len(value))
    found = maximise(f, space, n, seed=seed)
    assert found.complete
    assert found.way == "enumeration"
    assert found.evaluations == len(value)
    torch.testing.assert_close(found.value, value[:n])
    assert space.allowed(found.x).all()
    assert len(space.distinct(found.x)) == n
    with pytest.raises(InputError, match=f"the space has {len(value)} designs"):
        maximise(f, space, len(value) + 1)


def test_columns_of_many_levels_are_gone_through_and_numbers_without_levels_are_not() -> None:
    fine = Space((Number("t", 0, 400, step=1), Choice("c", ("a", "b")))).fit(np.eye(2))
    peak = float(fine.encode(np.array([[313.0, 1.0]]))[0, 0])
    found = maximise(lambda x: 1000 * x[:, 1] - (x[:, 0] - peak).abs() - x[:, 0] / 100, fine, 3)
    assert found.complete
    np.testing.assert_array_equal(fine.decode(found.x), [[313, 1], [312, 1], [314, 1]])
    free = Space((Number("t", 0, 400), Choice("c", ("a", "b")))).fit(np.eye(2))
    assert listing.every_design(free, 10**6) is None


def test_what_takes_long_to_look_through_is_not_listed() -> None:
    """Of 400 million pairs of a fine and a finer step 4001 add up to 100."""
    space = Space(
        (Number("a", 0, 100, step=0.025), Number("b", 0, 100, step=0.001)),
        (Linear({"a": 1.0, "b": 1.0}, 100, 100),),
    ).fit(np.array([[50.0, 50], [20, 80]]))
    assert listing.every_design(space, 5000) is None
    coarse = Space((space.columns[0], Number("b", 0, 100, step=0.1)), space.constraints)
    made = listing.every_design(coarse.fit(np.array([[50.0, 50], [20, 80]])), 5000)
    assert made is not None and len(made) == 1001


def test_a_limit_of_the_options_or_of_distance_keeps_it_from_listing() -> None:
    space = ruled(1)
    f = rough(space, 0)
    assert not maximise(f, space, 2, options=SearchOptions(enumerate=0)).complete
    near = Reach(space.encode(slowly(space)[:3]), 1.0)
    assert not maximise(f, space, 2, reach=near).complete


def test_rules_that_leave_nothing_leave_an_empty_list() -> None:
    columns = tuple(Number(name, 0, 5, step=1) for name in "abc")
    space = Space(columns, (Linear({"a": 1, "b": 1}, high=6),)).fit(np.eye(3))
    nothing = replace(space, constraints=(Linear({"a": 1, "b": 1}, 0.5, 0.5),))
    assert listing.size(nothing, 100) == 0


def test_columns_of_one_value_and_many_features_cost_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every column of one value copied all designs, and all of their features were held at once."""
    monkeypatch.setattr(listing, "BATCH_NUMBERS", 300)
    free = [Number(name, 0, 5, step=1) for name in "abc"]
    fixed = [Number(f"f{i}", 0, 1, fixed=0.5) for i in range(17)]
    rule = Linear({"a": 1, "b": 1, "f0": 2}, high=7)
    table = np.tile([0.0] * 3 + [0.5] * 17, (2, 1))
    space = Space((*fixed[:9], *free, *fixed[9:]), (rule,)).fit(np.roll(table, 9, 1))
    asked: list[int] = []
    real = Space.encode

    def encode(self: Space, raw: np.ndarray) -> Tensor:
        asked.append(len(raw))
        return real(self, raw)

    monkeypatch.setattr(Space, "encode", encode)
    found = listing.every_design(space, 1000)
    assert found is not None
    assert found.levels.shape == (6 * 26, 3)  # 26 pairs of a and b add up to 6 at most
    assert (found.raw(0, 6 * 26).sum(1) - found.raw(0, 6 * 26)[:, 9:12].sum(1) == 8.5).all()
    assert found.batches == -(-6 * 26 // 15)
    assert max(asked) <= 15


def test_no_more_rounds_are_told_of_than_were_planned_within_reach() -> None:
    columns = tuple(Number(name, 0, 5, step=1) for name in "abc")
    space = Space(columns, (Linear({"a": 1, "b": 1, "c": 1}, high=6),)).fit(np.eye(3))
    near = Reach(space.encode(np.eye(3)), 1.0)
    told: list[int] = []
    options = SearchOptions(starts=200, steps=2)
    maximise(
        rough(space, 0), space, 2, reach=near, options=options, after=lambda i, _: told.append(i)
    )
    assert told[-1] == 4
    assert planned_rounds(space, options, 2, near) >= 4
    assert planned_rounds(space, options, 2) == 1


def test_a_killed_listing_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "EVALUATED", 10)
    space = ruled(1)
    f = rough(space, 0)
    whole = maximise(f, space, 5)
    tell = KilledOnce()
    with pytest.raises(StopError):
        maximise(f, space, 5, folder=tmp_path, after=tell)
    again = maximise(f, space, 5, folder=tmp_path, after=tell)
    assert tell.told == [1, 2, *range(2, planned_rounds(space, SearchOptions(), 5) + 1)]
    assert len(tell.told) > 2
    torch.testing.assert_close(again.x, whole.x, rtol=0, atol=0)
    assert again.evaluations == whole.evaluations
