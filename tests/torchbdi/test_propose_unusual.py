"""Numbers that are written, or held, in unusual ways: levels, scores and points of all sizes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from asked import asked, plain, refused, text, told, with_column
from propose_children import be_quick

import torchbdi
from torchbdi.proposer.digits import digits, places_of
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood

RNG = np.random.default_rng(0)
N = 40
LEVEL = np.arange(N) % 4
Y = RNG.normal(size=N)


class Frame(dict):
    columns = property(list)


def understood(x: Any, y: Any = Y, decimal: str | None = None) -> Understood:
    return understand(*table_of(x, y, decimal), Settings(decimal=decimal))


@pytest.mark.parametrize(
    "levels",
    [
        ["1e-6", "1e-5", "1e-4", "1e-3"], ["0", "10^-6", "10^-4", "1"],
        ["0", "0.3333333333", "0.6666666667", "1"], ["0", "1e-7", "0.0001", "1"],
        ["1E+06", "2.5E+06", "1E+07", "5E+07"],
    ],
)  # fmt: skip
def test_levels_are_kept_however_they_are_written(levels: list[str], tmp_path: Path) -> None:
    content = text(with_column("dose", [levels[i] for i in LEVEL]))
    made, _ = asked(tmp_path, content)
    numbers = {float(v.replace("10^", "1e")) for v in levels}
    assert set(made.grids["dose"].number.levels or ()) == numbers
    assert "'dose' keeps to the few levels" in told(made)
    for option in (["--free", "dose"], ["--bounds", "dose=0:1"]):
        made, _ = asked(tmp_path, content, *option)
        own = made.grids["dose"].number.levels
        assert own is None or (option[0] == "--bounds" and set(own) != numbers)
        assert "keeps to the few levels" not in told(made)


def test_proposals_have_such_levels_and_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Energies in hartree differ in their eighth digit: what is written tells them apart."""
    be_quick(monkeypatch.setattr)
    levels = np.array([1e-6, 1e-5, 1e-4, 1 / 3])
    x = Frame(dose=levels[LEVEL], temp=RNG.uniform(20, 90, N))
    energy = np.round(-1234.5 + 1e-4 * (x["temp"] - 50) / 40 + 1e-5 * LEVEL, 7)
    p = torchbdi.propose(x, energy, n=4, minimize=True, out=tmp_path / "out", progress=False)
    assert set(p.columns["dose"].tolist()) <= set(levels.tolist())
    assert f"best known y is {energy.min():.7f} (row {energy.argmin()})" in p.outlook()
    with (tmp_path / "out" / "proposals.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {float(row["dose"]) for row in rows} <= set(levels.tolist())
    np.testing.assert_allclose([float(row["predicted_y"]) for row in rows], p.predicted, atol=1e-7)
    nearest = [float(row["nearest_y"]) for row in rows]
    np.testing.assert_array_equal(nearest, energy[[int(row["nearest_row"]) for row in rows]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["tensor", "array", "frame"])
def test_short_numbers_of_any_precision_are_those_numbers(dtype: Any, kind: str) -> None:
    levels = np.array([0.1, 0.2, 0.3, 0.7])[LEVEL].astype(dtype)
    if dtype == np.float64:
        levels = 0.1 * np.array([1, 2, 3, 7])[LEVEL]  # 0.30000000000000004
    amounts = (RNG.integers(0, 1000, N) / 1000).astype(dtype)
    x = np.stack([levels, amounts], axis=1)
    given = {"tensor": torch.from_numpy(x), "array": x, "frame": Frame(x0=levels, x1=amounts)}
    made = understood(given[kind])
    assert made.grids["x0"].number.levels == (0.1, 0.2, 0.3, 0.7)
    np.testing.assert_array_equal(made.values["x1"], np.round(made.values["x1"], 3))


def test_other_numbers_keep_all_their_digits() -> None:
    for x in (RNG.uniform(size=(N, 2)), RNG.uniform(size=(N, 2)).astype(np.float32)):
        table, _, _ = table_of(x, Y)
        np.testing.assert_array_equal(table.columns["x0"], x[:, 0].astype(np.float64))
    eighths = np.stack([np.arange(N) / 1024, RNG.uniform(size=N)], axis=1)
    np.testing.assert_array_equal(table_of(eighths, Y)[0].columns["x0"], eighths[:, 0])


def test_digits_are_those_that_tell_scores_apart() -> None:
    assert places_of(np.array([20.0, 60.0, 95.5])) == 6
    assert places_of(np.array([5.0, 5.0])) == 6
    assert places_of(1e9 + np.arange(9.0)) == 13
    assert digits(9.643e-11, 6.1222e-12) == "9.64e-11"
    assert digits(6.1222e-12, 6.1222e-12) == "6.1e-12"


def test_points_in_a_file_with_semicolons_may_part_thousands(tmp_path: Path) -> None:
    rows = [[row[0].split(".")[0], row[1].split(".")[0], f"{i % 9 + 1}.{i * 37 % 1000:03d}"]
            for i, row in enumerate(plain()[1:])]  # fmt: skip
    rows = [["temp", "time", "yield"], *rows]
    message = refused(tmp_path, text(rows, ";"))
    assert "'1.000' in row 2 is 1000 if points part thousands, and 1.000 if they stand" in message
    for option, factor in (("comma", 1000), ("point", 1)):
        assert f"--decimal {option}" in message
        made, _ = asked(tmp_path, text(rows, ";"), "--decimal", option)
        np.testing.assert_allclose(made.scores, [factor * float(row[2]) for row in rows[1:]])
    assert asked(tmp_path, text(rows))[0].scores[1] == 2.037, "a comma is no mark of decimals here"
    for cell, first in (("0,5", 1000), ("0.5", 1)):
        rows[1][0] = cell
        made, _ = asked(tmp_path, text(rows, ";"))
        assert made.scores[0] == first
        assert ("the points part thousands" in told(made)) == (first == 1000)


def test_python_is_told_what_python_can_be_given() -> None:
    texts = np.array([f"{v:.3f}".replace(".", ",") for v in RNG.uniform(1, 9, N)], dtype=object)
    with pytest.raises(torchbdi.InputError, match="decimal='comma'"):
        understood(Frame(a=texts, b=Y**2))
    made = understood(Frame(a=texts, b=Y**2), decimal="comma")
    assert made.values["a"].max() < 9
    with pytest.raises(torchbdi.InputError, match="decimal: write comma or point"):
        torchbdi.propose(Frame(a=texts, b=Y**2), Y, decimal="dot")
    made = understood(Frame(a=1.0 * LEVEL, b=Y**2))
    assert "free=['NAME']" in told(made)
    assert "--" not in told(made)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([np.ones(2)] * N, "more than one value in row 0"), ([[1, 2]] * N, "x.drop"),
        ([(1, 2)] * N, "a column of its own"), ([{"a": 1}] * N, "more than one value"),
        (np.arange(N) * np.timedelta64(1, "h"), "total_seconds"),
    ],
)  # fmt: skip
def test_cells_that_are_no_single_value_are_refused(cells: Any, said: str) -> None:
    if not isinstance(cells, np.ndarray):
        values = np.empty(N, dtype=object)
        values[:] = cells
        cells = values
    with pytest.raises(torchbdi.InputError, match=said):
        table_of(Frame(a=cells, b=Y**2), Y)


def test_whole_numbers_of_any_size() -> None:
    x = np.empty((N, 1), dtype=object)
    x[:, 0] = [2**70 + i % 9 * 2**60 for i in range(N)]
    assert understood(Frame(a=x[:, 0], b=Y**2)).values["a"][1] == 2.0**70 + 2.0**60
    x[3, 0] = 10**400
    with pytest.raises(torchbdi.InputError, match="row 3 is not finite"):
        understood(Frame(a=x[:, 0], b=Y**2))
    for wrong, said in ((Y, r"x\[:, None\]"), (None, "got None")):
        with pytest.raises(torchbdi.InputError, match=said):
            table_of(wrong, Y)
    with pytest.raises(torchbdi.InputError, match="one column that it has"):
        table_of(np.ones((N, 2)), Y[:, None])


def test_a_column_without_a_name_is_no_score() -> None:
    made = understood(Frame({"a": RNG.uniform(size=N), "": RNG.uniform(size=N)}))
    assert [column.name for column in made.columns] == ["a", ""]


def test_true_and_false_are_fixed_as_they_are_written_in_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be_quick(monkeypatch.setattr)
    frame = Frame(temp=RNG.uniform(size=N).round(2), stirred=LEVEL % 2 == 0)
    made = torchbdi.propose(frame, Y, n=2, fix={"stirred": True}, progress=False)
    assert set(made.columns["stirred"]) == {"True"}
