"""What a table keeps in every row and nobody says: limits between columns, values that go together,
two units in one column."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, text, told, with_column

import torchbdi
from torchbdi.__main__ import main


def way(remarks: Sequence[str], what: str) -> list[str]:
    """The words of a rule that a remark offers."""
    remark = next(r for r in remarks if what in r)
    return shlex.split(remark[remark.index("--rule") : remark.index(" keeps it")])


def ordered(n: int = 60) -> list[list[str]]:
    """A header and rows of first and last, never below it, beside the plain table."""
    rng = np.random.default_rng(0)
    rows = plain(n)
    out = [["first", "last", *rows[0]]]
    for row in rows[1:]:
        first = rng.uniform(20, 80)
        last = first + rng.uniform(0, 40)
        score = float(row[3]) + (first - last) / 2
        out.append([f"{first:.1f}", f"{last:.1f}", *row[:3], f"{score:.1f}"])
    return out


def parts(whole: float, count: int = 60) -> list[list[str]]:
    """A header and rows of three of the four parts of a whole, and another column."""
    rng = np.random.default_rng(1)
    rows = [["A", "B", "C", "temp", "yield"]]
    for part in rng.dirichlet([1, 1, 1, 1], count) * whole:
        cells = [f"{np.floor(1e4 * v / whole) / 1e4 * whole:.6g}" for v in part[:3]]
        rows.append([*cells, f"{rng.uniform(20, 90):.1f}", f"{part[:3].sum() / whole:.3f}"])
    return rows


def test_a_column_that_is_never_above_another(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(ordered()))
    words = way(made.remarks, "'first' is at most 'last' in all rows")
    assert words == ["--rule", "first<=last"]
    kept, _ = asked(tmp_path, text(ordered()), *words)
    assert "at most" not in told(kept) and kept.rules
    (tmp_path / "t.csv").write_text(text(ordered()))
    argv = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "4", *words]
    assert main([*argv, "-o", str(tmp_path / "own")]) == 0
    lines = (tmp_path / "own" / "proposals.csv").read_text().splitlines()[1:]
    assert all(float(line.split(",")[0]) <= float(line.split(",")[1]) for line in lines)


def test_a_column_that_is_below_another_by_chance(tmp_path: Path) -> None:
    rows = ordered()
    for row in rows[1:]:
        row[0] = f"{float(row[0]) / 3:.1f}"  # up to 27, where the other one begins at 24
    assert "at most" not in told(asked(tmp_path, text(rows))[0])
    assert "at most" not in told(asked(tmp_path, text(plain()))[0])


@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_parts_below_a_whole(whole: float, tmp_path: Path) -> None:
    """Three parts of four: the rest is water."""
    rows = parts(whole)
    made, _ = asked(tmp_path, text(rows))
    words = way(made.remarks, f"'A', 'B', 'C' add up to {whole:g} at most")
    assert words == ["--rule", f"A+B+C<={whole:g}"]
    assert "add up to" not in told(asked(tmp_path, text(rows), *words)[0])
    rng = np.random.default_rng(2)
    for row in rows[1:]:
        row[:3] = [f"{v:.3g}" for v in rng.uniform(0, whole / 3, 3)]
    assert "add up to" not in told(asked(tmp_path, text(rows))[0])


def test_names_and_amounts_that_go_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ligands = rng.choice(["none", "PPh3", "XPhos"], 40)
    rows = with_column("ligand", ligands.tolist())
    rows[0].insert(0, "eq")
    for row in rows[1:]:
        row.insert(0, "0" if row[0] == "none" else f"{rng.uniform(0.05, 0.3):.2f}")
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "'ligand' is none where 'eq' is 0, and nowhere" in r)
    words = shlex.split(remark[remark.index("--fix") : -2])
    kept, _ = asked(tmp_path, text(rows), *words)
    assert kept.fixed == {"eq": 0.0, "ligand": "none"} and "nowhere else" not in told(kept)
    next(row for row in rows[1:] if row[1] != "none")[0] = "0"
    assert "nowhere else" not in told(asked(tmp_path, text(rows))[0])
    free = with_column("ligand", ligands.tolist())
    assert "nowhere else" not in told(asked(tmp_path, text(free))[0])


@pytest.mark.parametrize(
    ("cells", "several"),
    [
        (["WT", "A23T", "K45R", "A23T;K45R", "A23T;G67D", "K45R;G67D"], True),
        (["EtOH/water", "DMF/water", "EtOH/DMF", "DMF"], True),
        (["A/1", "B/2", "C/3", "D/4"], False),  # no part stands in two of them
        (["3/1", "1/3", "1/1", "3/3"], False),  # ratios
        (["NaCl", "KCl", "Na2SO4"], False),
    ],
)
def test_levels_that_hold_several_things(cells: list[str], several: bool, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", (cells * 40)[:40])))
    assert ("hold several things" in told(made)) == several


@pytest.mark.parametrize("column", [2, 3])
@pytest.mark.parametrize("factor", [100, 1000])
def test_two_units_in_a_column(column: int, factor: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = plain(60)
    for row in rows[1:]:
        row[column] = f"{rng.uniform(10, 90):.1f}"
    assert "two sizes" not in told(asked(tmp_path, text(rows))[0])
    for row in rows[1::3]:
        row[column] = f"{float(row[column]) / factor:.4f}"
    said = told(asked(tmp_path, text(rows))[0])
    assert f"Column {rows[0][column]!r} has numbers of two sizes" in said
    assert "in 20 rows (row 2 is the first)" in said
    assert ("percent" in said) == (factor == 100)


def test_kelvin_beside_degrees(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[2::2]:
        row[0] = f"{float(row[0]) + 273.15:.1f}"
    assert "kelvin" in told(asked(tmp_path, text(rows))[0])
    for row in rows[2::2]:
        row[0] = f"{float(row[0]) + 500:.1f}"
    assert "two sizes" not in told(asked(tmp_path, text(rows))[0])


def test_doses_over_decades_are_in_one_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for cells in (10 ** rng.uniform(-3, 2, 40), rng.choice([0.01, 0.1, 1, 10, 100], 40)):
        made, _ = asked(tmp_path, text(with_column("dose", [f"{v:.3g}" for v in cells])))
        assert "two sizes" not in told(made)


def test_a_name_that_no_known_design_has_is_noted() -> None:
    class Frame(dict[str, np.ndarray]):
        columns = property(list)

    rng = np.random.default_rng(0)
    x = Frame(a=rng.uniform(size=40), solvent=rng.choice(["DMF", "THF", "MeCN"], 40).astype(object))
    y = x["a"] + (x["solvent"] == "THF")
    x["solvent"][30:34], y[30:40] = "toluene", np.nan
    p = torchbdi.propose(x, y, n=10, progress=False)
    own = np.array(["in no known design: solvent toluene" in note for note in p.notes])
    assert (own == (p.columns["solvent"] == "toluene")).all() and own.sum() == 4
