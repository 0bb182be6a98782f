"""Values of columns that stand in the same rows, as no ligand and none of its equivalents."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text, told, with_column


def test_names_and_amounts_that_go_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ligands = rng.choice(["L1", "PPh3", "XPhos"], 40)
    rows = with_column("ligand", ligands.tolist())
    rows[0].insert(0, "eq")
    for row in rows[1:]:
        row.insert(0, "0" if row[0] == "L1" else f"{rng.uniform(0.05, 0.3):.2f}")
    kept, _ = asked(tmp_path, text(rows))
    assert "'eq' is 0 where 'ligand' is L1, and nowhere else: so it is in every" in told(kept)
    made, _ = asked(tmp_path, text(rows), "--number", "eq")
    remark = next(r for r in made.remarks if "'ligand' is L1 where 'eq' is 0, and nowhere" in r)
    words = shlex.split(remark[remark.index("--fix") : -2])
    kept, _ = asked(tmp_path, text(rows), *words)
    assert kept.fixed == {"eq": 0.0, "ligand": "L1"} and "nowhere else" not in told(kept)
    next(row for row in rows[1:] if row[1] != "L1")[0] = "0"
    assert "nowhere else" not in told(asked(tmp_path, text(rows))[0])
    free = with_column("ligand", ligands.tolist())
    assert "nowhere else" not in told(asked(tmp_path, text(free))[0])


def test_amounts_that_go_together_in_every_proposal_are_not_told(tmp_path: Path) -> None:
    """Twice as much of 0 is 0, and proposals keep that; the third one they need not."""
    rng = np.random.default_rng(0)
    rows = plain(60)
    rows[0] = ["a", "b", "c", *rows[0]]
    for i, row in enumerate(rows[1:], start=1):
        a, c = (rng.uniform(1, 9), rng.uniform(1, 5)) if i % 3 else (0, 0)
        rows[i] = [f"{a:.1f}", f"{2 * float(f'{a:.1f}'):.1f}", f"{c:.2f}", *row]
    said = told(asked(tmp_path, text(rows))[0])
    assert "'b' is 2 a in every row" in said and "'c' is 0 where 'a' is 0, and nowhere" in said
    assert "(--fix a=0 --fix c=0)" in said and "'b' is 0" not in said
    three = [[*row[:1], *row[2:3], *row[:1], *row[3:]] for row in rows]
    three[0][2] = "d"
    for row in three[1:]:
        row[2] = "low" if row[0] == "0.0" else "some"
    said = told(asked(tmp_path, text(three))[0])
    assert (
        "'a' is 0 where 'd' is low, and nowhere else: so it is in every proposal, and 1.2" in said
    )
    said = told(asked(tmp_path, text(three), "--number", "a", "--number", "c")[0])
    assert "'c' is 0 and 'd' is low where 'a' is 0, and nowhere else. " in said


@pytest.mark.parametrize(("name", "told_of"), [("no ligand", True), ("PPh3", False)])
def test_amounts_of_nothing(name: str, told_of: bool, tmp_path: Path) -> None:
    """What has no ligand has none of its equivalents; others can have none, too."""
    rows = [["ligand", "eq", *plain()[0]]]
    for i, row in enumerate(plain()[1:]):
        own = [
            [name, "0"],
            ["XPhos", "0.2"],
            ["SPhos", "0.1"],
            ["SPhos", "0" if i % 16 == 3 else "0.3"],
        ]
        rows.append([*own[i % 4], *row])
    said = told(asked(tmp_path, text(rows))[0])
    assert (f"In all designs 'eq' is 0 where 'ligand' is {name}: so it is" in said) == told_of
    rows[1][1] = "0.2"
    assert "In all designs" not in told(asked(tmp_path, text(rows))[0])
