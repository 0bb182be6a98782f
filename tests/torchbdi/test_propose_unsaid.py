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
from torchbdi.proposer.columns.units import two_units_remarks


def way(remarks: Sequence[str], what: str) -> list[str]:
    """The words of a rule that a remark offers."""
    remark = next(r for r in remarks if what in r)
    return shlex.split(remark[remark.index("--rule") : -1])


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


def test_columns_in_other_units_are_not_compared(tmp_path: Path) -> None:
    for units, compared in (("C", "C"), True), (("C", "min"), False):
        rows = ordered()
        rows[0][:2] = (f"first ({units[0]})", f"last ({units[1]})")
        assert ("is at most" in told(asked(tmp_path, text(rows))[0])) == compared
        rows = parts(100.0)
        rows[0][:3] = [f"A ({units[0]})", f"B ({units[1]})", f"C ({units[1]})"]
        assert ("add up to" in told(asked(tmp_path, text(rows))[0])) == compared


def test_what_follows_from_other_limits_is_not_told(tmp_path: Path) -> None:
    """Particles: d10 is below d50, that is below d90, and so d10 is below d90."""
    rng = np.random.default_rng(0)
    rows = plain(60)
    rows[0] = ["d10", "d50", "d90", *rows[0]]
    for i, row in enumerate(rows[1:], start=1):
        d10, first, second = rng.uniform(2, 9), rng.uniform(0, 5), rng.uniform(0, 5)
        own = [f"{v:.2f}" for v in (d10, d10 + first, d10 + first + second)]
        rows[i] = [*own, *row]
    made, _ = asked(tmp_path, text(rows))
    own = {remark.split(" in all rows")[0] for remark in made.remarks if " is at most " in remark}
    assert own == {"'d10' is at most 'd50'", "'d50' is at most 'd90'"}


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
        row[2] = "none" if row[0] == "0.0" else "some"
    said = told(asked(tmp_path, text(three))[0])
    assert "'c' is 0 and 'd' is none where 'a' is 0, and nowhere else. " in said


@pytest.mark.parametrize(
    ("cells", "several"),
    [
        (["WT", "A23T", "K45R", "A23T;K45R", "A23T;G67D", "K45R;G67D"], True),
        (["EtOH/water", "DMF/water", "EtOH/DMF", "DMF"], True),
        (["A/1", "B/2", "C/3", "D/4"], False),  # no part stands in two of them
        (["3/1", "1/3", "1/1", "3/3"], False),  # ratios
        (["NaCl", "KCl", "Na2SO4"], False),
        (["F/C=C/F", "F/C=C/Cl", "Cl/C=C/Cl"], False),  # formulas
        (["[K+].[OH-]", "[Na+].[OH-]", "[K+].[F-]", "[Na+].[F-]"], False),
    ],
)
def test_levels_that_hold_several_things(cells: list[str], several: bool, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", (cells * 40)[:40])))
    assert ("hold several things" in told(made)) == several


def test_lists_are_shown_as_they_stand(tmp_path: Path) -> None:
    cells = ["EtOH + EtOH", "EtOH + water", "water + DMF", "DMF + EtOH"]
    said = told(asked(tmp_path, text(with_column("what", cells * 10)))[0])
    assert "such as 'DMF + EtOH'" in said


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
    levels = ([0.01, 0.1, 1, 10, 100], [0.1, 0.2, 0.3, 20, 30, 40], [1, 2, 5, 100, 200, 500])
    for cells in (10 ** rng.uniform(-3, 2, 40), *(rng.choice(own, 40) for own in levels)):
        made, _ = asked(tmp_path, text(with_column("dose", [f"{v:.3g}" for v in cells])))
        assert "two sizes" not in told(made)


def test_levels_of_two_units_are_the_same_ones() -> None:
    rng, rows = np.random.default_rng(0), np.arange(40)
    for levels, what in (
        ([0.2, 0.4, 0.6, 20, 40, 60], "percent"), ([0.02, 0.04, 0.06, 20, 40, 80], ""),
        ([25, 50, 75, 298, 323, 348], "kelvin"), ([20, 40, 60, 300, 320, 340], ""),
    ):  # fmt: skip
        said = two_units_remarks({"a": rng.choice(np.array(levels, float), 40)}, rows)
        assert bool(said) == bool(what) and what in " ".join(said)


def test_tails_of_distributions_are_in_one_unit() -> None:
    """The lowest of many numbers are often far below the others, as a factor."""
    draws = [np.random.default_rng(seed) for seed in range(200)]
    columns = {str(i): rng.uniform(0, 20, 100).round(2) for i, rng in enumerate(draws)}
    columns |= {f"e{i}": np.exp(rng.normal(0, 2, 60)) for i, rng in enumerate(draws)}
    own = [two_units_remarks({name: v}, np.arange(len(v))) for name, v in columns.items()]
    assert sum(map(bool, own)) == 0


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
    assert (f"In all designs 'eq' is 0 where 'ligand' is {name}. " in said) == told_of
    rows[1][1] = "0.2"
    assert "In all designs" not in told(asked(tmp_path, text(rows))[0])


def test_few_rows_tell_of_a_start_and_an_end_by_their_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [["ramp start", "ramp end", *plain()[0]]]
    for row in plain(24)[1:]:
        start = rng.integers(0, 6) * 10
        rows.append([f"{start}", f"{start + rng.integers(1, 5) * 10}", *row])
    made, _ = asked(tmp_path, text(rows))
    assert way(made.remarks, "'ramp start' is at most 'ramp end'")[0] == "--rule"
    rows[0][:2] = ["one", "other"]
    assert "is at most" not in told(asked(tmp_path, text(rows))[0])
