"""The second round: proposals with their measured scores, alone or below the table."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, plain, refused, text, told

from torchbdi.proposer.columns.proposed import added_by_propose

PREDICTED = ["predicted_y", "error"]
REST = ["distance", "nearest_row", "nearest_y", "start_row", "far_outside", "note"]
BESIDE = ["error", "distance", "nearest_row", "nearest_yield", "start_row", "far_outside", "note"]


def beside(i: int, score: str = "yield") -> dict[str, str]:
    """What propose writes beside a proposal."""
    rng = np.random.default_rng(i)
    return {
        f"predicted_{score}": f"{60 + rng.normal():.4f}", "error": f"{rng.uniform(1, 9):.3f}",
        "distance": f"{rng.uniform():.4f}", "nearest_row": f"{2 + i % 7}",
        f"nearest_{score}": f"{50 + i % 7}.5", "start_row": f"{2 + i % 7}",
        "far_outside": "yes" if i % 3 else "no", "note": "",
    }  # fmt: skip


def proposals(own: Sequence[str] = ("row",)) -> list[list[str]]:
    """The plain table as measured proposals: columns of a person's own, ours, and the score."""
    rows = plain()
    header = [*DESIGN, *own, "predicted_yield", *BESIDE, "yield"]
    made = [
        [*row[:3], *(f"{50 + i}" for _ in own), *beside(i).values(), row[3]]
        for i, row in enumerate(rows[1:])
    ]
    return [header, *made]


def test_what_propose_wrote_is_no_part_of_a_design(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(proposals()))
    assert [c.name for c in made.columns] == DESIGN
    assert list(made.order) == DESIGN
    assert "'row', 'predicted_yield', 'error', 'distance', 'nearest_row'" in told(made)
    assert "9 columns are what propose wrote beside its proposals" in told(made)
    kept, _ = asked(tmp_path, text(proposals()), "--number", "distance")
    assert [c.name for c in kept.columns] == [*DESIGN, "distance"]


def test_proposals_below_the_table_they_were_made_from(tmp_path: Path) -> None:
    header, *rows = proposals(())
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([header, *([*r[:3], *[""] * 8, r[-1]] for r in plain(30, seed=1)[1:])])
    writer.writerows(rows)
    made, _ = asked(tmp_path, file.getvalue())
    assert len(made.scores) == 70 and [c.name for c in made.columns] == DESIGN


def columns(names: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: np.arange(5.0) for name in names}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        # A person's own column was there first.
        (["error", "predicted_y", "error_", "nearest_row", "nearest_y", "start_row"],
         ["predicted_y", "error_", "nearest_row", "nearest_y", "start_row"]),
        (["row", "T", "predicted_y", "nearest_y", "start_row", "far_outside"],
         ["predicted_y", "nearest_y", "start_row", "far_outside"]),
        (["predicted_logP", "error", "distance", "nearest_row", "note"], []),
        (["distance", "error", "low", "high"], []),
    ],
)  # fmt: skip
def test_a_persons_own_columns_of_such_names(names: list[str], found: list[str]) -> None:
    assert added_by_propose(columns(names)) == found


@pytest.mark.parametrize(
    ("own", "ours"),
    [
        (["low", "high"], [*PREDICTED, *REST]),
        (["T", "low", "high"], [*PREDICTED, "low_", "high_", *REST]),
        (["T"], [*PREDICTED, "low", "high", *REST]),
        (["high", "error", "low"], ["predicted_y", "error_", "low_", "high_", *REST]),
    ],
)
def test_ends_of_a_persons_own_are_part_of_the_design(own: Sequence[str], ours: list[str]) -> None:
    """Proposals have ends beside them only where a logarithm is modelled."""
    columns = {name: np.arange(5.0) for name in (*own, *ours, "more")}
    assert added_by_propose(columns) == ours


def test_what_propose_wrote_cannot_be_fixed_and_why(tmp_path: Path) -> None:
    rows = plain()
    names = [*rows[0][:3], "predicted_yield", "error", *REST, "yield"]
    names[names.index("nearest_y")] = "nearest_yield"
    beside = ["60.1", "1.2", "0.3", "2", "50.5", "2", "no", ""]
    content = text([names, *([*row[:3], *beside, row[3]] for row in rows[1:])])
    message = refused(tmp_path, content, "--fix", "distance=0.3")
    assert "8 columns are what propose wrote beside its proposals" in message
    assert told(asked(tmp_path, content)[0]).count("what propose wrote") == 1
    message = refused(tmp_path, "\n".join(line.split(",", 3)[3] for line in content.splitlines()))
    assert message.count("what propose wrote") == 1
