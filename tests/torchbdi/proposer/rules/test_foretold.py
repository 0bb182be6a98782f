"""Numbers that others tell by no formula that is known: they are told, and chosen ones are not."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told

from torchbdi.proposer.rules.foretold import foretold

RNG = np.random.default_rng(0)
A, B, C = RNG.uniform(0, 10, (3, 60)).round(1)
ANGLE = RNG.uniform(0, 360, 60).round(0)
X, Y = RNG.integers(-5, 6, (2, 60)) * 10.0
PARTS = RNG.dirichlet([2, 2, 2, 2], 60).round(3)
DYE = np.array(list("abcdef"), object)[np.arange(60) % 6]
MADE = {
    "a sine": (dict(angle=ANGLE, sine=np.sin(np.radians(ANGLE)).round(3)), "sine"),
    "a radius": (dict(x=X, y=Y, r=np.hypot(X, Y).round(1)), "r"),
    "centred": (dict(a=A, b=B, own=((A - 5) * (B - 4)).round(1)), "own"),
    "a cap": (dict(a=A, own=np.minimum(A, 7)), "own"),
    "a schedule": (dict(a=A, b=B + 2, c=C, own=(A / (B + 2) + C).round(2)), "own"),
    "measured": (dict(dye=DYE, a=A, own=(np.arange(60) % 6 * 50 + RNG.normal(0, 1, 60))), "own"),
    "by group": (dict(dye=DYE, a=A, own=A * (1 + np.arange(60) % 6)), "own"),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_others_tell_is_found(kind: str) -> None:
    columns, own = MADE[kind]
    assert [*foretold(columns, [], [])] == [own]
    assert not foretold(columns, [], [], [own])


def test_what_all_others_together_tell_is_found() -> None:
    """The entropy of mixing adds up what each of the parts has."""
    entropy = -(PARTS * np.log(np.maximum(PARTS, 1e-9))).sum(1)
    columns = dict(zip("pqrs", PARTS.T, strict=True)) | {"entropy": entropy.round(3)}
    rule = [dict.fromkeys("pqrs", 1.0)]
    assert [*foretold(columns, [], rule)] == ["entropy"]
    kept = dict(p=1.0, q=2.0, r=-1.0, own=-1.0)
    columns = dict(zip("pqrs", PARTS.T, strict=True)) | {
        "own": PARTS[:, 0] + 2 * PARTS[:, 1] - PARTS[:, 2]
    }
    # With the rule on the sum any three parts make it.
    assert not foretold(columns, [], [*rule, kept])


def test_what_two_names_add_up_to_is_found() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 12, (2, 60))
    own = rng.uniform(0, 9, 12)[a] + rng.uniform(0, 9, 12)[b]
    names = np.array(list("ABCDEFGHIJKL"), object)
    assert [*foretold(dict(a=names[a], b=names[b], own=own), [], [])] == ["own"]


def test_numbers_of_a_plan_are_not_found() -> None:
    rng = np.random.default_rng(2)
    plans = [rng.uniform(size=(n, d)) for n in (20, 40, 100) for d in (2, 3, 6)]
    plans += [
        np.stack([(rng.permutation(n) + 0.5) / n for _ in range(d)], 1)
        for n, d in ((20, 5), (50, 3))
    ]
    corners = [*itertools.product([-1, 1], repeat=3)]
    axes = [tuple(1.68 * s * (i == j) for j in range(3)) for i in range(3) for s in (-1, 1)]
    plans.append(np.array([*corners, *axes, (0, 0, 0)], float))
    square = [(a, b, (a + b) % 5, (a + 2 * b) % 5) for a in range(5) for b in range(5)]
    plans.append(np.array(square, float))
    one_at_a_time = np.tile(rng.uniform(size=5), (40, 1))
    one_at_a_time[np.arange(40), np.arange(40) % 5] = rng.uniform(size=40)
    plans.append(one_at_a_time)
    near = np.vstack([rng.uniform(size=(15, 4)), 0.5 + rng.normal(0, 0.02, (40, 4))])
    plans += [near, np.where(rng.uniform(size=(60, 6)) < 0.8, 0, rng.uniform(size=(60, 6)))]
    for x in plans:
        columns = {f"x{i}": v for i, v in enumerate(x.T)}
        assert not foretold(columns, [n for n, v in columns.items() if len(set(v)) < 8], [])


def test_what_follows_is_told_with_the_way_out(tmp_path: Path) -> None:
    rows = [[*row] for row in plain()]
    for row in rows[1:]:
        row.insert(0, f"{np.sin(float(row[0]) / 20):.3f}")
    rows[0].insert(0, "wave")
    made, _ = asked(tmp_path, text(rows))
    assert "'wave' seems to follow from 'temp'" in told(made) and "--ignore wave" in told(made)
    for words in (("--ignore", "wave"), ("--number", "wave"), ("--fix", "wave=0.5")):
        assert "seems to follow" not in told(asked(tmp_path, text(rows), *words)[0])
    assert "seems to follow" not in told(asked(tmp_path, text(plain()))[0])
