"""Points on levels that constraints couple, and how soon it is known that there are none."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi import InputError
from torchbdi.space import Linear, Number, Space
from torchbdi.space.polytope import Polytope
from torchbdi.space.rounding import Rounding

RNG = np.random.default_rng(0)
NAMES = [f"x{i}" for i in range(6)]


def coupled(total: float, second: float) -> Rounding:
    """Steps of 10 from 0 to 100 and one number without; two sums."""
    a = np.array([np.ones(6), np.arange(1.0, 7)])
    ends = np.array([[total, second], [total, second]])
    box = np.array([np.zeros(6), np.full(6, 100.0)])
    return Rounding(Polytope(a, ends, box), [(i, np.arange(0, 101, 10.0)) for i in range(5)])


@pytest.mark.parametrize(("total", "second"), [(100, 300), (105, 333)])
def test_points_that_are_repaired_together_end_where_each_would_alone(
    total: float, second: float
) -> None:
    rounding, p = coupled(total, second), coupled(total, second).polytope
    z = RNG.integers(0, 11, (5, 6)) * 10.0
    own = np.broadcast_to(p.box[:, None], (2, *z.shape))
    together = rounding._repaired(z, own)
    alone = [rounding._repaired(z[i : i + 1], own[:, i : i + 1]) for i in range(len(z))]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-9)
    assert (p.violation(together) < p.violation(z)).all()
    np.testing.assert_allclose(together[:, :5] % 10, 0, atol=1e-9)


@pytest.mark.parametrize("step", [1.0, None])
def test_a_space_without_designs_is_known_by_few_projections(
    step: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two thousand points was repaired by itself, move after move: minutes."""
    calls, project = [], Polytope.project

    def counted(self: Polytope, z: np.ndarray, box: np.ndarray | None = None) -> np.ndarray:
        calls.append(len(z))
        return project(self, z, box)

    monkeypatch.setattr(Polytope, "project", counted)
    columns = [Number(name, 0, 100, step=10 if i else step) for i, name in enumerate(NAMES[:4])]
    rules = (Linear(dict.fromkeys(NAMES[1:4], 1.0), 55, 55), Linear({"x0": 1, "x1": 2}, 90, 90))
    raw = RNG.integers(0, 11, (50, 4)) * 10.0
    with pytest.raises(InputError, match="no design was found that meets bounds, levels and"):
        Space(tuple(columns), rules).fit(raw)
    assert len(calls) < 150


@pytest.mark.parametrize("mean", [0.0, 0.1])
def test_a_row_that_keeps_a_sum_stays_where_a_level_stands_at_the_mean(mean: float) -> None:
    """Of a standardised level of 0 no share is a slack: rounding moved 0 to the next level."""
    columns = tuple(
        Number(name, 0, top, step=0.1) for name, top in zip("abc", (0.2, 0.8, 4.8), strict=True)
    )
    row = np.array([[mean, 0.6, 3.5]])
    total = float(row.sum())
    space = Space(columns, (Linear(dict.fromkeys("abc", 1.0), total, total),)).fit(row)
    np.testing.assert_allclose(space.decode(space.project(space.encode(row))), row, atol=1e-9)
