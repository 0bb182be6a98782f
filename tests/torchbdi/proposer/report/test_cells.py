"""Texts in a CSV file that a spreadsheet would take for formulas, and run."""

from __future__ import annotations

import csv
import html
from pathlib import Path

import numpy as np
import proposer_processes as processes
import pytest
from forked import finished
from proposer_folders import Place, contents, words
from proposer_quick import be_quick
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.folder import CONFIG
from torchbdi.proposer.report.cells import columns_like_formulas, harmless, like_a_formula

EVIL = "=HYPERLINK(1)"
TEXTS = [EVIL, "+1+1", "-2+3", "@SUM(A1)", "\tx", "plain"]


def formulas(out: Path, safe: bool) -> torchbdi.Proposals:
    x = np.random.default_rng(0).uniform(size=60)
    frame = Frame({"=name": np.array(TEXTS * 10, dtype=object), "x": x, "n": -x})
    return torchbdi.propose(frame, 2 * x, n=6, out=out, safe_csv=safe, progress=False)


@pytest.mark.parametrize("safe", [False, True])
def test_cells_like_formulas(safe: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)
    proposals = formulas(tmp_path / "out", safe)
    with (tmp_path / "out" / "proposals.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    texts = [row[0] for row in rows]
    known = [str(text) for text in proposals.columns["=name"]]
    assert any(like_a_formula(text) for text in known)
    assert header[0] == ("'=name" if safe else "=name")
    assert texts == [f"'{t}" if safe and like_a_formula(t) else t for t in known]
    assert all(float(row[2]) < 0 for row in rows), "numbers are numbers"
    report = html.unescape((tmp_path / "out" / "report.html").read_text())
    assert "Texts of =name begin with = + - @ or a tab" in report
    assert ("safe_csv=True puts an" in report) == (not safe) and "--safe" not in report


def test_what_a_formula_begins_with() -> None:
    for text in (EVIL, "+a", "-2+3", "@x", "\t1", "\r1", "--1", "+1 2", "-1e", "=1"):
        assert like_a_formula(text), text
        assert harmless(text) == "'" + text
    for text in ("", "-", "+", "a=1", "-1", "+1", "-.5e-3", "1-2", "'=1", " =1", "-1."):
        assert not like_a_formula(text), text
        assert harmless(text) == text
    columns = {"a": np.array(["=1"], dtype=object), "b": np.array([-1.0]), "-c": np.array([1.0])}
    assert columns_like_formulas(columns) == ["a", "-c"]


def test_the_command_line_has_it_too(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.data.write_text(place.data.read_text().replace(",Fe,", ",=Fe,").replace(",Ni,", ",@Ni,"))
    argv = words(place.data, place.out, "--safe-csv")
    assert finished(processes.command, argv, str(place.log)) == 0, place.said()
    with (place.out / "proposals.csv").open(newline="") as file:
        metals = {row["metal"] for row in csv.DictReader(file)}
    assert metals <= {"'=Fe", "'@Ni"}
    again = tmp_path / "again"
    argv = ["propose", str(place.data), "--config", str(place.out / CONFIG), "-o", str(again)]
    assert finished(processes.command, argv, str(place.log)) == 0, place.said()
    assert contents(again) == contents(place.out)
