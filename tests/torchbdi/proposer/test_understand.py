"""From a table as it came to what a design is: all that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_problems import problem
from proposer_tables import asked, plain, refused, text, with_column

NUMBERS = np.linspace(0, 1, 20) ** 2


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    rows = with_column("v", [f"{i} mL" if i else "1 L" for i in range(40)])
    rows[4][4], rows[6][1] = "failed", ""
    message = refused(tmp_path, text(rows))
    assert "t.csv: 3 things are to be settled" in message
    for part in ("1. column 'v'", "--take failed=0", "1 of 40 rows have missing cells"):
        assert part in message


def test_rows_without_a_score_that_all_lack_cells_are_not_forgotten(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1::5]:
        row[2:] = ["", "PENDING"]
    message = refused(tmp_path, text(rows), "--drop-missing")
    assert "none of the 8 rows without a score has all its cells" in message
    made, _ = asked(tmp_path, text(rows), "--drop-missing", "--take", "PENDING=out")
    assert len(made.scores) == 32


def test_it_is_told_what_every_column_was_taken_for() -> None:
    columns = {
        "t": NUMBERS[:20],
        "metal": np.array(["Fe", "Ni"] * 10, dtype=object),
        "seq": np.array([c * 4 for c in "ACDEFGHIKLMNPQRSTVWY"], dtype=object),
    }
    last = problem(columns, np.arange(20.0)).remarks[-1]
    assert last.startswith("A design is: numbers ('t'); categories ('metal'); a sequence ('seq').")
