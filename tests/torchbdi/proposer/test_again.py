"""Proposals whose design stands in a row that was left out: that is noted."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from proposer_tables import asked, text

import torchbdi
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("-999", ["--take=-999=out"]),
        ("n.d.", ["--take=n.d.=out"]),
        ("", ["--take==out"]),
        ("", ["--drop-missing"]),
    ],
)
def test_a_proposal_whose_row_was_left_out_is_told(
    cell: str, words: list[str], tmp_path: Path
) -> None:
    """Its score is wrong, or nothing is said of it; whoever makes it again should know."""
    rows, gone = [["metal", "acid", "dose", "yield"]], {}
    for i, design in enumerate(itertools.product("ABCD", "XYZ", ("1.0", "2.0", "4.0"))):
        score = 3 * (design[0] == "B") + 2 * (design[1] == "Y") + float(design[2])
        if i in (4, 19):
            continue  # nobody has tried these
        rows.append([*design, cell if score > 6.5 else f"{score:.1f}"])
        if score > 6.5:
            gone[design] = len(rows)
    made, settings = asked(tmp_path, text(rows), *words, "-n", "9")
    p = run(ready(made, settings), settings, progress=False)
    found = [(m, a, f"{d:.1f}") for m, a, d in zip(*p.columns.values(), strict=True)]
    assert gone and len(found) == len(gone) + 2
    assert list(p.notes) == [
        f"the design of row {gone[design]}, which was left out" if design in gone else ""
        for design in found
    ]


@pytest.mark.usefixtures("quick")
def test_a_design_that_was_left_out_is_known_in_either_case_and_by_number() -> None:
    pd = pytest.importorskip("pandas")
    designs = [("".join(s), k) for s in itertools.product("acgt", repeat=2) for k in (1, 2)]
    df = pd.DataFrame(designs, columns=["s", "k"])
    scores = [str(3.0 * (s[0] == "g") + 2.0 * (s[1] == "t") + k) for s, k in designs]
    gone = [designs.index((s, 2)) for s in ("gt", "ga", "at")]
    for i in gone:
        scores[i] = "n.d."
    p = torchbdi.propose(
        df, pd.Series(scores), sequence="s", categories="k", takes={"n.d.": "out"}, n=3,
        progress=False,
    )  # fmt: skip
    assert sorted(p.notes) == sorted(f"the design of row {i}, which was left out" for i in gone)


@pytest.mark.usefixtures("quick")
def test_a_column_that_says_how_rows_ended_hides_no_design_that_was_left_out(
    tmp_path: Path,
) -> None:
    """Of it one word is left, which is untrue of a proposal and stands in no row left out."""
    rows = [["metal", "acid", "yield", "done"]]
    for i, design in enumerate(itertools.product("ABCDE", "XYZ")):
        gone = i in (3, 8, 11)
        rows.append([*design, "" if gone else str(i % 7), "no" if gone else "yes"])
    made, settings = asked(tmp_path, text(rows), "--take", "=out", "-n", "3")
    assert not made.constants and "Column 'done' says how rows ended" in " ".join(made.remarks)
    p = run(ready(made, settings), settings, progress=False)
    assert sorted(p.notes) == sorted(
        f"the design of row {i}, which was left out" for i in (5, 10, 13)
    )
