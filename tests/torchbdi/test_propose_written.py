"""What a run writes: proposals as the table has them, and a report of whole designs."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from asked import plain, text
from propose_children import be_quick

from torchbdi.__main__ import main
from torchbdi.proposer.digits import digits, short
from torchbdi.proposer.result import Proposals
from torchbdi.space import Number, Space


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (60.3052, 0.9849, "60.31"), (76.6942, 13.3, "77"), (150.879, 1.02, "150.9"),
        (0.900424, 0.004203, "0.9004"), (123456.0, 3210.0, "123500"), (1.5, 0.0, "1.5"),
        (2.5, float("nan"), "2.5"), (0.01, 5.0, "0.0"),
    ],
)  # fmt: skip
def test_numbers_have_as_many_digits_as_their_error(value: float, error: float, shown: str) -> None:
    assert digits(value, error) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (106123.4, "106100"), (0.0, "0"), (8.0621, "8.062"), (-0.012345, "-0.01235"),
        (1.0, "1"), (12345678.0, "12350000"), (3e9, "3e+09"), (2e-7, "2e-07"),
        (float("inf"), "inf"), (9.99999, "10"),
    ],
)  # fmt: skip
def test_figures_have_four_digits_and_no_exponent(value: float, shown: str) -> None:
    assert short(value) == shown


def outlook(
    predicted: list[float],
    minimize: bool,
    unknown: tuple[bool, ...] = (),
    candidate: np.ndarray | None = None,
    limits: tuple[float, float] | None = None,
) -> str:
    problem = SimpleNamespace(
        score="y", scores=np.array([1.0, 5.0, 3.0]), taken=np.array([1.0, 5.0, 3.0]),
        rows=np.array([2, 3, 4]), fixed={}, columns=(), rules=(), at_most=(), values={},
        limits=limits,
        best=lambda: np.array([0, 2, 1] if minimize else [1, 2, 0]),
        design_space=Space((Number("a", levels=(1, 2)), Number("b", 0, 1), Number("c"))),
        table=SimpleNamespace(typed=True),
    )  # fmt: skip

    class Made:
        settings = SimpleNamespace(minimize=minimize)

        def __len__(self) -> int:
            return len(predicted)

    made: Any = Made()
    made.problem, made.predicted, made.candidate = problem, np.array(predicted), candidate
    made.unknown = np.array(unknown or [False] * len(predicted))
    return Proposals.outlook(made)


def test_the_best_known_score_comes_first_with_a_warning_where_none_is_better() -> None:
    assert "best known y is 5 (row 3); 1 of 2 proposals are predicted above it" in outlook(
        [6, 4], False
    )
    assert "Warning" not in outlook([6, 4], False)
    none = outlook([4, 3], False)
    assert "0 of 2 proposals are predicted above it. Warning: none" in none
    assert none.endswith("to which 'a' keeps (--free a gives that up).")
    assert outlook([4, 3], False, candidate=np.arange(2)).endswith("and little more.")
    assert "best known y is 1 (row 2); 1 of 2 proposals are predicted below it" in outlook(
        [0.5, 4], True
    )


def test_of_two_values_nothing_is_predicted_above_the_better_one() -> None:
    high = outlook([4.5, 1], False, limits=(1.0, 5.0))
    assert high.endswith("the better one of its two values: no prediction can lie above it.")
    low = outlook([4.5, 1], True, limits=(1.0, 5.0))
    assert "best known y is 1 (row 2), the better one" in low and low.endswith("lie below it.")


LIMITS = [
    (["--bounds", "temp=20:40"], lambda row: row[0] <= 40),
    (["--rule", "temp+time<=70"], lambda row: row[0] + row[1] <= 70),
    (["--rule", "temp-2*time<=0.5", "--rule", "temp-2*time>=-0.5"], lambda row: False),
    (["--fix", "conc=1"], lambda row: False),
    (["--step", "temp=5"], lambda row: True),
]


@pytest.mark.parametrize(("words", "keeps"), LIMITS)
def test_proposals_are_held_against_what_keeps_their_limits(
    words: list[str],
    keeps: Callable[[list[float]], bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    be_quick(monkeypatch.setattr)
    rows = plain()
    file = tmp_path / "t.csv"
    file.write_text(text(rows))
    out = str(tmp_path / "out")
    assert main(["propose", str(file), "--score", "yield", "-n", "3", "-o", out, *words]) == 0
    told = capsys.readouterr().out
    numbers = [[float(cell) for cell in row] for row in rows[1:]]
    best = max(row[3] for row in numbers)
    kept = [row[3] for row in numbers if keeps(row)]
    if not kept:
        assert f"best known yield is {best:g}" in told
        assert "but no known design keeps the limits that were given" in told
        assert "Warning: none" not in told
    elif max(kept) == best:
        assert "of the designs that keep the limits" not in told
    else:
        assert f"best known yield is {max(kept):g} (row " in told
        assert f"of the designs that keep the limits that were given ({best:g} in row" in told


def test_of_what_is_unknown_nobody_is_told_that_it_is_no_better() -> None:
    every = outlook([9, 8], False, (True, True))
    assert "0 of 2 proposals are predicted above it. Of 2 the prediction is so far beyond" in every
    assert "Warning" not in every
    some = outlook([4, 9], False, (False, True))
    assert "Of 1 the prediction" in some and "Warning: none of the others is expected" in some


def test_a_table_is_written_as_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Semicolons, decimal commas, units, planned rows, and a score of two values."""
    be_quick(monkeypatch.setattr)
    rows = plain(60)
    middle = float(np.median([float(row[3]) for row in rows[1:]]))
    for i, row in enumerate(rows[1:]):
        row[1] += " min"
        row[3] = "PENDING" if i % 3 == 0 else str(int(float(row[3]) > middle))
    (tmp_path / "t.csv").write_text(text(rows, ";").replace(".", ","))
    out = tmp_path / "out"
    words = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "6", "-o", str(out)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    with (out / "proposals.csv").open(newline="") as file:
        found = list(csv.DictReader(file, delimiter=";"))
    assert len(found) == 6
    for design in found:
        own = rows[int(design["row"]) - 1]
        assert own[3] == "PENDING"
        assert [design[name] for name in rows[0][:3]] == [c.replace(".", ",") for c in own[:3]]
        assert 0 <= float(design["predicted_yield"].replace(",", ".")) <= 1
        assert re.fullmatch(r"\d+(,\d+)?", design["distance"])
    assert printed.index("The best known yield") < printed.index("leave-one-out")
    report = (out / "report.html").read_text()
    plainly = html.unescape(re.sub(r"<[^>]+>", "", report))
    for design in found:
        own = rows[int(design["row"]) - 1]
        for name, cell in zip(rows[0][:3], own[:3], strict=True):
            assert f"{name} {cell.removesuffix(' min')}" in plainly
    assert " more" not in plainly[plainly.index("What is proposed") :].split("How far")[0]
    # On a narrow screen each cell says what it is; on paper a proposal is not torn apart.
    assert report.count('data-label="design"') == 6 + 1  # and the rule for it
    for words_of_style in ("max-width: 640px", "@media print", 'name="viewport"', "break-inside"):
        assert words_of_style in report


@pytest.mark.parametrize(
    ("encoding", "name", "marked"),
    [
        ("utf-8", "temp °C", False), ("utf-8-sig", "temp °C", True), ("cp1252", "temp °C", True),
        ("utf-16", "temp °C", True), ("utf-8-sig", "temp", False),
    ],
)  # fmt: skip
def test_a_spreadsheet_reads_letters_that_are_not_ascii(
    encoding: str, name: str, marked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its mark one takes UTF-8 for a code page, and the names for others."""
    be_quick(monkeypatch.setattr)
    rows = plain()
    rows[0][0] = name
    (tmp_path / "t.csv").write_bytes(text(rows).encode(encoding))
    out = tmp_path / "out"
    words = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "2", "-o", str(out)]
    assert main(words) == 0
    content = (out / "proposals.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") == marked
    assert content.decode("utf-8-sig").startswith(f"{name},time,conc,")
