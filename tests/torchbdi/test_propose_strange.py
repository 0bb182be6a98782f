"""Choices and rows that exclude each other, and words that have to work when they are typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

from torchbdi.proposer.digits import digits
from torchbdi.proposer.reading.ways import Ways


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
    made, settings = asked(tmp_path, planned(), f"--{option}", value)
    assert made.candidates is not None
    got = np.stack([made.candidates[name] for name in ("temp", "time", "conc")], axis=1)
    np.testing.assert_array_equal(got, right)
    assert settings.n == len(right)
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


def parts(n: int = 40) -> str:
    x = np.random.default_rng(0).dirichlet(np.ones(3), n)
    lines = [f"{a:.3f},{b:.3f},{c:.3f},{a - b * c:.3f}" for a, b, c in x]
    return "\n".join(["A,B,C,yield", *lines]) + "\n"


def test_fixed_parts_that_leave_nothing_are_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, parts(), "--fix", "A", "--fix", "B")
    assert "what is not fixed ('C') follows from A + B + C = 1" in message
    asked(tmp_path, parts(), "--fix", "A")
    message = refused(tmp_path, text(plain()), "--step", "temp=500")
    assert "step: column 'temp' has no two values in steps of 500 from" in message
    message = refused(tmp_path, text(plain()), "--at-most", "1 of temp,time least 500")
    assert "never has 500 at least" in message


def test_levels_and_fixed_values_that_exclude_each_other_are_named(tmp_path: Path) -> None:
    lines = [f"{a},{b},{a * b % 7}" for a in (1, 2, 3, 4) for b in (1, 2, 3, 5)]
    content = "a,b,yield\n" + "\n".join(lines) + "\n"
    message = refused(tmp_path, content + "1,1,3\n", "--rule", "a+b<=4", "--fix", "b=5")
    assert "no design meets" in message and "b = 5 (fixed)" in message and "a + b <= 4" in message


@pytest.mark.parametrize("word", ["-", "--", "-999", "--x"])
def test_a_way_out_that_begins_with_a_dash_can_be_typed(word: str, tmp_path: Path) -> None:
    way = Ways(True)("take", f"{word}=out")
    rows = plain()
    rows[4][3] = word
    made, _ = asked(tmp_path, text(rows), *shlex.split(way))
    assert 5 not in made.rows.tolist()


@pytest.mark.parametrize("word", ["N/A", "NaN", ""])
def test_a_missing_score_is_taken_however_it_is_written(word: str, tmp_path: Path) -> None:
    rows = plain()
    rows[4][3] = word
    assert "--take =out" in refused(tmp_path, text(rows))
    made, _ = asked(tmp_path, text(rows), "--take", "=out")
    assert len(made.rows) == 39


def test_large_numbers_have_an_exponent() -> None:
    assert digits(2.59006e31, 4.081e30) == "2.59e+31"
    assert digits(-8.33e8, 1.257e8) == "-8.3e+08"
    assert digits(1234567.0, 23456.0) == "1235000"


def test_a_sequence_is_fixed_with_as_many_letters(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sites = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(40)]
    content = text(with_column("site", sites))
    said = refused(tmp_path, content, "--fix", "site=ACGT")
    assert "It has 8 letters of A, C, G, T." in said
    short = [site[: 5 + i % 4].lower() for i, site in enumerate(sites)]
    assert "sequences of 5 to 8 letters" in refused(tmp_path, text(with_column("site", short)))


def test_ways_out_in_python_can_be_given_so() -> None:
    ways = Ways(False)
    assert ways("bounds", "temp=0.3:99.7") == "bounds={'temp': (0.3, 99.7)}"
    assert ways("bounds", "temp=:80") == "bounds={'temp': (None, 80)}"
    assert ways("step", "temp=5") == "steps={'temp': 5}"
    assert ways("fix", "gas=N2") == "fix={'gas': 'N2'}" and ways("fix", "gas") == "fix=['gas']"
