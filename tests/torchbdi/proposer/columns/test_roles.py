"""What every column is: columns that are kept because there is no other, or left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, names, refused, text, told, with_column

RNG = np.random.default_rng(0)


def test_a_column_that_counts_is_kept_where_it_is_all_there_is(tmp_path: Path) -> None:
    content = "x,yield\n" + "".join(f"{i},{(i - 9) ** 2}\n" for i in range(20))
    made, _ = asked(tmp_path, content, "--free", "x")
    assert names(made) == ["x"]
    assert "There is no other, so it is kept" in told(made)


def test_a_batch_that_is_all_there_is_to_choose_is_kept(tmp_path: Path) -> None:
    rows = [[str(i % 12 * 3), f"{RNG.normal():.2f}"] for i in range(40)]
    made, _ = asked(tmp_path, text([["batch", "yield"], *rows]), "--free", "batch")
    assert "There is no other, so it is kept" in told(made) and "left out" not in told(made)


def test_several_columns_that_have_each_number_once_are_a_design(tmp_path: Path) -> None:
    """A Latin hypercube over whole numbers; one such column alone numbers the rows."""
    rng = np.random.default_rng(0)
    table = with_column("load", rng.permutation(40) + 1)
    made, _ = asked(tmp_path, text(table))
    assert "load" not in made.order and "probably a row number" in told(made)
    both = [
        ["stir", *table[0]],
        *([str(c + 1), *r] for c, r in zip(rng.permutation(40), table[1:], strict=True)),
    ]
    made, _ = asked(tmp_path, text(both))
    assert {"load", "stir"} <= set(made.order)
    assert "Column 'load' has each of its numbers once, as 'stir': it was kept" in told(made)
    both[0][0] = "RunOrder"
    made, _ = asked(tmp_path, text(both))
    assert not {"load", "RunOrder"} & set(made.order)


@pytest.mark.parametrize("option", ["--fix=run=3", "--fix=sample=S-1"])
def test_what_was_left_out_cannot_be_fixed(option: str, tmp_path: Path) -> None:
    rows = with_column("run", range(1, 41))
    rows = [[f"S-{i}" if i else "sample", *row] for i, row in enumerate(rows)]
    message = refused(tmp_path, text(rows), option)
    assert "left out" in message and "cannot be" in message
    asked(tmp_path, text(rows), "--fix", "run")  # it does not vary
    told_of = told(asked(tmp_path, text(rows), "--free", "run")[0])
    assert "--free run changes nothing" in told_of


def test_what_names_rows_does_so_with_gaps_that_are_left_out(tmp_path: Path) -> None:
    cells = [str(i + 1) if i != 20 else "" for i in range(40)]
    content = text(with_column("Run", cells))
    assert "--drop-missing, which keeps 39 rows" in refused(tmp_path, content)
    made, _ = asked(tmp_path, content, "--drop-missing")
    assert names(made) == ["temp", "time", "conc"] and len(made.scores) == 39
    assert "Column 'Run' is probably a row number" in told(made)
    days = [f"2024-03-{i % 28 + 1:02d}" if i != 20 else "" for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("day", days)), "--drop-missing")
    assert len(made.scores) == 40


def test_what_only_rows_that_were_left_out_have_is_told_so(tmp_path: Path) -> None:
    """Such a column has cells, and is empty in all rows that are used."""
    rows = with_column("reason", ["flask broke", *[""] * 39])
    rows[1][-1] = "failed"
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert "Column 'reason' is empty in all rows that count: it was left out." in told(made)
