"""What a column is, where nobody has said so, and columns that are named."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import problem
from proposer_tables import asked, cells_of, names, refused, text, told, with_column

from torchbdi import InputError
from torchbdi.proposer.columns.column import Classes, Numbers, numbers_of
from torchbdi.proposer.columns.kinds import guess_kind
from torchbdi.proposer.reading.ways import Ways

ROWS = np.arange(2, 62)
LETTERS = np.array(["AC", "GT"] * 10, dtype=object)
NUMBERS = np.linspace(0, 1, 20) ** 2


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e-2"] * 20, "number"),
        (["Na", "K", "Li"] * 20, "category"),
        (["1", "2", "x"] * 10 + ["a", "b", "c"] * 10, "category"),
        ([f"{i:06b}".replace("0", "A").replace("1", "C") for i in range(60)], "sequence"),
    ],
)
def test_kinds_are_guessed(cells: list[str], kind: str) -> None:
    assert guess_kind("c", cells_of(cells), ROWS[: len(cells)]).kind == kind


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1"] * 58 + ["about 2", "3"], "'about 2' in row 60 is not a number .1 of 60 cells"),
        ([f"material {i // 2}" for i in range(120)], "60 different values in 120 rows"),
        (["1"] * 59 + ["2 or 3"], "'2 or 3' in row 61 is not a number"),
        ([f"solv{a}{b}" for a in "abcdefgh" for b in "abcdefgh"] + ["solvaa"], "--sequence c"),
        (["ACDEF" + "G" * (i % 9) + "ACDEFGHIKL"[i % 7] for i in range(60)], "equal length"),
    ],
)
def test_columns_that_are_nothing_are_told(cells: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        guess_kind("c", cells_of(cells), np.arange(2, 2 + len(cells)), Ways(True))


def test_only_texts_of_equal_length_are_offered_as_sequences() -> None:
    cells = [f"10.0.0.{i // 2}" for i in range(140)]
    with pytest.raises(InputError, match="too many for a category") as caught:
        guess_kind("ip", cells_of(cells), np.arange(140), Ways(True))
    assert "--category ip" in str(caught.value) and "--sequence" not in str(caught.value)
    kind = guess_kind("ip", cells_of([f"10.0.0.{i}" for i in range(140)]), np.arange(140))
    assert kind.kind == "none" and "sequences" not in kind.remark


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e200", "NAN"])
def test_numbers_that_cannot_be_computed_with(cell: str) -> None:
    with pytest.raises(InputError, match="in row 3 is not finite"):
        numbers_of("c", cells_of(["1", cell]), ROWS)
    with pytest.raises(InputError, match="Change the unit"):
        numbers_of("c", cells_of(["0", "1e-150"]), ROWS)


def test_columns_can_be_named() -> None:
    made = problem({"grade": [1, 2] * 10, "x": NUMBERS, "s": LETTERS}, sequences=("s",),
                   categories=("grade",))  # fmt: skip
    grade, x, s = made.space.columns
    assert isinstance(grade, Classes)
    assert grade.classes == ("1", "2")
    assert x.name == "x"
    assert isinstance(s, Classes)
    assert (s.classes, s.length) == (("A", "C", "G", "T"), 2)
    # Of the six logits of s four vary: a G stands at the first place only, a C at the second.
    assert made.design_space.kinds == ("category", "number", "site", "site")


@pytest.mark.parametrize("name", ["catalyst_id", "solvent code", "SaltType", "type of salt"])
def test_codes_that_are_numbers_are_told(name: str, tmp_path: Path) -> None:
    """Of catalysts 3 and 7 the mean is none."""
    content = text(with_column(name, [3, 7, 8, 12, 15] * 8))
    made, _ = asked(tmp_path, content)
    remark = next(r for r in made.remarks if "called like codes" in r)
    words = shlex.split(remark[remark.index("--category") : remark.index("; if they only")])
    ignore = shlex.split(remark[remark.index("--ignore") : remark.index("); --number")])
    for way in (words, ignore, ["--number", name]):
        assert "called like codes" not in told(asked(tmp_path, content, *way)[0])
    amounts = ("amount", "fluid_temp", "acid", "ID (mm)", "class weight", "strain rate")
    numbers = [3, 7, 8, 12, 15] * 8
    for other, cells in (
        (name, [0.5, 1.5, 2.5, 3.5] * 10), (name, [0, 1] * 20), *((n, numbers) for n in amounts)
    ):  # fmt: skip
        made, _ = asked(tmp_path, text(with_column(other, cells)))
        assert "called like codes" not in told(made)


def test_powers_of_ten_that_may_be_names_are_asked_about(tmp_path: Path) -> None:
    content = text(with_column("clone", ["1E2", "1E3", "2E1", "3E4"] * 10))
    message = refused(tmp_path, content)
    for option in ("category", "number", "ignore"):
        assert f"--{option} clone" in message
        asked(tmp_path, content, f"--{option}", "clone")


@pytest.mark.parametrize(
    "cells",
    [["1e2", "1e3"], ["1E+2", "1E+3"], ["1.0E2", "1E3"], ["1E3", "2E3"], ["1E2", "500"]],
)
def test_powers_of_ten_that_are_numbers(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("dose", cells * 20)))
    assert made.columns[0].name == "dose"


def test_three_digits_with_zeros_before_them_are_asked_about(tmp_path: Path) -> None:
    codes = ["007", "012", "103"]
    content = text(with_column("catalyst", [codes[i % 3] for i in range(40)]))
    assert "--category catalyst" in refused(tmp_path, content)
    made, _ = asked(tmp_path, content, "--category", "catalyst")
    assert made.columns[0].classes == ("007", "012", "103")  # type: ignore[union-attr]
    angles = [("000", "045", "090", "180")[i % 4] for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("angle", angles)))
    assert isinstance(made.columns[0], Numbers)


def test_days_that_go_up_with_the_rows_are_told(tmp_path: Path) -> None:
    """The third day is none that anybody can choose, unless it is how long one waited."""
    content = text(with_column("Day", [i // 10 + 1 for i in range(40)]))
    made, _ = asked(tmp_path, content)
    assert "'Day' goes up one by one" in told(made) and "Day" in names(made)
    assert "Day" not in names(asked(tmp_path, content, "--ignore", "Day")[0])
    assert "one by one" not in told(asked(tmp_path, content, "--number", "Day")[0])
    for cells in ([1, 2, 3, 4] * 10, [i // 10 * 7 for i in range(40)]):
        assert "one by one" not in told(asked(tmp_path, text(with_column("Day", cells)))[0])


def test_days_too_many_for_names_are_asked_about(tmp_path: Path) -> None:
    content = text(with_column("Day", [f"D{i // 2 + 1}" for i in range(120)], 120))
    assert "60 different values in 120 rows" in refused(tmp_path, content)
    assert "Day" not in names(asked(tmp_path, content, "--ignore", "Day")[0])
