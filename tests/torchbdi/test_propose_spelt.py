"""Numbers in other spellings, names that look alike, and what only looks like a date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.columns.counting import are_dates
from torchbdi.proposer.reading.numerals import split
from torchbdi.proposer.reading.spellings import same_unit

RNG = np.random.default_rng(0)
Y = np.array([float(row[3]) for row in plain()[1:]])


@pytest.mark.parametrize(
    ("cell", "number", "unit"),
    [
        ("1.5×10^-3", "1.5e-3", ""), ("1,5 x 10^-3", "1,5e-3", ""), ("2·10⁻⁶ M", "2e-6", " M"),
        ("10⁻⁶", "1e-6", ""), ("10^(−3)", "1e-3", ""), ("3x10-5", "3e-5", ""),
        ("-2*10**4", "-2e4", ""), ("4.1 E-6", "4.1e-6", ""), ("5.5D-06", "5.5e-6", ""),
        ("1e\u22126", "1e-6", ""), ("\u20135", "-5", ""), ("~10", "10", ""),
        ("$1,234.5", "1,234.5", "$"), ("€ 5", "5", "€"), ("72.2 **", "72.2", ""),
        ("６４．６％", "64.6", "%"), ("72.2 (0.5)", "72.2", ""), ("72.2 (n = 3)", "72.2", ""),
    ],
)  # fmt: skip
def test_spellings_of_numbers(cell: str, number: str, unit: str) -> None:
    assert split(cell) == (number, unit)


@pytest.mark.parametrize("cell", ["6x10", "10-6", "1D-03", "3^2", "$", "~", "$5 kg", "**"])
def test_what_is_spelt_alike_and_is_no_number(cell: str) -> None:
    assert split(cell) is None


def test_powers_of_ten_are_searched_as_numbers(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [f"10^-{4 + i % 5}" for i in range(40)])))
    np.testing.assert_array_equal(made.values["c"][:5], [1e-4, 1e-5, 1e-6, 1e-7, 1e-8])
    assert "'c' spans" in told(made)
    rows = [[*row[:3], row[3] if i == 0 else f"{row[3]}×10³"] for i, row in enumerate(plain())]
    np.testing.assert_allclose(asked(tmp_path, text(rows))[0].scores, 1000 * Y)


@pytest.mark.parametrize(("cell", "said"), [("${}", "'$' before it"), ("ca. {}", "was left out")])
def test_what_stands_before_numbers_is_told(cell: str, said: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [cell.format(i % 5 + 2) for i in range(40)])))
    assert made.values["c"][:3].tolist() == [2, 3, 4]
    assert said in told(made)
    assert not made.table.form.units


@pytest.mark.parametrize("marks", [["a", "ab", "b", "bc", ""], ["*", "**", "", "†", " ***"]])
def test_letters_and_stars_behind_scores(marks: list[str], tmp_path: Path) -> None:
    rows = plain()
    for i, row in enumerate(rows[1:]):
        row[3] += marks[i % 5]
    made, _ = asked(tmp_path, text(rows))
    np.testing.assert_array_equal(made.scores, Y)
    assert f"as in {rows[1][3]!r}, was left out" in told(made)


def test_one_unit_in_two_spellings(tmp_path: Path) -> None:
    for one, other in (("µM", "μM"), ("hours", "h"), ("ml", "mL"), ("g/l", "g/L"), ("µL", "uL")):
        assert same_unit(one) == same_unit(other)
    assert same_unit("mM") != same_unit("MM")
    cells = [f"{i % 7} {'hour' if i % 7 == 1 else 'hours'}" for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("t", cells)))
    assert made.values["t"].max() == 6
    different = [f"{i % 7} {'min' if i % 7 == 1 else 'h'}" for i in range(40)]
    assert "different units" in refused(tmp_path, text(with_column("t", different)))


def test_the_cells_of_a_column_decide_before_the_option(tmp_path: Path) -> None:
    """With --decimal comma 6.131 is 6131, but not beside 7.82."""
    cells = [f"{v:.{2 + i % 2}f}" for i, v in enumerate(RNG.uniform(1, 9, 40))]
    for mark in ("comma", "point"):
        made, _ = asked(tmp_path, text(with_column("v", cells)), "--decimal", mark)
        np.testing.assert_array_equal(made.values["v"], [float(cell) for cell in cells])


@pytest.mark.parametrize(
    "name", ["temp\u00a0(°C)", "temp  (°C)", '"temp\n(°C)"', "\ufefftemp (°C)"]
)
def test_names_that_look_alike_are_alike(name: str, tmp_path: Path) -> None:
    rows = plain()
    rows[0][0] = name
    made, _ = asked(tmp_path, text(rows), "--bounds", "temp (°C)=30:50", "--rule", "temp (°C)<=45")
    assert made.order[0] == "temp (°C)"
    rows[0][3] = "rende\u0301ment"
    assert asked(tmp_path, text(rows), "--score", "rendément")[0].score == "rendément"


def test_invisible_characters_are_none(tmp_path: Path) -> None:
    rows = [[cell + "\u200b" for cell in row] for row in plain()]
    np.testing.assert_array_equal(asked(tmp_path, text(rows))[0].scores, Y)


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["64-32-16", "32-16-16"], False), (["70/20/10", "50/30/20"], False),
        (["15-15-15", "20-10-10"], False), (["2023-01-31", "2023-12-01"], True),
        (["31.12.23", "1.1.24"], True), (["12/31/2023 10:05", "1/5/2023 9:00"], True),
        (["Mon, 3/12/2024", "5 Jan 2024"], True),
    ],
)  # fmt: skip
def test_three_numbers_are_a_date_where_they_can_be_one(cells: list[str], dates: bool) -> None:
    assert are_dates(cells) == dates


@pytest.mark.parametrize("option", ["--fix", "--bounds", "--step"])
def test_options_say_that_they_have_a_decimal_point(option: str, tmp_path: Path) -> None:
    value = "conc=0,5:1" if option == "--bounds" else "conc=0,5"
    assert "decimal point" in refused(tmp_path, text(plain()), option, value)


def test_words_that_no_score_is_are_answered_with_those_that_are(tmp_path: Path) -> None:
    rows = plain()
    rows[4][3] = "Failed"
    assert "Of the others: 'Failed'" in refused(tmp_path, text(rows), "--take", "failed=0")


def test_texts_that_are_no_sequences_as_the_others_are(tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list("ACGT"), 9)) for _ in range(40)]
    content = text(with_column("site", [*sites[:6], "ACGT1ACGT", *sites[7:]]))
    message = refused(tmp_path, content)
    assert "'ACGT1ACGT' (row 8)" in message
    for option in ("sequence", "category", "ignore"):
        assert f"--{option} site" in message
        asked(tmp_path, content, f"--{option}", "site")
    made, _ = asked(tmp_path, text(with_column("site", [*sites[:6], "ACGTXACGT", *sites[7:]])))
    assert "All but 'ACGTXACGT' are DNA or RNA" in told(made)
    assert "All but" not in told(asked(tmp_path, text(with_column("site", sites)))[0])


def test_a_first_line_without_names_is_suspected(tmp_path: Path) -> None:
    rows = [["DMF", *row] for row in plain()[1:]]
    assert "write a line of names above it" in refused(tmp_path, text(rows))


@pytest.mark.parametrize(
    ("cell", "takes"),
    [("<0,5", ["<0,5=0.5", "<0,5=0.25"]), ("<5%", ["<5%=5", "<5%=2.5"]), (">1,234.5", [])],
)
def test_limits_in_other_spellings(cell: str, takes: list[str], tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = f'"{row[3]}%"' if "%" in cell else row[3]
    rows[4][3] = rows[9][3] = f'"{cell}"'
    message = refused(tmp_path, text(rows))
    for take in takes or [f"{cell}=1234.5"]:
        assert f"--take '{take}'" in message
        made, _ = asked(tmp_path, text(rows), "--take", take)
        assert made.scores[3] == float(take.partition("=")[2])


@pytest.mark.parametrize(
    "cells",
    [["1", "1*", "2", "2*"], ["1", "2*", "3", "4*"], ["10k", "100k", "1M"], ["500", "1k", "5k"]],
)
def test_names_that_begin_as_numbers_stay(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", [cells[i % len(cells)] for i in range(40)])))
    assert isinstance(made.columns[0], Classes) and made.columns[0].classes == tuple(sorted(cells))
