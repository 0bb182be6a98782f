"""Parts of which too few may be present for a sum are refused while a table is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, refused


def mixture(sign: int = 1) -> str:
    x = sign * 100 * np.random.default_rng(0).dirichlet(np.ones(3) * 3, 40).round(2)
    lines = [f"{a:.0f},{b:.0f},{sign * 100 - a - b:.0f},{a - b * b:.3f}" for a, b, _ in x]
    return "\n".join(["A,B,C,yield", *lines]) + "\n"


def test_both_are_named_with_what_to_change(tmp_path: Path) -> None:
    message = refused(tmp_path, mixture(), "--at-most", "1 of A,B,C", "--bounds", "A=0:90",
                      "--bounds", "B=0:60", "--bounds", "C=0:60")  # fmt: skip
    assert "at most 1 of A, B, C" in message and "A + B + C = 100" in message
    assert "give 90 at most" in message and "--bounds A=0:HIGH" in message


@pytest.mark.parametrize(
    "words",
    [
        ["1 of A,B,C", "--bounds", "A=0:100"],
        ["2 of A,B,C", "--bounds", "A=0:60", "--bounds", "B=0:40", "--bounds", "C=0:20"],
        ["1 of A,B", "--bounds", "A=0:60", "--bounds", "B=0:60", "--bounds", "C=0:40"],
    ],
)
def test_what_can_just_be_reached_is_taken(words: list[str], tmp_path: Path) -> None:
    own = [f"--bounds={name}=0:60" for name in "ABC" if f"{name}=0:" not in " ".join(words)]
    asked(tmp_path, mixture(), "--at-most", *words, *own)


def test_what_is_fixed_counts(tmp_path: Path) -> None:
    bounds = ["--bounds", "A=0:90", "--bounds", "B=0:90"]
    asked(tmp_path, mixture(), "--at-most", "1 of A,B", "--fix", "C=10", *bounds)
    message = refused(tmp_path, mixture(), "--at-most", "1 of A,B", "--fix", "C=5", *bounds)
    assert "give 95 at most" in message


def test_a_rule_from_the_other_side(tmp_path: Path) -> None:
    words = ["--at-most", "1 of A,B,C", "--free", "A", "--rule=-1*A-1*B-1*C<=-95"]
    bounds = [f"--bounds={name}=0:60" for name in "ABC"]
    assert "at-most: with" in refused(tmp_path, mixture(), *words, *bounds)
