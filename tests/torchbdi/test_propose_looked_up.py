"""Columns that are looked up by another column: left out, and written along."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from asked import asked, refused, text, told

from torchbdi.__main__ import main
from torchbdi.proposer.reading.table import Table
from torchbdi.proposer.reading.ways import IN_PYTHON, Ways
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood

BOILING = {"tol": "110.6", "THF": "66.0", "DMF": "153.0", "MeCN": "82.0"}
LOTS = [("55.2", "5.36", "87"), ("43.8", "5.43", "96"), ("49.6", "2.51", "46"),
        ("53.4", "5.33", "128"), ("57.2", "5.22", "100")]  # fmt: skip


def solvents(n: int = 40) -> list[list[str]]:
    """A header and rows of bp, solvent, a and yield."""
    rng = np.random.default_rng(0)
    rows = [["bp", "solvent", "a", "yield"]]
    for i in range(n):
        name, a = [*BOILING][i % 4], rng.uniform(0, 9)
        rows.append([BOILING[name], name, f"{a:.2f}", f"{float(BOILING[name]) / 9 + a:.2f}"])
    return rows


def classes(n: int = 40) -> list[list[str]]:
    """A header and rows of cas, solvent, class, a and yield."""
    own = {"68-12-2": ("DMF", "amide"), "109-99-9": ("THF", "ether"),
           "75-05-8": ("MeCN", "nitrile"), "127-19-5": ("DMA", "amide")}  # fmt: skip
    rng = np.random.default_rng(0)
    rows = [["cas", "solvent", "class", "a", "yield"]]
    for i in range(n):
        cas, a = [*own][i % 4], rng.uniform(0, 9)
        rows.append([cas, *own[cas], f"{a:.2f}", f"{(i % 4) ** 2 + a:.2f}"])
    return rows


def lots(n: int = 40) -> list[list[str]]:
    """A header and rows of moisture, fat, size, temp and yield."""
    rng = np.random.default_rng(0)
    rows = [["moisture", "fat", "size", "temp", "yield"]]
    for i in range(n):
        temp = rng.uniform(20, 80)
        rows.append([*LOTS[i % 5], f"{temp:.1f}", f"{temp / 9 + float(LOTS[i % 5][1]):.2f}"])
    return rows


def up(made: Understood) -> dict[str, str]:
    """What is looked up, and by what."""
    return {name: own.of for name, own in made.looked_up.items()}


def test_numbers_that_follow_from_names_are_left_out_and_told(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(solvents()))
    assert up(made) == {"bp": "solvent"}
    assert [c.name for c in made.columns] == ["solvent", "a"]
    assert made.order == ("bp", "solvent", "a")
    remark = next(r for r in made.remarks if "follows from 'solvent'" in r)
    words = shlex.split(remark[remark.index("--number") : remark.index(" makes it")])
    kept, _ = asked(tmp_path, text(solvents()), *words)
    assert not up(kept) and [c.name for c in kept.columns] == ["bp", "solvent", "a"]
    assert "follows from" not in told(kept)


def test_names_that_follow_from_names_are_left_out_and_told(tmp_path: Path) -> None:
    """A solvent has one class and one number in a register: other pairs cannot be made."""
    made, _ = asked(tmp_path, text(classes()))
    assert up(made) == {"solvent": "cas", "class": "cas"}
    assert [c.name for c in made.columns] == ["cas", "a"]
    assert "--category solvent --category class makes them part of the design" in told(made)
    # The one that somebody named stays, and so does a column that other classes share.
    named, _ = asked(tmp_path, text(classes()), "--category", "solvent", "--ignore", "cas")
    assert up(named) == {"class": "solvent"}
    named, _ = asked(tmp_path, text(classes()), "--category", "solvent")
    assert up(named) == {"cas": "solvent", "class": "solvent"}
    rows = classes()
    rows[7][2] = "other"
    assert up(asked(tmp_path, text(rows))[0]) == {"solvent": "cas"}


@pytest.mark.parametrize("ways", [Ways(True), IN_PYTHON])
def test_several_choices_are_typed_as_one(ways: Ways) -> None:
    """In Python an argument can be given once."""
    own = (ways.several("ignore", ["a", "b"]), ways.several("fix", ["a=0", "b=no"]),
           ways.several("take", ["0=out", "n.d.=out"]), ways.several("free", []))  # fmt: skip
    if ways.typed:
        assert own == ("--ignore a --ignore b", "--fix a=0 --fix b=no",
                       "--take 0=out --take n.d.=out", "")  # fmt: skip
    else:
        assert own == ("ignore=['a', 'b']", "fix={'a': '0', 'b': 'no'}",
                       "takes={'0': 'out', 'n.d.': 'out'}", "")  # fmt: skip


def test_columns_that_follow_are_kept_in_python() -> None:
    rows = classes()
    for row in rows[1:]:
        row.insert(2, {"68-12-2": "153", "109-99-9": "66"}.get(row[0], "82"))
    rows[0].insert(2, "bp")
    *x, y = (list(column) for column in zip(*rows[1:], strict=True))
    frame = {n: np.array(c, float if n in ("bp", "a") else object)
             for n, c in zip(rows[0][:-1], x, strict=True)}  # fmt: skip
    table = Table("x", frame, np.arange(len(y)), "")
    made = understand(table, "y", np.array(y, float), Settings())
    assert "numbers=['bp'], categories=['solvent', 'class'] makes them" in told(made)
    own = Settings(numbers=("bp",), categories=("solvent", "class"))
    kept = understand(table, "y", np.array(y, float), own)
    assert [c.name for c in kept.columns] == ["solvent", "bp", "class", "a"]
    assert up(kept) == {"cas": "solvent"}


def test_what_is_fixed_and_follows_from_another_column_is_told(tmp_path: Path) -> None:
    """A class that is fixed leaves the solvent free, of which one alone has that class."""
    content = text([row[1:] for row in classes()])
    made, _ = asked(tmp_path, content, "--fix", "class=ether")
    assert not up(made)
    remark = next(r for r in made.remarks if "follows from 'solvent'" in r)
    assert "ether goes with 'THF' alone" in remark
    words = shlex.split(remark[remark.index("--fix") : -2])
    assert words == ["--fix", "solvent=THF"]
    both, _ = asked(tmp_path, content, "--fix", "class=ether", *words)
    assert "goes with" not in told(both)
    assert "goes with" not in told(asked(tmp_path, content, "--fix", "class")[0])


def test_the_first_of_numbers_that_determine_one_another_stays(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(lots()))
    assert up(made) == {"fat": "moisture", "size": "moisture"}
    assert "--number fat --number size makes them" in told(made)
    kept, _ = asked(tmp_path, text(lots()), "--number", "fat")
    assert up(kept) == {"size": "moisture"}


@pytest.mark.parametrize(
    "words",
    [
        ("--bounds", "bp=60:160"), ("--fix", "bp=66"), ("--rule", "bp+a<=150"), ("--free", "bp"),
        ("--step", "bp=5"), ("--at-most", "1 of bp,a"), ("--category", "bp"),
    ],
)  # fmt: skip
def test_what_somebody_named_stays(words: tuple[str, str], tmp_path: Path) -> None:
    assert "bp" not in up(asked(tmp_path, text(solvents()), *words)[0])


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (("--bounds", "moisture=40:60"), False), (("--free", "moisture"), False),
        (("--fix", "moisture=50"), False), (("--fix", "moisture=49.6"), True),
        (("--fix", "moisture"), True), (("--rule", "moisture<=50"), True),
    ],
)  # fmt: skip
def test_levels_look_up_where_they_are_kept_to(
    words: tuple[str, str], kept: bool, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(lots()), *words)
    assert (up(made).get("size") == "moisture") == kept


def test_what_may_be_chance_or_is_a_design_stays(tmp_path: Path) -> None:
    rows = solvents()
    rows[5][0] = "111"  # tol has two
    assert not up(asked(tmp_path, text(rows))[0])
    two = [r for r in solvents() if r[1] in ("solvent", "tol", "DMF")]
    assert not up(asked(tmp_path, text(two))[0])
    # Designs that are repeated: each of their columns determines all others.
    own = [[f"{v:.1f}" for v in row] for row in np.random.default_rng(1).uniform(0, 9, (10, 3))]
    many = [["a", "b", "c", "yield"], *([*own[i % 10], f"{i % 7}.5"] for i in range(40))]
    assert not up(asked(tmp_path, text(many))[0])
    levels = [(a, b, c) for a in "135" for b in "246" for c in "xyz"][:-1]
    full = [["a", "b", "c", "yield"], *([*row, f"{i % 7}.5"] for i, row in enumerate(levels))]
    assert not up(asked(tmp_path, text(full))[0])


def test_parts_of_a_sum_with_others_stay(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [["blend", "A", "B", "C", "yield"]]
    for i in range(40):
        a, b = (10, 20, 30, 45)[i % 4], rng.integers(0, 50)
        rows.append([f"m{i % 4}", f"{a}", f"{b}", f"{100 - a - b}", f"{b % 7}.5"])
    made, _ = asked(tmp_path, text(rows))
    assert not up(made) and "add up to 100" in told(made)


def test_proposals_have_what_belongs_to_their_choice(tmp_path: Path) -> None:
    for rows, key in ((solvents(), "solvent"), (lots(), "moisture"), (classes(), "cas")):
        (tmp_path / "t.csv").write_text(text(rows))
        out = tmp_path / key
        argv = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "8", "-o", str(out)]
        assert main(argv) == 0
        places = range(2) if key == "solvent" else range(3)
        known = {tuple(row[i] for i in places) for row in rows[1:]}
        written = [line.split(",") for line in (out / "proposals.csv").read_text().splitlines()]
        assert written[0][: len(places)] == rows[0][: len(places)] and len(written) == 9
        assert {tuple(row[i] for i in places) for row in written[1:]} <= known
        assert f"<span>{rows[0][places[-1]]} " in (out / "report.html").read_text()


def test_nothing_is_left_where_all_else_is_fixed(tmp_path: Path) -> None:
    message = refused(tmp_path, text(solvents()), "--fix", "solvent", "--fix", "a=3")
    assert "'bp' follows from 'solvent'" in message and "--number bp" in message


def test_nothing_is_looked_up_where_rows_are_chosen_among(tmp_path: Path) -> None:
    """What is known of a solvent that was never tried is its boiling point."""
    rng = np.random.default_rng(0)
    points = {"tol": 111, "MeCN": 82, "DMF": 153, "THF": 66, "DCM": 40}
    rows = [["solvent", "bp", "a", "yield"]]
    for i in range(48):
        name = list(points)[i % 4]
        a = rng.uniform(0, 10)
        rows.append([name, str(points[name]), f"{a:.2f}", f"{points[name] / 20 + a:.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "bp" in made.looked_up
    rows.append(["DCM", "40", "5.00", "PENDING"])
    made, _ = asked(tmp_path, text(rows))
    assert not made.looked_up and "bp" in [column.name for column in made.columns]


@pytest.mark.parametrize("words", [("--bounds", "bp=60:100"), ("--rule", "bp+a<=150")])
def test_a_limit_for_what_is_looked_up_is_told_to_move_it_alone(
    words: tuple[str, str], tmp_path: Path
) -> None:
    """Solvents that boil below 100 degrees were meant, and not toluene that does."""
    content = text(solvents())
    made, _ = asked(tmp_path, content, *words)
    remark = next(r for r in made.remarks if "Column 'bp', of which bounds" in r)
    fixed = shlex.split(remark[remark.index("--fix") :])[1]
    kept, _ = asked(tmp_path, content, "--fix", fixed)
    assert up(kept)["bp"] == "solvent"
    if words[0] == "--bounds":
        own = {row[1]: float(row[0]) for row in solvents()[1:]}
        assert 60 <= own[fixed.removeprefix("solvent=")] <= 100
    for more in (("--number", "bp"), ()):
        free, _ = asked(tmp_path, content, *more, *(words if more else ()))
        assert "of which bounds" not in told(free)


def test_a_column_that_is_fixed_already_is_not_to_be_fixed_again(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(solvents()), "--bounds", "bp=60:100", "--fix", "solvent=tol")
    remark = next(r for r in made.remarks if "Column 'bp', of which bounds" in r)
    assert "--fix" not in remark and "--number bp says that" in remark
