"""Statistics of scores, distances of designs and yardsticks, against slow obvious versions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.runs.novelty import distances, nearest, novelty, share_clipped
from experiments.runs.scores import LABELS, score_statistics
from experiments.runs.yardsticks import (
    changed_columns,
    changed_letters,
    changed_places,
    drawn,
    spread,
)
from torchbdi import InputError
from torchbdi.space import Choice, Linear, Number, Space, sequence

LETTERS = np.array([[0, 1, 2, 3], [0, 1, 2, 0], [3, 3, 3, 3], [0, 1, 2, 3]], dtype=np.int32)


def test_statistics_by_hand() -> None:
    y = np.arange(101.0)[::-1] / 100
    told = score_statistics(y)
    assert set(told) == set(LABELS)
    assert told["best"] == told["best_of_1"] == 1.0
    assert (told["p99"], told["p90"], told["median"]) == pytest.approx((0.99, 0.9, 0.5))
    assert told["mean"] == pytest.approx(0.5)
    worst_first = score_statistics(y[::-1])
    assert worst_first["best_of_1"] == 0.0
    assert worst_first["best_of_8"] == pytest.approx(0.07)
    assert worst_first["best_of_32"] == pytest.approx(0.31)
    assert worst_first["best"] == 1.0


def test_statistics_of_few_and_of_none() -> None:
    assert score_statistics(np.array([0.5])) == dict.fromkeys(
        ["best", "p99", "p90", "median", "mean", "best_of_1"], 0.5
    )
    for wrong in (np.array([]), np.array([np.nan, 1.0]), np.ones((2, 1))):
        with pytest.raises(InputError, match="finite"):
            score_statistics(wrong)


def test_distances_of_letters_are_hamming() -> None:
    expected = [[sum(a != b for a, b in zip(x, y, strict=True)) for y in LETTERS] for x in LETTERS]
    assert distances(LETTERS, LETTERS).tolist() == expected


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))
def test_distances_of_numbers(seed: int, n: int, m: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, std = rng.normal(size=(n, width)), rng.normal(size=(m, width)), rng.uniform(1, 3, width)
    found = distances(a, b, std)
    for i, j in itertools.product(range(n), range(m)):
        expected = np.sqrt(np.mean(((a[i] - b[j]) / std) ** 2))
        assert found[i, j] == pytest.approx(expected)


def test_distances_of_two_kinds() -> None:
    with pytest.raises(InputError, match="two kinds"):
        distances(LETTERS, LETTERS.astype(float))
    with pytest.raises(InputError, match="two kinds"):
        distances(LETTERS, LETTERS[:, :3])


def test_nearest_in_parts() -> None:
    rng = np.random.default_rng(0)
    for designs, table in (
        (rng.integers(0, 4, (7, 5)), rng.integers(0, 4, (50, 5))),
        (rng.normal(size=(7, 5)), rng.normal(size=(50, 5))),
    ):
        whole = distances(designs, table).min(1).tolist()
        assert nearest(designs, [table]).tolist() == whole
        assert nearest(designs, [table[:1], table[1:20], table[20:]]).tolist() == whole


def test_novelty_by_hand() -> None:
    table = np.array([[0, 1, 2, 3], [2, 2, 2, 2]])
    told = novelty(LETTERS, [table])
    assert told["share_equal"] == 1 / 4  # the last is the first again
    assert told["share_known"] == 2 / 4
    assert told["distance_to_data"] == (0 + 1 + 3 + 0) / 4
    pairs = [int((a != b).sum()) for a, b in itertools.combinations(LETTERS, 2)]
    assert told["diversity"] == pytest.approx(np.mean(pairs))


def test_a_row_of_numbers_that_was_decoded_is_known() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(3.0, 100.0, (60, 8))
    mean, std = table.mean(0), table.std(0)
    again = (table[:10] - mean) / std * std + mean
    assert (again != table[:10]).any()
    assert novelty(again, [table], std)["share_known"] == 1.0
    assert novelty(again + 1e-6 * std, [table], std)["share_known"] == 0.0
    assert novelty(again[:1], [table], std)["diversity"] == 0.0


def test_clipped() -> None:
    limits = np.array([[-1.0, -np.inf], [1.0, np.inf]])
    designs = np.array([[0.0, 9.0], [1.0 + 1e-12, 0.0], [1.1, 0.0], [-2.0, 0.0]])
    assert share_clipped(designs, limits) == 0.5
    assert share_clipped(designs, None) == 0.0


def test_drawn_sets_have_the_statistics_of_their_pool() -> None:
    y = np.random.default_rng(1).normal(size=2048)
    told = drawn(y, 128)
    assert told == drawn(y, 128)
    assert told != drawn(y, 128, seed=1)
    mean, deviation = told["mean"]
    assert mean == pytest.approx(y.mean(), abs=4 * deviation / 200**0.5)
    # Without replacement: s / sqrt(128) * sqrt(1 - 128/2048)
    assert deviation == pytest.approx(y.std() / 128**0.5 * (1 - 1 / 16) ** 0.5, rel=0.15)
    assert told["best"][0] > told["p99"][0] > told["p90"][0] > told["median"][0]
    assert told["best_of_1"][0] < told["best_of_8"][0] < told["best_of_32"][0] < told["best"][0]


def test_a_set_that_is_the_whole_pool_has_no_deviation() -> None:
    told = drawn(np.arange(4.0), 4, draws=10)
    assert told["best"] == (3.0, 0.0)
    assert told["median"] == (1.5, 0.0)
    assert spread([{"best": 2.0}]) == {"best": (2.0, 0.0)}
    with pytest.raises(InputError, match="pool of 4"):
        drawn(np.arange(4.0), 5)


@pytest.mark.parametrize("positions", [1, 2, 6])
def test_letters_are_other_ones(positions: int) -> None:
    rng = np.random.default_rng(0)
    designs = rng.integers(0, 4, (4000, 6), dtype=np.int32)
    found = changed_letters(designs, positions, 4, rng)
    assert found.dtype == designs.dtype
    assert ((found != designs).sum(1) == positions).all()
    assert (found.min(), found.max()) == (0, 3)
    changes = (found != designs).mean(0)
    np.testing.assert_allclose(changes, positions / 6, atol=0.04)  # every position alike
    new = found[found != designs]
    np.testing.assert_allclose(np.bincount(new) / len(new), 0.25, atol=0.03)


def test_columns_are_those_of_other_rows() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(300, 7))
    for columns in (1, 2):
        found = changed_columns(table[:100], columns, table, rng)
        assert ((found != table[:100]).sum(1) <= columns).all()
        assert ((found != table[:100]).sum(1) == columns).mean() > 0.9
        assert all(np.isin(found[:, c], table[:, c]).all() for c in range(7))
    assert (table[:100] == np.random.default_rng(0).normal(size=(300, 7))[:100]).all()


def test_words_get_letters_and_all_other_designs_values_of_the_table() -> None:
    seen = np.zeros((50, 2), dtype=np.int32)
    words = changed_places(Space(sequence(2, "ACGT")), seen, 1, seen, np.random.default_rng(0))
    assert ((words != seen).sum(1) == 1).all()  # no row of the table has any other letter
    grades = Choice("grade", ("low", "mid", "high"))
    for columns in ((grades, Number("x")), (grades, Choice("form", ("a", "b", "c")))):
        same = changed_places(Space(columns), seen, 1, seen, np.random.default_rng(0))
        np.testing.assert_array_equal(same, seen)


def test_places_drawn_anew_keep_what_couples_columns() -> None:
    seen = np.random.default_rng(0).dirichlet((1, 1, 1), 50)
    whole = Linear(dict.fromkeys("abc", 1.0), 1, 1)
    space = Space(tuple(Number(name, 0, 1) for name in "abc"), (whole,)).fit(seen)
    for places in (1, 2):
        found = changed_places(space, seen, places, seen, np.random.default_rng(0))
        assert abs(found.sum(1) - 1).max() < 1e-9
        assert (found >= 0).all()
        assert (abs(found - seen).max(1) > 1e-3).mean() > 0.9


def test_more_places_than_there_are() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="it has 4"):
        changed_letters(LETTERS, 5, 4, rng)
    with pytest.raises(InputError, match="it has 2"):
        changed_columns(np.zeros((3, 2)), 3, np.zeros((3, 2)), rng)
