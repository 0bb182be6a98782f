"""Rows without a score as designs to choose from: those that are new, and meet what was asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_problems import proposed
from proposer_tables import asked, plain, refused, text, told

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("word", ["PENDING", "pending", "TBD", ""])
def test_rows_without_a_score_are_the_candidates(word: str, tmp_path: Path) -> None:
    rows = [["temp", "solvent", "equiv", "yield"]]
    for i in range(60):
        score = f"{30 + 20 * RNG.random():.1f}" if i % 12 < 5 else word
        rows.append([str(30 + 20 * (i % 4)), ["DMF", "THF"][i // 4 % 2],
                     f"{0.5 + 0.5 * (i // 8):.1f}", score])  # fmt: skip
    made, _ = asked(tmp_path, text(rows))
    assert made.candidates is not None
    assert len(made.candidate_rows) == 35
    assert made.n == 32
    assert "35 of 60 rows have no score yet: the proposals are chosen among them" in told(made)
    row = int(made.candidate_rows[0])
    assert rows[row - 1][1] == made.candidates["solvent"][0]
    assert rows[row - 1][3] == word
    if not word:
        made, _ = asked(tmp_path, text(rows), "--take", "=out")
        assert made.candidates is None


def planned(n: int = 60) -> str:
    """A table in which every third row is yet to be made."""
    rows = plain(n)
    for row in rows[3::3]:
        row[3] = "PENDING"
    return text(rows)


@pytest.mark.parametrize(
    ("option", "value", "meets"),
    [
        ("bounds", "temp=20:40", lambda t, m, c: t <= 40),
        ("rule", "temp+time<=70", lambda t, m, c: t + m <= 70),
        ("step", "temp=0.5", lambda t, m, c: round(t * 10) % 5 == 0),
        ("sum", "temp+time=33.8", lambda t, m, c: abs(t + m - 33.8) <= 0.015 * 33.8),
        ("fix", "time=56.4", lambda t, m, c: m == 56.4),
    ],
)
def test_what_was_asked_for_holds_for_rows_without_a_score(
    option: str, value: str, meets: object, tmp_path: Path
) -> None:
    rows = [[float(cell) for cell in line.split(",")[:3]] for line in planned().split()[3::3]]
    assert callable(meets)
    right = [row for row in rows if meets(*row)]
    assert 0 < len(right) < len(rows)
    made, _ = asked(tmp_path, planned(), f"--{option}", value)
    assert made.candidates is not None
    got = np.stack([made.candidates[name] for name in ("temp", "time", "conc")], axis=1)
    np.testing.assert_array_equal(got, right)
    assert made.n == len(right)
    assert f"{len(rows) - len(right)} of the rows without a score do not meet" in told(made)


def test_rows_without_a_score_that_all_break_a_bound_are_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, planned(), "--fix", "temp=50")
    assert "none of the 20 rows without a score meets" in message


def test_rows_without_a_score_that_are_all_known_are_refused(tmp_path: Path) -> None:
    rows = plain()
    content = text([*rows, *([*row[:3], "PENDING"] for row in rows[1:9])])
    message = refused(tmp_path, content)
    assert "no row without a score is a new design" in message
    assert "--take TEXT=out" in message and "--take =out where the score is empty" in message
    made, _ = asked(tmp_path, content, "--take", "PENDING=out")
    assert made.candidates is None and made.n == 32
    message = refused(tmp_path, content.replace("PENDING", ""))
    asked(tmp_path, content.replace("PENDING", ""), "--take", "=out")


@pytest.mark.usefixtures("quick")
def test_rows_to_choose_from_keep_what_any_known_design_has(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [["cat", "temp", "yield"]]
    for i in range(70):
        temp = rng.uniform(20, 80)
        score = f"{10 - 0.8 * (i % 12) - ((temp - 50) / 20) ** 2:.3f}" if i < 54 else ""
        rows.append([f"cat{i % 12:02d}" if i < 68 else "new", f"{temp:.1f}", score])
    p, written = proposed(tmp_path, rows, "-n", "20", "--fix", "cat")
    assert "2 of the rows without a score do not meet" in told(p.problem)
    assert sorted(int(row["row"]) for row in written) == list(range(56, 70))


def test_steps_of_parts_that_may_be_absent_hold_for_rows_without_a_score(tmp_path: Path) -> None:
    """Steps were counted from 0, so that no row with 5, 15 and so on was a design to choose."""
    rows = [["a", "b", "t", "yield"]]
    for i in range(40):
        amounts = [str(10 * int(RNG.integers(15)) + 5), str(10 * int(RNG.integers(15)) + 5)]
        amounts[i % 2] = "0" if i >= 30 else amounts[i % 2]
        rows.append([*amounts, f"{RNG.uniform():.3f}", "TBD" if i >= 30 else str(i)])
    rows[-1][0] = "12"
    made, _ = asked(tmp_path, text(rows), "--at-most", "1 of a,b", "--step", "a=10")
    assert made.candidate_rows.tolist() == list(range(32, 41))


def test_rows_to_choose_from_are_told_of_no_search(tmp_path: Path) -> None:
    """Levels, steps and what goes together are in the rows, and no option changes them."""
    rng = np.random.default_rng(4)
    rows = [["temp", "ligand", "eq", "start", "end", "yield"]]
    for i in range(60):
        start = int(rng.integers(1, 30))
        ligand = ["none", "PPh3", "XPhos"][i % 3]
        eq = 0 if ligand == "none" else int(rng.choice([2, 5, 10]))
        score = f"{start + eq + rng.normal():.2f}" if i < 45 else ""
        rows.append([str(20 * (i % 4)), ligand, str(eq), str(start), str(start + i % 9), score])
    said = told(asked(tmp_path, text(rows))[0])
    assert "15 of 60 rows have no score yet" in said
    for words in ("--free", "stay whole", "keeps to", "need not", "in every proposal"):
        assert words not in said
    said = told(asked(tmp_path, text(rows[:46]))[0])
    for words in ("--free", "stay whole", "need not", "in every proposal"):
        assert words in said
