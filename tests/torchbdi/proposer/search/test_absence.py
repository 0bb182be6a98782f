"""Proposals have none of something by its name where they have none of its amount."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_problems import proposed
from proposer_quick import be_quick
from proposer_tables import asked, refused, text, told

from torchbdi.proposer.columns.nothing import Absent
from torchbdi.proposer.search.absence import with_absent
from torchbdi.space import Choice, Column, Number, Space

LIGANDS = ("none", "PPh3", "XPhos")


def space_of(amount: Number, ligand: Choice | None = None) -> Space:
    columns: tuple[Column, ...] = (ligand or Choice("ligand", LIGANDS), amount)
    return Space(columns).fit(np.array([[0, 0.0], [1, 2.0], [2, 5.0], [1, 4.0]]))


def made(space: Space, own: Absent, raw: Sequence[tuple[int, float]]) -> list[list[float]]:
    x = with_absent(space.encode(np.array(raw, float)), space, [own])
    return [[float(v) for v in row] for row in space.decode(x).round(9)]


EVERY = [(0, 0.0), (0, 3.0), (1, 0.0), (2, 1.0), (1, 4.0)]


def test_amounts_go_with_names() -> None:
    space = space_of(Number("eq", 0, 5))
    exact = Absent("ligand", ("none",), "eq", 2.0)
    assert made(space, exact, EVERY) == [[0, 0], [0, 0], [1, 2], [2, 2], [1, 4]]
    others_too = Absent("ligand", ("none",), "eq", 0.0)
    assert made(space, others_too, EVERY) == [[0, 0], [0, 0], [1, 0], [2, 1], [1, 4]]


def test_names_go_with_amounts_that_stand_in_a_rule() -> None:
    own = Absent("ligand", ("none",), "eq", 2.0, ruled=True)
    found = made(space_of(Number("eq", 0, 5)), own, EVERY)
    assert found == [[0, 0], [1, 3], [0, 0], [2, 1], [1, 4]]


def test_what_is_fixed_stays_or_leaves_nothing() -> None:
    own = Absent("ligand", ("none",), "eq", 2.0, ruled=True)
    never = space_of(Number("eq", 1, 1, fixed=1))
    assert made(never, own, [(0, 1.0), (1, 1.0)]) == [[1, 1], [1, 1]]
    named = space_of(Number("eq", 0, 0, fixed=0), Choice("ligand", LIGANDS, fixed=2))
    assert made(named, own, [(2, 0.0)]) == []
    bounded = space_of(Number("eq", 2, 5))
    free = Absent("ligand", ("none",), "eq", 2.0)
    assert made(bounded, free, [(0, 3.0), (1, 3.0)]) == [[1, 3]]


def test_amounts_below_zero_stay() -> None:
    """A step down from 0 is an amount, too: 10 degrees less, where nothing is no step."""
    own = Absent("ligand", ("none",), "eq", 0.0)
    found = made(space_of(Number("eq", -5, 5)), own, [(1, -3.0), (0, -3.0), (2, 4.0)])
    assert found == [[1, -3], [0, 0], [2, 4]]


def test_a_name_that_follows_from_one_amount_decides_on_another() -> None:
    space = Space((Choice("ligand", LIGANDS), Number("eq", 0, 5), Number("share", 0, 9)))
    space = space.fit(np.array([[0, 0, 0], [1, 2, 4], [2, 5, 9.0]]))
    free = Absent("ligand", ("none",), "eq", 2.0)
    ruled = Absent("ligand", ("none",), "share", 4.0, ruled=True)
    x = space.encode(np.array([[0, 0, 5], [1, 3, 0], [2, 1, 7.0]]))
    found = space.decode(with_absent(x, space, [free, ruled])).round(9)
    assert found.tolist() == [[1, 2, 5], [0, 0, 0], [2, 2, 7]]


def test_designs_that_are_right_are_left_as_they_are() -> None:
    space = space_of(Number("eq", 0, 5))
    x = space.encode(np.array([[1, 3.3], [0, 0.0]])) + 1e-4
    x[1] -= 1e-4
    own = Absent("ligand", ("none",), "eq", 2.0)
    assert torch.equal(with_absent(x, space, [own]), x)


def table(amounts: Sequence[float], mixture: bool = False, n: int = 40) -> list[list[str]]:
    """Ligands with amounts of their own, and 0 where there is none; best without an amount."""
    rng = np.random.default_rng(3)
    rows = [["ligand", "eq", "water", "acid", "yield"]]
    for i in range(n):
        ligand = LIGANDS[i % 3]
        eq = 0.0 if ligand == "none" else float(rng.choice(amounts))
        water = float(rng.integers(10, 60))
        acid = 100 - eq - water if mixture else float(rng.integers(1, 9))
        score = 40 + 10 * LIGANDS.index(ligand) - 3 * eq - abs(water - 30) / 2
        rows.append([ligand, f"{eq:g}", f"{water:g}", f"{acid:g}", f"{score + rng.normal():.1f}"])
    return rows


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ((2, 5, 10), []), ((2.1, 3.7, 4.4, 5.2, 7.9, 8.8, 9.5, 11.3), []),
        ((2, 5, 10), ["--fix", "ligand"]), ((2, 5, 10), ["--fix", "eq=0"]),
        ((2, 5, 10), ["--bounds", "eq=1:12"]), ((2, 5, 10), ["--fix", "ligand=XPhos"]),
    ],
)  # fmt: skip
def test_proposals_keep_names_and_amounts_together(
    amounts: Sequence[float], words: list[str], tmp_path: Path
) -> None:
    p, written = proposed(tmp_path, table(amounts), "-n", "12", *words)
    assert len(written) == 12 and written[0].keys() >= {"ligand", "eq"}
    for row in written:
        assert (row["ligand"] == "none") == (float(row["eq"]) == 0)
        assert float(row["eq"]) == 0 or float(row["eq"]) >= (1 if "eq=1:12" in words else 2)
    assert "--number eq gives that up" in told(p.problem)


@pytest.mark.usefixtures("quick")
def test_parts_of_a_whole_keep_their_sum_too(tmp_path: Path) -> None:
    _, written = proposed(tmp_path, table((2, 5, 10), mixture=True), "-n", "12")
    for row in written:
        assert (row["ligand"] == "none") == (float(row["eq"]) == 0)
        assert float(row["eq"]) + float(row["water"]) + float(row["acid"]) == 100


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("bounds", "least"), [("eq=0.5:12", 0.5), ("eq=0:12", 2)])
def test_bounds_without_zero_say_how_little_there_can_be(
    bounds: str, least: float, tmp_path: Path
) -> None:
    amounts = [2 + 0.37 * i for i in range(20)]
    p, written = proposed(tmp_path, table(amounts), "-n", "12", "--bounds", bounds)
    assert min(float(row["eq"]) for row in written if row["ligand"] != "none") == least
    assert f"and {least:g} or more elsewhere" in told(p.problem)


@pytest.mark.usefixtures("quick")
def test_the_person_can_give_it_up(tmp_path: Path) -> None:
    p, written = proposed(tmp_path, table((2, 5, 10)), "-n", "12", "--number", "eq")
    assert any((row["ligand"] == "none") != (float(row["eq"]) == 0) for row in written)
    assert "Proposals need not keep that" in told(p.problem)
    both = ["--fix", "ligand=none", "--fix", "eq=5"]
    _, written = proposed(tmp_path, table((2, 5, 10)), "-n", "3", *both)
    assert {(row["ligand"], row["eq"]) for row in written} == {("none", "5")}


@pytest.mark.usefixtures("quick")
def test_only_designs_that_can_be_made_are_counted(tmp_path: Path) -> None:
    """Of 3 ligands and 3 amounts beside 0 there are 7 designs with each solvent, not 12."""
    designs = [(n, a) for n in LIGANDS for a in (0, 1, 2, 3) if (n == "none") == (a == 0)]
    every = [(*own, solvent) for own in designs for solvent in ("DMF", "THF", "DCM", "MTBE")]
    rows = [["ligand", "eq", "solvent", "yield"]]
    rows += [[n, str(a), s, f"{a + len(n) + len(s)}"] for n, a, s in every[:-2]]
    p, written = proposed(tmp_path, rows, "-n", "9")
    assert {(row["ligand"], int(row["eq"]), row["solvent"]) for row in written} == {*every[-2:]}
    assert "There are 2 designs left without a score" in told(p.problem)


@pytest.mark.parametrize(
    "words", [["--fix", "ligand=PPh3", "--rule", "eq<=0"], ["--fix", "ligand=none"]]
)
def test_where_no_design_is_left_it_is_said_what_is_kept_unasked(
    words: list[str], tmp_path: Path
) -> None:
    every = [
        (n, a, s) for n in LIGANDS for a in (0, 1, 2, 3) for s in ("DMF", "THF", "DCM", "MTBE")
    ]
    rows = [["ligand", "eq", "solvent", "yield"]]
    rows += [[n, str(a), s, f"{a + len(n)}"] for n, a, s in every if (n == "none") == (a == 0)]
    said = refused(tmp_path, text(rows[:-1]), *words)
    assert "'eq' is 0 where 'ligand' is none" in said and "--number eq gives that up" in said


def optimizers() -> list[list[str]]:
    """A header and rows of three optimizers, of which one has a momentum, and a rate."""
    rng = np.random.default_rng(0)
    rows = [["optimizer", "rate", "momentum", "yield"]]
    for i in range(36):
        name, rate = ["sgd", "adam", "lion"][i % 3], rng.uniform(0.01, 0.1)
        momentum = rng.uniform(0.5, 0.99) if name == "sgd" else 0.0
        score = 5 * rate + momentum + (name == "adam") + 0.1 * rng.normal()
        rows.append([name, f"{rate:.3f}", f"{momentum:.2f}", f"{score:.3f}"])
    return rows


def test_what_only_one_name_has_no_other_is_proposed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in its name says that adam has no momentum; a model asks for both."""
    be_quick(monkeypatch.setattr)
    found, rows = proposed(tmp_path, optimizers(), "-n", "8")
    least = min(float(row[2]) for row in optimizers()[1:] if row[0] == "sgd")
    for row in rows:
        momentum = float(row["momentum"])
        assert momentum >= least if row["optimizer"] == "sgd" else momentum == 0
    assert "'momentum' is 0 where 'optimizer' is adam or lion, and nowhere else: so it is" in (
        told(found.problem)
    )
    made, _ = asked(tmp_path, text(optimizers()), "--number", "momentum")
    assert made.absent == ()


def test_bounds_without_zero_leave_the_names_that_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_quick(monkeypatch.setattr)
    _, rows = proposed(tmp_path, optimizers(), "-n", "4", "--bounds", "momentum=0.6:0.8")
    assert {row["optimizer"] for row in rows} == {"sgd"}
    assert all(0.6 <= float(row["momentum"]) <= 0.8 for row in rows)
