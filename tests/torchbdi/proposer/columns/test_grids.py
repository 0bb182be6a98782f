"""The values that a column of numbers can have: levels, steps, whole numbers, decimals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told, with_column

from torchbdi import propose
from torchbdi.proposer.columns.column import Numbers
from torchbdi.proposer.columns.grids import grid_of
from torchbdi.proposer.columns.precision import decimals_of, exponent_of
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.reading.table import as_texts

RNG = np.random.default_rng(0)
N = 40
LEVEL = np.arange(N) % 4


def grid(cells: list[str], **more: object) -> object:
    values = np.array([float(cell) for cell in cells])
    column = Numbers("c", float(values.min()), float(values.max()))
    return grid_of(column, values, as_texts(cells), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "kind", "step", "written"),
    [
        (["20", "40", "60", "80"] * 5, "levels", None, "40"),
        ([str(55 + 5 * i) for i in range(15)], "step", 5, "60"),
        ([f"{0.25 * i:.2f}" for i in range(1, 40, 2)] * 2, "step", 0.5, "1.25"),
        ([str(10 * i) for i in range(400)], "whole", 10, "60"),
        ([str(i * i) for i in range(15)], "whole", 1, "60"),
        ([f"{v:.1f}" for v in RNG.uniform(20, 90, 40)], "", 0.1, "60.0"),
        ([f"{v:.12f}" for v in RNG.uniform(20, 90, 40)], "", None, "60"),
        ([f"{10**v:.2e}" for v in RNG.uniform(-5, -1, 40)], "", None, "60"),
    ],
)
def test_what_a_column_can_have(
    cells: list[str], kind: str, step: float | None, written: str
) -> None:
    made = grid(cells)
    assert made.kind == kind  # type: ignore[attr-defined]
    own = made.number.step  # type: ignore[attr-defined]
    assert own == pytest.approx(step) if step else own is None
    allowed = made.number.nearest(np.array([float(c) for c in cells]))  # type: ignore[attr-defined]
    np.testing.assert_allclose(allowed, [float(c) for c in cells], rtol=1e-12)
    value = float(made.number.nearest(np.array([float(written)]))[0])  # type: ignore[attr-defined]
    if step or kind == "levels":
        assert made.write(value) == written  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        ([str(v) for v in RNG.integers(10**11, 10**12, 40)], "375867489957"),
        ([f"{v:.2f}" for v in RNG.uniform(1, 10**6, 40)], "375867489956.69"),
    ],
)
def test_numbers_of_very_many_steps_are_written_as_the_table_has_them(
    cells: list[str], written: str
) -> None:
    made = grid(cells)
    assert made.write(375867489956.68884) == written  # type: ignore[attr-defined]
    assert not made.number.discrete  # type: ignore[attr-defined]
    assert made.kind == ("" if "." in written else "whole")  # type: ignore[attr-defined]


def test_whole_numbers_of_twelve_digits_stay_whole_in_python_too() -> None:
    x = np.column_stack([RNG.integers(10**11, 10**12, 30), RNG.integers(1, 99, 30)])
    y = np.sin(x[:, 0] / 4e11) + x[:, 1] / 99
    made = propose(x, y, n=2, progress=False)
    assert (made.x % 1 == 0).all()


def test_whole_numbers_stay_within_bounds_that_are_not_whole() -> None:
    x = np.column_stack([RNG.integers(10**11, 10**12, 30), RNG.integers(1, 99, 30)])
    low = x[:, 0].min() + 0.5
    made = propose(
        x, -x[:, 0] / 4e11 + x[:, 1] / 99, n=2, bounds={"x0": (low, None)}, progress=False
    )
    assert (made.x[:, 0] >= low).all()
    assert (made.x[:, 0] == low + 0.5).any()  # low numbers are good
    assert (made.x[:, 0] % 1 == 0).all()


def test_steps_that_are_given_and_columns_that_are_free() -> None:
    cells = [str(v) for v in (22, 25, 30, 35, 40, 55, 60)] * 3
    made = grid(cells, step=5.0)
    assert made.number.grid().tolist() == [25, 30, 35, 40, 45, 50, 55, 60]  # type: ignore[attr-defined]
    uneven = [f"{v:.1f}" for v in RNG.uniform(20.3, 60, 40)]  # on no grid in particular
    assert grid(uneven, step=5.0).number.grid().tolist() == [25, 30, 35, 40, 45, 50, 55]  # type: ignore[attr-defined]
    made = grid(cells, free=True)
    assert made.number.step == 1  # type: ignore[attr-defined]
    made = grid(cells, bounded=True)
    assert made.number.levels is None  # type: ignore[attr-defined]
    levels = np.array([30.0, 50.0, 70.0, 90.0] * 5)
    for low, high, step in ((30, 120, 20), (35, 75, 20), (35, 65, 1), (35, 45, 1)):
        made = grid_of(Numbers("c", low, high), levels, levels, bounded=True)
        assert made.number.step == step  # bounds with room for one level give the levels up
    made = grid([str(i * i) for i in range(15)], free=True)
    assert not made.number.discrete  # type: ignore[attr-defined]


def test_decimals_are_those_of_the_table() -> None:
    assert decimals_of(as_texts(["1", "2.50", "3"])) == 2
    assert decimals_of(as_texts(["1e-3"])) is None
    assert decimals_of(np.array([0.1, 0.25])) == 2
    assert decimals_of(np.array([0.1 + 0.2])) is None


def test_what_is_written_has_the_decimals_of_the_table(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(plain()))
    assert [made.grids[name].write(61.0) for name in made.order] == ["61.0", "61.0", "61.00"]


@pytest.mark.parametrize("low", [0.23, 0.6, 1.17, -0.37, 12.34])
@pytest.mark.parametrize("step", [0.1, 0.05, 0.2, 0.25])
def test_steps_lie_within_the_observed_range(low: float, step: float) -> None:
    """0.23 + 0.07 is 0.30000000000000004 to a computer; multiples of 0.1 begin at 0.3 for it."""
    values = np.round(low + np.random.default_rng(0).uniform(0, 1.3, 40), 2)
    values[0] = low
    column = Numbers("v", float(values.min()), float(values.max()))
    grid = grid_of(column, values, as_texts([f"{v:.2f}" for v in values]), step)
    first, last = np.ceil(low / step - 1e-9), np.floor(values.max() / step + 1e-9)
    assert grid.number.low == round(first * step, 2)
    assert grid.number.high == round(last * step, 2)
    assert grid.decimals is not None


def test_steps_begin_at_a_bound_only_where_one_is_given(tmp_path: Path) -> None:
    cells = [[f"{0.23 + 0.07 * i:.2f}", f"{i * 7 % 10}", f"{i * 3 % 17}.5"] for i in range(30)]
    content = text([["v", "w", "yield"], *cells])

    def lowest(bounds: str) -> float:
        words = ["--bounds", bounds] if bounds else []
        return asked(tmp_path, content, "--step", "v=0.1", *words)[0].grids["v"].number.low

    assert (lowest(""), lowest("v=:1.5")) == (0.3, 0.3)
    assert (lowest("v=0.25:"), lowest("v=0.25:1.5")) == (0.25, 0.25)


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


def test_digits_are_no_end_of_what_can_be_proposed(tmp_path: Path) -> None:
    """Where all numbers of as many digits as the table has are known, there is a way on."""
    doses = [f"{m}e-{k}" for k in (2, 3, 4) for m in range(1, 10)] + ["1e-1"]
    rows = [["dose", "yield"], *([dose, f"{i * (20 - i)}"] for i, dose in enumerate(doses))]
    assert "--free dose" in refused(tmp_path, text(rows))
    made, _ = asked(tmp_path, text(rows), "--free", "dose")
    assert made.grids["dose"].number.levels is None


def test_a_column_of_many_decades_can_be_fixed_at_nothing(tmp_path: Path) -> None:
    rows = plain()
    rows = [["dose", *rows[0]], *([f"1e-{i % 5}", *row] for i, row in enumerate(rows[1:]))]
    for fixed in ("0", "-1"):
        made, settings = asked(tmp_path, text(rows), "--fix", f"dose={fixed}")
        assert not made.grids["dose"].number.log
        ready(made, settings).space.held({"dose": float(fixed)})


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["1e-4", "3e-4", "1E-3"], "e0"), (["7.10e-04", "1.0e-11"], "e00"),
        (["1e5", "0", "2e5"], "e0"), (["1.0E+03", "2.5E-01"], "E+00"),
        (["1e-5", "0.01"], None), (["0.1", "1"], None), (["0"], None), ([], None),
    ],
)  # fmt: skip
def test_how_exponents_are_written(cells: list[str], form: str | None) -> None:
    assert exponent_of(as_texts(cells)) == form
    assert exponent_of(np.array([1e-9, 1e9])) is None


def test_numbers_with_exponents_are_written_with_one(tmp_path: Path) -> None:
    for cells, value, written in (
        (["1e-4", "3e-4", "1e-3", "3e-3"], 3e-4, "3e-4"),
        ([f"{v:.2e}" for v in np.geomspace(1e-5, 1e-1, 40)], 8.013e-4, "8.01e-04"),
        ([f"{v:.2E}" for v in np.geomspace(1e1, 1e5, 40)], 8013.0, "8.01E+03"),
    ):
        own = [cells[i % len(cells)] for i in range(40)]
        made, _ = asked(tmp_path, text(with_column("lr", own)))
        assert made.grids["lr"].write(value) == written
