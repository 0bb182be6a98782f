"""Projections onto polytopes that are hard to meet, beside a slow quadratic program."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from torchbdi.space.least_distance import nearest_point
from torchbdi.space.polytope import Polytope


def slow(z: np.ndarray, a: np.ndarray, ends: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The nearest point, by trying every set of constraints that may hold with equality."""
    rows = np.concatenate([a, np.eye(len(z))])
    low, high = np.concatenate([ends, box], axis=1)
    sides = [(i, end[i]) for end in (low, high) for i in range(len(rows)) if np.isfinite(end[i])]
    best, found = np.inf, np.full(len(z), np.nan)
    for count in range(len(z) + 1):
        for some in itertools.combinations(sides, count):
            g = rows[[i for i, _ in some]].reshape(count, len(z))
            x = z + np.linalg.pinv(g) @ (np.array([value for _, value in some]) - g @ z)
            meets = (rows @ x >= low - 1e-9).all() and (rows @ x <= high + 1e-9).all()
            if meets and (x - z) @ (x - z) < best:
                best, found = (x - z) @ (x - z), x
    return found


def tight(rng: np.random.Generator, width: int, rules: int, slack: float) -> tuple[np.ndarray, ...]:
    """Coefficients, ends and box, all constraints (nearly) through one point of the box."""
    whole = rng.random() < 0.5
    a = rng.integers(-2, 3, (rules, width)) * 1.0 if whole else rng.normal(size=(rules, width))
    a[(a == 0).all(1)] = 1
    box = np.stack([-rng.random(width), rng.random(width)]) * 3
    at = a @ (box[0] + (box[1] - box[0]) * rng.random(width))
    ends = np.stack([at - slack * rng.random(rules), at + slack * rng.random(rules)])
    return a, np.where(rng.random((2, rules)) < 0.3, [[-np.inf], [np.inf]], ends), box


@pytest.mark.parametrize("slack", [0.0, 0.3])
@pytest.mark.parametrize(("width", "rules"), [(1, 2), (2, 2), (2, 4), (3, 3)])
def test_the_active_set_agrees_with_a_slow_quadratic_program(
    width: int, rules: int, slack: float
) -> None:
    rng = np.random.default_rng(width)
    for _ in range(8):
        a, ends, box = tight(rng, width, rules, slack)
        box[:, rng.random(width) < 0.2] = [[-np.inf], [np.inf]]
        z = 3 * rng.normal(size=width)
        found = nearest_point(z, a, ends, box)
        assert found is not None
        np.testing.assert_allclose(found, slow(z, a, ends, box), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("width", "rules"), [(2, 4), (4, 6)])
def test_projections_meet_constraints_without_slack(width: int, rules: int) -> None:
    """The multipliers alone miss some of these points, and stop before the nearest for others."""
    rng = np.random.default_rng(0)
    for _ in range(150):
        a, ends, box = tight(rng, width, rules, 0.0)
        polytope, z = Polytope(a, ends, box), 3 * rng.normal(size=(8, width))
        out = polytope.project(z)
        assert polytope.violation(out).max() <= 1e-9
        others = polytope.project(2 * rng.normal(size=(8, width)))
        assert ((z - out)[:, None] * (others[None] - out[:, None])).sum(2).max() <= 1e-6


def test_an_empty_polytope_leaves_a_point_of_the_box() -> None:
    a, box = np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 0.0]]), np.array([[-1.0, -1.0], [1.0, 1.0]])
    polytope = Polytope(a, np.array([[0.5, 0.5, -0.5], [0.5, 0.5, -0.5]]), box)
    out = polytope.project(np.random.default_rng(0).normal(size=(20, 2)))
    assert (out >= box[0]).all() and (out <= box[1]).all()
    assert (polytope.violation(out) > 0.1).all()


def test_no_point_is_taken_so_far_away_that_its_size_hides_what_it_violates() -> None:
    """Two rules for one sum, beside numbers without bounds."""
    a = np.array([[-1.0, 0.5, 1.0], [-1.0, 0.5, 1.0]])
    ends, box = np.array([[3.0, 0.6], [np.inf, 0.6]]), np.array([[0.0] * 3, [np.inf, np.inf, 2.0]])
    z = 3 * np.random.default_rng(0).normal(size=(20, 3))
    assert all(nearest_point(own, a, ends, box) is None for own in z)


def test_a_rule_said_twice_leaves_no_nan() -> None:
    """An equation, and the same sum with one of its ends: rounding once made a multiplier of 0."""
    a = np.array([[1.0, -2.0, -1.0], [1.0, -2.0, -1.0], [1.0, 0.0, -2.0]])
    ends = np.array(
        [
            [0.39880837967423144, -np.inf, -3.683278600651909],
            [0.39880837967423144, 0.39880837967423144, -3.683278600651909],
        ]
    )
    box = np.array(
        [
            [-0.24115558833837247, -2.6244188947008014, -0.9220934039965359],
            [1.2721137208628603, 2.319272728700346, 2.476427364279918],
        ]
    )
    z = np.array([[-1.9587532462447055, -2.4125954086300925, -3.9514437928854025]])
    out = Polytope(a, ends, box).project(z)
    np.testing.assert_allclose(out[0], slow(z[0], a, ends, box), rtol=0, atol=1e-9)
