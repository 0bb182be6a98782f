"""What is told of columns that are looked up, where they are fixed, bounded or all that is left."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_looked_up import classes, solvents, up
from proposer_tables import asked, names, refused, text, told

from torchbdi.proposer.reading.table import Table
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand


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


def test_nothing_is_left_where_all_else_is_fixed(tmp_path: Path) -> None:
    message = refused(tmp_path, text(solvents()), "--fix", "solvent", "--fix", "a=3")
    assert "'bp' follows from 'solvent'" in message and "--number bp" in message


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


@pytest.mark.parametrize(
    "words",
    [
        ("--bounds", "bp=60:160"), ("--fix", "bp=66"), ("--rule", "bp+a<=150"), ("--free", "bp"),
        ("--step", "bp=5"), ("--at-most", "1 of bp,a"), ("--category", "bp"),
    ],
)  # fmt: skip
def test_what_somebody_named_stays(words: tuple[str, str], tmp_path: Path) -> None:
    assert "bp" not in up(asked(tmp_path, text(solvents()), *words)[0])


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


def test_what_may_follow_from_names_of_two_designs_each_is_told(tmp_path: Path) -> None:
    """Of three each it is looked up; of one each nothing can be said."""
    rows = [["solvent", "bp", "temp", "yield"]]
    for i in range(24):
        rows.append([f"s{i % 12}", f"{40 + 7 * (i % 12)}", f"{20 + 1.3 * i:.1f}", f"{i % 7}.5"])
    made, _ = asked(tmp_path, text(rows))
    assert not up(made)
    remark = next(r for r in made.remarks if "All rows with the same 'solvent'" in r)
    assert "the same 'bp', but" in remark
    for words in (("--ignore", "bp"), ("--ignore", "solvent")):
        assert " ".join(words) in remark
        assert "All rows with" not in told(asked(tmp_path, text(rows), *words)[0])
    assert "All rows with" not in told(asked(tmp_path, text(rows), "--number", "bp")[0])
    rows[5][1] = "41"
    assert "All rows with" not in told(asked(tmp_path, text(rows))[0])
    assert "All rows with" not in told(asked(tmp_path, text(solvents()))[0])


def test_real_values_beside_coded_ones_are_told_at_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = "ABCD"
    rows = [[*names, *(f"real {name}" for name in names), "yield"]]
    for _ in range(30):
        coded = rng.integers(-1, 2, 4)
        real = 50 + coded * [10, 5, 20, 2]
        rows.append([*map(str, coded), *map(str, real), f"{rng.normal():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert up(made) == {f"real {name}": name for name in names}
    (remark,) = (r for r in made.remarks if "follow" in r)
    assert "'real A', 'real B', 'real C', 'real D' follow each from one of 'A', 'B'" in remark
    kept, _ = asked(tmp_path, text(rows), "--number", "real A")
    assert sum("follow" in r for r in kept.remarks) == 3


def test_what_is_looked_up_is_told_where_nothing_is_left_to_propose(tmp_path: Path) -> None:
    levels = [("30", "w"), ("40", "x"), ("50", "y"), ("60", "z")]
    rows = [["T", "class", "a", "yield"]]
    rows += [[*levels[i % 4], f"{i // 4}", f"{i % 7}.5"] for i in range(12)]
    message = refused(tmp_path, text(rows))
    assert "every design is known" in message
    assert "'T' follows from 'class'" in message and "--number T" in message


def test_a_share_that_is_0_without_a_second_solvent_is_kept_by_the_sum(tmp_path: Path) -> None:
    """Looked up by the first share it would leave the second solvent's name free."""
    rng = np.random.default_rng(0)
    rows = [["one", "% one", "two", "% two", "t", "yield"]]
    for _ in range(48):
        share = int(rng.choice([100, 90, 75, 50]))
        two = "-" if share == 100 else rng.choice(["DMF", "THF"])
        line = [rng.choice(["MeOH", "MeCN"]), share, two, 100 - share, rng.choice([2, 6, 16])]
        rows.append([*map(str, line), f"{rng.normal(50, 9):.1f}"])
    made, _ = asked(tmp_path, text(rows))
    assert not up(made) and [own.amount for own in made.absent] == ["% two"]
    assert "'% one', '% two' add up to 100 in every row" in told(made)
    # Without names for nothing it is looked up.
    plainly = [[c.replace("-", "DMA") for c in row] for row in rows]
    assert set(up(asked(tmp_path, text(plainly))[0])) == {"% two"}


def test_recipes_that_a_name_tells_can_be_searched_without_it(tmp_path: Path) -> None:
    """All times of all formulations are known, and new formulations are what is looked for."""
    rng = np.random.default_rng(0)
    rows = [["Formulation", "binder", "x", "time", "yield"]]
    for i in range(12):
        own = [f"F{i}", str(rng.choice(list("abc"))), f"{rng.uniform(0, 9):.1f}"]
        rows += [[*own, time, f"{rng.normal(50, 9):.1f}"] for time in ("1", "7", "14", "28")]
    message = refused(tmp_path, text(rows))
    assert "every design is known" in message
    assert "If 'Formulation' only names what others make, leave it out (--ignore Formu" in message
    made, _ = asked(tmp_path, text(rows), "--ignore", "Formulation")
    assert names(made) == ["binder", "x", "time"]
