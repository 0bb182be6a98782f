"""Ranks by hand, and those printed with a published table of the same convention.

The table is that of Chen et al., "Robust Guided Diffusion for Offline Black-Box Optimization"
(arXiv 2410.00983), Tables 1 and 2: fifteen methods, seven tasks, ties among them.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.paper.ranks import rank_methods, ranks

TASKS = ("Superconductor", "Ant", "D'Kitty", "Rosenbrock", "TF Bind 8", "TF Bind 10", "NAS")
# method: scores, printed rank mean, printed rank median
PUBLISHED = {
    "BO-qEI": ((0.402, 0.819, 0.896, 0.772, 0.798, 0.652, 1.079), 9.1, 11),
    "CMA-ES": ((0.465, 1.214, 0.724, 0.470, 0.953, 0.670, 0.985), 7.3, 4),
    "REINFORCE": ((0.481, 0.266, 0.562, 0.558, 0.948, 0.663, -1.895), 11.3, 14),
    "Grad": ((0.490, 0.932, 0.930, 0.701, 0.872, 0.646, 0.624), 9.0, 10),
    "COMs": ((0.504, 0.818, 0.905, 0.672, 0.517, 0.613, 0.783), 10.3, 10),
    "ROMA": ((0.507, 0.898, 0.928, 0.663, 0.927, 0.676, 0.927), 6.1, 6),
    "NEMO": ((0.499, 0.956, 0.953, 0.614, 0.942, 0.708, 0.737), 5.3, 5),
    "IOM": ((0.524, 0.929, 0.936, 0.712, 0.823, 0.650, 0.559), 7.4, 6),
    "BDI": ((0.513, 0.906, 0.919, 0.630, 0.870, 0.605, 0.722), 9.6, 9),
    "CbAS": ((0.503, 0.876, 0.892, 0.702, 0.927, 0.651, 0.683), 8.7, 8),
    "Auto.CbAS": ((0.421, 0.882, 0.906, 0.721, 0.910, 0.630, 0.506), 10.3, 10),
    "MIN": ((0.499, 0.445, 0.892, 0.702, 0.905, 0.616, 0.717), 10.4, 10),
    "BONET": ((0.422, 0.925, 0.941, 0.780, 0.913, 0.621, 0.724), 7.7, 8),
    "DDOM": ((0.495, 0.940, 0.935, 0.789, 0.957, 0.657, 0.745), 4.9, 5),
    "RGD": ((0.515, 0.968, 0.943, 0.797, 0.974, 0.694, 0.825), 2.0, 2),
}


def test_ties_take_the_best_rank() -> None:
    assert ranks([0.3, 0.9, 0.9, 0.1]) == [3, 1, 1, 4]
    assert ranks([1.0, 1.0, 1.0]) == [1, 1, 1]
    assert ranks([-2.0]) == [1]


def test_ranks_are_those_of_the_printed_digits() -> None:
    assert ranks([0.97341, 0.97339, 0.9746]) == [2, 2, 1]


def test_the_published_ranks_come_out() -> None:
    scores = {
        task: {method: row[i] for method, (row, _, _) in PUBLISHED.items()}
        for i, task in enumerate(TASKS)
    }
    found = rank_methods(scores)
    assert len(found) == 15
    for method, (_, mean, median) in PUBLISHED.items():
        assert round(found[method].mean, 1) == mean, method
        assert found[method].median == median, method
        assert found[method].methods == 15


def test_a_method_that_was_not_run_everywhere() -> None:
    found = rank_methods({"a": {"x": 0.1, "y": 0.2, "z": 0.3}, "b": {"x": 0.9, "y": 0.2}})
    assert found["x"].ranks == (3, 1)
    assert found["y"].ranks == (2, 2)
    assert found["z"].ranks == (1,)
    assert found["x"].mean == 2.0
    assert found["x"].median == 2.0
    assert found["x"].methods == 3


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=20))
def test_against_positions_in_a_sorted_list(values: list[int]) -> None:
    in_order = sorted(values, reverse=True)
    assert ranks([float(v) for v in values]) == [in_order.index(v) + 1 for v in values]


def test_no_scores() -> None:
    assert rank_methods({}) == {}
    with pytest.raises(KeyError):
        rank_methods({"a": {"x": 1.0}})["y"]
