"""Proposals as a file, written as the table is: its separator, decimals and units."""

from __future__ import annotations

import csv
import html
import math
import re
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import proposed
from proposer_quick import be_quick
from proposer_tables import Frame, asked, plain, text

import torchbdi
from torchbdi.__main__ import main
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run
from torchbdi.proposer.report.writing import proposals_csv, written

RNG = np.random.default_rng(0)
N = 40
LEVEL = np.arange(N) % 4


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
    assert report.partition("<body>")[2].count('data-label="design"') == 6
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


@pytest.mark.parametrize(
    ("zero", "words"),
    [
        (False, ["-n", "60"]),
        (False, ["--bounds", "u=0.015:0.45"]),
        (True, ["--bounds", "u=0:0.45"]),
        (False, ["--bounds", "u=0.21:0.29"]),
        (False, ["--free", "u", "--bounds", "u=0.015:0.45"]),
        (False, ["--rule", "u+v<=0.46"]),
        (False, ["--rule", "u-5*v=0"]),
    ],
)
def test_numbers_of_one_digit_are_written_as_they_were_searched(
    zero: bool, words: list[str], tmp_path: Path
) -> None:
    """Neither bounds and rules nor that designs are new is lost where they are rounded."""
    rng = np.random.default_rng(8)
    rows = [["u", "v", "yield"]]
    for i in range(90):
        u, v = 10 ** rng.uniform(-4, 0, 2)
        cells = ["0" if zero and i < 3 else f"{u:.0e}", f"{v:.0e}"]
        score = -((math.log10(u) + 0.2) ** 2) - (math.log10(v) + 1) ** 2
        rows.append([*cells, f"{score:.3f}"])
    made, settings = asked(tmp_path, text(rows), *words)
    p = run(ready(made, settings), settings, progress=False)
    found = [
        tuple(map(float, cells)) for cells in zip(written(p, "u"), written(p, "v"), strict=True)
    ]
    known = {(float(u), float(v)) for u, v, _ in rows[1:]}
    assert len(set(found)) == len(found) and not known & set(found)
    low, high = settings.bounds.get("u", (None, None))
    for u, v in found:
        assert low is None or low <= u <= high
        assert "--rule" not in words or (
            u + v <= 0.46 if "<" in words[1] else abs(u - 5 * v) < 1e-9
        )


def test_a_fixed_number_is_written_as_it_is(tmp_path: Path) -> None:
    """It need not have the decimals of its column."""
    a = RNG.integers(100, 400, 30)
    b = RNG.integers(100, 500, 30)
    rows = [["A", "B", "C", "yield"]]
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        rows.append([f"{v / 10:.1f}" for v in (i, j, 1000 - i - j)] + [f"{i * j / 1e4:.2f}"])
    made, settings = asked(tmp_path, text(rows), "--fix", "A=33.33", "-n", "3")
    p = run(ready(made, settings), settings, progress=False)
    assert written(p, "A") == ["33.33"] * 3
    sums = [sum(map(float, cells)) for cells in zip(*(written(p, n) for n in "ABC"), strict=True)]
    assert sums == pytest.approx([100] * 3, abs=1e-6)
    made, settings = asked(tmp_path, text(rows), "--fix", "A=20", "-n", "3")
    assert written(run(ready(made, settings), settings, progress=False), "A") == ["20.0"] * 3


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("sign", ["<=", ">="])
def test_rules_and_bounds_hold_for_what_is_written(sign: str, tmp_path: Path) -> None:
    """At a rule's edge a number has more than six digits, unless the other one has few."""
    rng = np.random.default_rng(3)
    rows = [["a", "b", "c", "yield"]]
    for _ in range(40):
        a, b, c = 10 ** rng.uniform(-3, 1), rng.uniform(1, 9), rng.uniform(1, 9)
        good = a + b if sign == "<=" else -a - b
        rows.append([f"{a:.3g}", f"{b:.2f}", f"{c:.2f}", f"{good + c:.3f}"])
    _, written = proposed(
        tmp_path, rows, "-n", "8", "--free", "b", "--free", "c",
        "--rule", f"a+2*b{sign}11", "--bounds", "c=2.123456:7.654321", "--fix", "a=0.000107",
    )  # fmt: skip
    for row in written:
        a, b, c = (float(row[name]) for name in "abc")
        assert (a + 2 * b - 11) * (1 if sign == "<=" else -1) <= 1e-9
        assert 2.123456 <= c <= 7.654321


@pytest.mark.usefixtures("quick")
def test_only_scores_have_the_unit_of_the_score(tmp_path: Path) -> None:
    """A score that is called distance is none in standard deviations."""
    rows = plain()
    rows = [["temp", "time", "conc", "distance"], *([*r[:3], f"{r[3]} km"] for r in rows[1:])]
    _, written = proposed(tmp_path, rows, "-n", "2", "--score", "distance")
    assert written[0]["predicted_distance"].endswith(" km")
    assert written[0]["nearest_distance"].endswith(" km")
    assert float(written[0]["distance"]) > 0


def test_proposals_have_such_levels_and_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Energies in hartree differ in their eighth digit: what is written tells them apart."""
    be_quick(monkeypatch.setattr)
    levels = np.array([1e-6, 1e-5, 1e-4, 1 / 3])
    x = Frame(dose=levels[LEVEL], temp=RNG.uniform(20, 90, N))
    energy = np.round(-1234.5 + 1e-4 * (x["temp"] - 50) / 40 + 1e-5 * LEVEL, 7)
    p = torchbdi.propose(x, energy, n=4, minimize=True, out=tmp_path / "out", progress=False)
    assert set(p.columns["dose"].tolist()) <= set(levels.tolist())
    assert f"best known y is {energy.min():.7f} (row {energy.argmin()})" in p.outlook()
    with (tmp_path / "out" / "proposals.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {float(row["dose"]) for row in rows} <= set(levels.tolist())
    np.testing.assert_allclose([float(row["predicted_y"]) for row in rows], p.predicted, atol=1e-7)
    nearest = [float(row["nearest_y"]) for row in rows]
    np.testing.assert_array_equal(nearest, energy[[int(row["nearest_row"]) for row in rows]])


def test_large_scores_have_no_exponent(quick: None) -> None:
    """A spreadsheet shows 1.45e+06 for 1452513, and the digits after are gone."""
    x = np.random.default_rng(0).uniform(size=(N, 2))
    p = torchbdi.propose(Frame(a=x[:, 0], b=x[:, 1]), 1452513 + 1e8 * x.sum(1), n=3, progress=False)
    for row in csv.DictReader(proposals_csv(p).splitlines()):
        for name in ("predicted_y", "error", "nearest_y"):
            assert "e" not in row[name], (name, row[name])
