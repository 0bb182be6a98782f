"""What the commas and points of a table's columns stand for, and the units after numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, scores_with, text, told, with_column

from torchbdi.proposer.columns.column import Numbers

ROWS = plain()
RNG = np.random.default_rng(0)


def test_thousands_where_the_file_leaves_no_doubt_and_a_question_where_it_does(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    whole = [f"{v:,}" for v in rng.integers(1100, 9900, 40)]
    table = with_column("mw", [f'"{cell}"' for cell in whole])
    made, _ = asked(tmp_path, text(table))  # the other columns have points before decimals
    assert made.values["mw"].tolist() == [float(cell.replace(",", "")) for cell in whole]
    assert f"{whole[0]!r} is {whole[0].replace(',', '')}" in told(made)
    assert f"If it is {whole[0].replace(',', '.')}, say --decimal comma" in told(made)
    no_points = [[cell.replace(".", "") for cell in row] for row in table]
    message = refused(tmp_path, text(no_points))
    assert f"{whole[0].replace(',', '')} if commas part thousands" in message
    assert "--decimal point for the first, --decimal comma for the second" in message
    made, _ = asked(tmp_path, text(no_points), "--decimal", "comma")
    assert made.values["mw"][0] == float(whole[0].replace(",", "."))
    made, _ = asked(tmp_path, text(no_points), "--decimal", "point")
    assert made.values["mw"][0] == float(whole[0].replace(",", ""))
    millions = with_column("mw", [f'"{v:,}"' for v in rng.integers(1_100_000, 9_900_000, 40)])
    made, _ = asked(tmp_path, text([[cell.replace(".", "") for cell in row] for row in millions]))
    assert made.values["mw"].min() > 1e6


def test_what_cannot_be_read_alike_is_named(tmp_path: Path) -> None:
    both = with_column("t", [f'"{i},5"' if i % 2 else f"{i}.5" for i in range(40)])
    message = refused(tmp_path, text(both))
    assert "'1,5' in row 3 and '0.5' in row 2: decimals with a comma and with a point" in message
    assert "--ignore t" in message
    mixed = with_column("v", [f"{i} mL" if i else "1 L" for i in range(40)])
    message = refused(tmp_path, text(mixed))
    assert "different units: '1 L' in row 2, '1 mL' in row 3" in message
    more = text([ROWS[0], *([*row, "x"] for row in ROWS[1:])])
    assert "row 2: 5 cells, but the header has 4" in refused(tmp_path, more)


def test_the_cells_of_a_column_decide_before_the_option(tmp_path: Path) -> None:
    """With --decimal comma 6.131 is 6131, but not beside 7.82."""
    cells = [f"{v:.{2 + i % 2}f}" for i, v in enumerate(RNG.uniform(1, 9, 40))]
    for mark in ("comma", "point"):
        made, _ = asked(tmp_path, text(with_column("v", cells)), "--decimal", mark)
        np.testing.assert_array_equal(made.values["v"], [float(cell) for cell in cells])


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


@pytest.mark.parametrize(
    ("unit", "read"),
    [(" turns", True), (" €", True), ("px", True), ("GB", True), ("A", False), ("Ab", False)],
)
def test_any_one_word_after_numbers_is_their_unit(unit: str, read: bool, tmp_path: Path) -> None:
    rows = [[row[0] + (unit if i else ""), *row[1:]] for i, row in enumerate(plain())]
    rows = [[row[0].replace("A", "-A"), *row[1:]] for row in rows]
    made, _ = asked(tmp_path, text(rows))
    assert ("temp" in [c.name for c in made.columns]) == read
    if read:
        np.testing.assert_array_equal(made.values["temp"], [float(r[0]) for r in plain()[1:]])
        assert f"every number has {unit.strip()!r} after it" in told(made)


def test_letters_after_single_digits_are_names(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("ligand", ["2Me", "3Me", "4Me", "5Me"] * 10)))
    assert made.columns[0].classes == ("2Me", "3Me", "4Me", "5Me")  # type: ignore[union-attr]


def test_codes_of_parts_are_names(tmp_path: Path) -> None:
    for cells in (["1k", "2k2", "4k7", "10k"], ["1V8", "3V3", "5V", "12V"], ["1k", "2k2", "1M"]):
        made, _ = asked(
            tmp_path, text(with_column("R1", [cells[i % len(cells)] for i in range(40)]))
        )
        assert made.columns[0].classes == tuple(sorted(cells))  # type: ignore[union-attr]


def test_scores_out_of_five(tmp_path: Path) -> None:
    rows = plain()
    rows[1:] = [[*row[:3], f"{float(row[3]) / 20:.1f}/5"] for row in rows[1:]]
    made, _ = asked(tmp_path, text(rows))
    np.testing.assert_array_equal(made.scores, [float(row[3][:-2]) for row in rows[1:]])
    assert "every number has '/5' after it" in told(made)
    ratios = with_column("mix", [f"{i % 4 + 1}/5" for i in range(40)])
    made, _ = asked(tmp_path, text(ratios))
    assert made.columns[0].classes == ("1/5", "2/5", "3/5", "4/5")  # type: ignore[union-attr]


def test_numbers_with_several_units_can_be_names(tmp_path: Path) -> None:
    content = text(with_column("dose", ["500 mg", "1 g", "2 g", "250 mg"] * 10))
    assert "--category dose" in refused(tmp_path, content)
    assert asked(tmp_path, content, "--category", "dose")[0].columns[0].name == "dose"
    assert "--category" not in refused(tmp_path, content, "--score", "dose")


def test_a_minus_behind_numbers_and_dates_beside_them(tmp_path: Path) -> None:
    cells = [f"{v:.2f}" + "-" * (i % 3 == 0) for i, v in enumerate(RNG.uniform(1, 9, 40))]
    rows = with_column("change", cells)
    rows = [[*row, "01.03.2024" if i else "Datum"] for i, row in enumerate(rows)]
    made, _ = asked(tmp_path, text(rows, ";").replace(".", ",").replace(",03,", ".03."))
    assert made.values["change"].tolist() == [
        -float(cell[:-1]) if cell[-1] == "-" else float(cell) for cell in cells
    ]
    assert f"a minus behind a number, as in {cells[0].replace('.', ',')!r}" in told(made)
    made, _ = asked(tmp_path, text(with_column("charge", ["1-", "2-", "2+"] * 13 + ["1-"])))
    assert made.columns[0].classes == ("1-", "2+", "2-")  # type: ignore[union-attr]


def test_cells_of_different_units_can_be_names(tmp_path: Path) -> None:
    few = text(with_column("t", ["30 min", "2 h", "3 d", "16 h"] * 10))
    message = refused(tmp_path, few)
    assert "--category t" in message and "--ignore t" in message
    made, _ = asked(tmp_path, few, "--category", "t")
    assert set(made.values["t"]) == {"30 min", "2 h", "3 d", "16 h"}
    many = with_column("v", [f"{i} mL" if i else "1 L" for i in range(40)])
    assert "--category" not in refused(tmp_path, text(many))


def test_a_score_of_two_units_is_not_to_be_left_out(tmp_path: Path) -> None:
    message = refused(tmp_path, scores_with({5: "71%"}))
    assert "'71%' in row 5. Give all of them one unit." in message


def test_lots_and_dates_that_end_alike_are_no_numbers(tmp_path: Path) -> None:
    for name, cells in (
        ("lot", [f"{101 + i % 3}AX" for i in range(40)]),
        ("when", [f"{12 + i // 5}May" for i in range(40)]),
        ("sample", [f"{100 + 7 * i % 40}AX" for i in range(40)]),
    ):
        made, _ = asked(tmp_path, text(with_column(name, cells)))
        assert f"Column {name!r}: every number has" not in told(made)
        assert name not in [c.name for c in made.columns if isinstance(c, Numbers)]
