"""Proposals whose design stands in a row that was left out: that is noted."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from proposer_tables import asked, text

import torchbdi
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run


def test_a_proposal_that_failed_before_is_told(tmp_path: Path) -> None:
    """What was left out is no known design; whoever makes it again should know."""
    rows, failed = [["metal", "acid", "dose", "yield"]], {}
    for i, design in enumerate(itertools.product("ABCD", "XYZ", ("1.0", "2.0", "4.0"))):
        score = 3 * (design[0] == "B") + 2 * (design[1] == "Y") + float(design[2])
        if i in (4, 19):
            continue  # nobody has tried these
        rows.append([*design, "failed" if score > 6.5 else f"{score:.1f}"])
        if score > 6.5:
            failed[design] = len(rows)
    made, settings = asked(tmp_path, text(rows), "--take", "failed=out", "-n", "9")
    p = run(ready(made, settings), settings, progress=False)
    found = [(m, a, f"{d:.1f}") for m, a, d in zip(*p.columns.values(), strict=True)]
    assert failed and len(found) == len(failed) + 2
    assert list(p.notes) == [
        f"the design of row {failed[design]}, which was left out" if design in failed else ""
        for design in found
    ]


def test_a_design_that_failed_is_known_in_either_case_and_by_number() -> None:
    pd = pytest.importorskip("pandas")
    designs = [("".join(s), k) for s in itertools.product("acgt", repeat=2) for k in (1, 2)]
    df = pd.DataFrame(designs, columns=["s", "k"])
    scores = [str(3.0 * (s[0] == "g") + 2.0 * (s[1] == "t") + k) for s, k in designs]
    failed = [designs.index((s, 2)) for s in ("gt", "ga", "at")]
    for i in failed:
        scores[i] = "failed"
    p = torchbdi.propose(
        df, pd.Series(scores), sequence="s", categories="k", takes={"failed": "out"}, n=3,
        progress=False,
    )  # fmt: skip
    assert sorted(p.notes) == sorted(f"the design of row {i}, which was left out" for i in failed)


def test_a_column_that_says_how_rows_ended_hides_no_design_that_was_left_out(
    tmp_path: Path,
) -> None:
    """Of it one word is left, which is untrue of a proposal and stands in no row left out."""
    rows = [["metal", "acid", "yield", "status"]]
    for i, design in enumerate(itertools.product("ABCDE", "XYZ")):
        gone = i in (3, 8, 11)
        rows.append([*design, "" if gone else str(i % 7), "pending" if gone else "ok"])
    made, settings = asked(tmp_path, text(rows), "--take", "=out", "-n", "3")
    assert not made.constants and "Column 'status' says how rows ended" in " ".join(made.remarks)
    p = run(ready(made, settings), settings, progress=False)
    assert sorted(p.notes) == sorted(
        f"the design of row {i}, which was left out" for i in (5, 10, 13)
    )
