"""Numbers and units in other spellings: powers of ten, dashes, what stands before and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told, with_column

from torchbdi.proposer.reading.numerals import split
from torchbdi.proposer.reading.spellings import same_unit

Y = np.array([float(row[3]) for row in plain()[1:]])


@pytest.mark.parametrize(
    ("cell", "number", "unit"),
    [
        ("1.5×10^-3", "1.5e-3", ""), ("1,5 x 10^-3", "1,5e-3", ""), ("2·10⁻⁶ M", "2e-6", " M"),
        ("10⁻⁶", "1e-6", ""), ("10^(−3)", "1e-3", ""), ("3x10-5", "3e-5", ""),
        ("-2*10**4", "-2e4", ""), ("4.1 E-6", "4.1e-6", ""), ("5.5D-06", "5.5e-6", ""),
        ("1e\u22126", "1e-6", ""), ("\u20135", "-5", ""), ("~10", "10", ""),
        ("$1,234.5", "1,234.5", "$"), ("€ 5", "5", "€"), ("72.2 **", "72.2", ""),
        ("US$5.5/kg", "5.5", "US$/kg"), ("-EUR 5/L", "-5", "EUR/L"), ("5 €/kg", "5", " €/kg"),
        ("USD 1,200", "1,200", "USD"), ("5EUR", "5", "EUR"), ("5 CHF", "5", " CHF"),
        ("６４．６％", "64.6", "%"), ("72.2 (0.5)", "72.2", ""), ("72.2 (n = 3)", "72.2", ""),
    ],
)  # fmt: skip
def test_spellings_of_numbers(cell: str, number: str, unit: str) -> None:
    assert split(cell) == (number, unit)


@pytest.mark.parametrize("cell", ["6x10", "10-6", "1D-03", "3^2", "$", "~", "$5 kg", "**",
                                  "$5/3", "$5/foo", "EUR5", "EUR", "GBP 5", "3 AUX"])  # fmt: skip
def test_what_is_spelt_alike_and_is_no_number(cell: str) -> None:
    assert split(cell) is None


def test_powers_of_ten_are_searched_as_numbers(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [f"10^-{4 + i % 5}" for i in range(40)])))
    np.testing.assert_array_equal(made.values["c"][:5], [1e-4, 1e-5, 1e-6, 1e-7, 1e-8])
    assert "'c' spans" in told(made)
    rows = [[*row[:3], row[3] if i == 0 else f"{row[3]}×10³"] for i, row in enumerate(plain())]
    np.testing.assert_allclose(asked(tmp_path, text(rows))[0].scores, 1000 * Y)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("${}", "'$' before it"),
        ("US$ {}", "'US$' before it"),
        ("ca. {}", "was left out"),
        ("EUR {}", "'EUR' before it"),
        ("${}/kg", "'$/kg' around it"),
    ],
)
def test_what_stands_before_numbers_is_told(cell: str, said: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [cell.format(i % 5 + 2) for i in range(40)])))
    assert made.values["c"][:3].tolist() == [2, 3, 4]
    assert said in told(made)
    assert not made.table.form.units


@pytest.mark.parametrize("cell", ["{}€", "{} $", "{} EUR", "{} €/kg"])
def test_a_currency_behind_numbers_is_a_unit_however_few_they_are(
    cell: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [cell.format(5 + i % 2) for i in range(40)])))
    assert made.values["c"][:2].tolist() == [5, 6]
    sign = cell[2:].strip()
    assert f"every number has {sign!r} after it" in told(made)
    assert made.table.form.units == {"c": cell[2:]}


def test_losses_have_their_minus_before_the_currency(tmp_path: Path) -> None:
    cells = [f"{'-' * (i % 3 == 0)}${i % 5 + 2}" for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("c", cells)))
    assert made.values["c"][:3].tolist() == [-2, 3, 4]
    assert "every number has '$' before it" in told(made)


def test_numbers_without_their_currency_are_proposals_of_an_earlier_round(tmp_path: Path) -> None:
    for sign, other in (("$", ""), ("", "€"), ("$", "€")):
        cells = [f"{sign if i < 30 else other}{i % 5 + 2}.99" for i in range(40)]
        content = text(with_column("price", cells))
        if sign and other:
            assert "numbers with different units: '$2.99' in row 2" in refused(tmp_path, content)
            continue
        made, _ = asked(tmp_path, content)
        assert made.values["price"][:2].tolist() == [2.99, 3.99] and len(made.scores) == 40
        assert f"some numbers have {sign or other!r} before them" in told(made)


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


@pytest.mark.parametrize("error", [" ± 0.1", " +/- 1.5", "(3)", "±0.25"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_scores_with_their_errors(error: str, decimal: str, tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] += error
    separator = "," if decimal == "." else ";"
    if decimal == ",":
        rows = [[cell.replace(".", ",") for cell in row] for row in rows]
    made, _ = asked(tmp_path, text(rows, separator))
    np.testing.assert_array_equal(made.scores, Y)
    assert f"as in {rows[1][3]!r}, was left out" in told(made)
