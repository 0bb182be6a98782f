"""Which rows of a table are used: complete ones, each design once, and enough of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_problems import problem
from proposer_tables import asked, cells_of, names, plain, refused, text, told, with_column

from torchbdi import InputError

NUMBERS = np.linspace(0, 1, 20) ** 2
LETTERS = np.array(["AC", "GT"] * 10, dtype=object)
ROWS = plain()


def test_few_rows() -> None:
    with pytest.raises(InputError, match="9 rows with a score; at least 10"):
        problem({"x": NUMBERS[:9]}, np.arange(9.0))
    with pytest.raises(InputError, match="only 5 of 20 rows are different designs"):
        problem({"x": np.tile(NUMBERS[:5], 4)})
    with pytest.raises(InputError, match="0 rows"):
        problem({"x": NUMBERS[:0], "z": NUMBERS[:0]}, np.full(0, 1.0))


def test_scores_have_to_be_numbers_that_differ() -> None:
    with pytest.raises(InputError, match=r"'y': 1 of 20 scores are no numbers: 'high' \(row 3\)"):
        problem({"x": NUMBERS}, cells_of([str(i) if i != 3 else "high" for i in range(20)]))
    with pytest.raises(InputError, match=r"every score is 3. There is nothing to learn"):
        problem({"x": NUMBERS}, np.full(20, 3.0))
    repeated = np.repeat(NUMBERS[:10], 2)
    with pytest.raises(InputError, match="mean score of every different design"):
        problem({"x": repeated}, np.array([1.0, -1.0] * 10))


def test_missing_cells_are_told_or_left_out() -> None:
    x = NUMBERS.copy()
    x[[3, 7]] = np.nan
    s = LETTERS.copy()
    s[7] = ""
    y = np.arange(20.0)
    y[0] = np.nan
    message = (
        r"3 of 20 rows have missing cells, in columns 'x' \(2, first in row 3\), 's' \(1, first"
        r".* or leave these rows out \(drop_missing=True, which keeps 17 rows\)"
    )
    with pytest.raises(InputError, match=message):
        problem({"x": x, "s": s}, y)
    made = problem({"x": x, "s": s}, y, drop_missing=True)
    assert made.rows.tolist() == [i for i in range(20) if i not in (0, 3, 7)]
    assert any("3 of 20 rows were left out" in remark for remark in made.remarks)
    # A column that is left out may have holes.
    assert len(problem({"x": x, "z": NUMBERS}, ignore=("x",)).rows) == 20


def test_a_mostly_empty_column_is_to_be_left_out_first(tmp_path: Path) -> None:
    faults = ["leaked" if i == 3 else "slow" if i == 7 else "" for i in range(40)]
    message = refused(tmp_path, text(with_column("fault", faults)))
    assert message.index("--ignore fault") < message.index("--drop-missing, which keeps 2 rows")
    made, _ = asked(tmp_path, text(with_column("fault", faults)), "--ignore", "fault")
    assert names(made) == ["temp", "time", "conc"]


@pytest.mark.parametrize("word", ["-", "?", "n/a", "None", "—", "tbd"])
def test_gaps_among_numbers(word: str, tmp_path: Path) -> None:
    rows = plain()
    rows[5][0] = rows[9][0] = word
    assert "--drop-missing, which keeps 38 rows" in refused(tmp_path, text(rows))
    made, _ = asked(tmp_path, text(rows), "--drop-missing")
    assert len(made.scores) == 38
    made, _ = asked(tmp_path, text(with_column("base", ["KOH", word] * 20)))
    assert made.columns[0].name == "base"  # among names it may be one


@pytest.mark.parametrize(
    "error", ["#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#WERT!", "1.#QNAN"]
)
def test_errors_of_formulas_are_no_numbers(error: str, tmp_path: Path) -> None:
    rows = plain()
    rows[4][1] = error
    assert "--drop-missing, which keeps 39 rows" in refused(tmp_path, text(rows))
    assert len(asked(tmp_path, text(rows), "--drop-missing")[0].rows) == 39
    rows = plain()
    rows[4][3] = error
    assert f"--take '{error}=out'" in refused(tmp_path, text(rows))


def test_a_number_that_is_not_finite_has_a_way_out(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[7][0] = "inf"
    assert "--ignore temp" in refused(tmp_path, text(rows))
    assert "--drop-missing" in refused(tmp_path, text(rows))
    rows[7][0] = ""
    assert len(asked(tmp_path, text(rows), "--drop-missing")[0].scores) == 39


def test_repeated_designs_count_once_with_their_mean() -> None:
    x = np.concatenate([NUMBERS[:10], NUMBERS[:10]])
    y = np.arange(20.0)
    made = problem({"x": x}, y)
    assert made.rows.tolist() == list(range(10))
    assert made.scores.tolist() == [i + 5 for i in range(10)]
    assert made.counts.tolist() == [2] * 10
    assert made.noise == pytest.approx(np.sqrt(10 * 2 * 25 / 10))
    assert "10 of 20 rows repeat" in made.remarks[0]
    assert "rows 0 and 10 with 0 and 10" in made.remarks[0]
    assert problem({"x": NUMBERS}).noise is None


def test_the_widest_apart_of_one_design_are_named() -> None:
    x = np.concatenate([np.zeros(4), np.ones(2), np.sqrt(np.arange(2.0, 12))])
    y = np.concatenate([[0, 0, 0, 9], [0, 10], np.arange(10.0)])
    assert "rows 4 and 5 with 0 and 10" in " ".join(problem({"x": x}, y).remarks)


def test_a_row_with_several_scores_is_no_repetition_of_itself(tmp_path: Path) -> None:
    rows = [["temp", "time", "y1", "y2"]]
    for i in range(30):
        second = i + 1 + (i == 4)
        rows.append([f"{7 * i % 30 / 8}", f"{11 * i % 29 / 7:.2f}", f"{i}", f"{second}"])
    remarks = " ".join(asked(tmp_path, text(rows), "--score", "y1", "--score", "y2")[0].remarks)
    assert "The 30 rows have 60 scores. Each of the 30 different designs counts once" in remarks
    assert (
        "the widest apart are 4 and 6 in row 6." in remarks and "repeat the design" not in remarks
    )


def amounts(word: str) -> str:
    """A recipe of six things, of which each row has few, and as a rule another amount."""
    rng = np.random.default_rng(0)
    rows = [[*(f"part {i}" for i in range(6)), "yield"]]
    for i in range(40):
        cells = [word] * 6
        for j in rng.choice(6, 2, replace=False):
            cells[j] = f"{rng.uniform(1, 60):.1f}"
        rows.append([*cells, f"{i * 7 % 41}"])
    return text(rows)


@pytest.mark.parametrize("word", ["", "-", "n/a", "none"])
def test_amounts_of_which_there_is_mostly_none_are_no_names(word: str, tmp_path: Path) -> None:
    message = refused(tmp_path, amounts(word))
    assert "40 of 40 rows have missing cells" in message
    assert "write 0 where such a cell means that there is none of it" in message
    assert message.count("--ignore") <= 6
    made, _ = asked(tmp_path, amounts("0"))
    assert len(names(made)) == 6


def test_a_word_beside_few_levels_is_one_of_them(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("decay", ["None", "None", "0.01", "0.1"] * 10)))
    assert made.columns[0].classes == ("0.01", "0.1", "None")  # type: ignore[union-attr]


def test_a_column_of_marks_may_mean_no_where_it_is_empty(tmp_path: Path) -> None:
    message = refused(tmp_path, text(with_column("stirred", ["x", ""] * 20)))
    assert "write no where such a cell stands beside 'x' alone" in message


def test_empty_cells_of_a_whole_are_0(tmp_path: Path) -> None:
    """An element that an alloy lacks has no cell."""
    rng = np.random.default_rng(0)
    rows = [["Al", "Co", "Cr", "Fe", "temp", "yield"]]
    for _ in range(20):
        parts = rng.dirichlet(np.ones(4)) * (rng.permutation(4) > 0)
        cells = [f"{100 * v / parts.sum():.2f}" if v else "" for v in parts]
        rows.append([*cells, f"{rng.uniform(20, 90):.1f}", f"{rng.normal():.2f}"])
    message = refused(tmp_path, text(rows))
    assert "write 0 into these cells, with which all rows add up to 100;" in message
    mended = [[cell or "0" for cell in row] for row in rows]
    assert "add up to 100 in every row" in told(asked(tmp_path, text(mended))[0])
    rows[5][0] = "195"
    assert "with which all rows" not in refused(tmp_path, text(rows))


def test_a_whole_of_many_grams_is_written_without_an_exponent(tmp_path: Path) -> None:
    rows = [["flour", "rye", "temp", "yield"]]
    rows += [[*("1000", "")[:: 1 - i % 2 * 2], str(20 + i * i), f"{i % 7}"] for i in range(20)]
    assert "with which all rows add up to 1000;" in refused(tmp_path, text(rows))
    nothing = [["0" if cell == "1000" else cell for cell in row] for row in rows]
    assert "with which all rows" not in refused(tmp_path, text(nothing))


def test_cells_that_stand_once_above_their_repetitions_are_to_be_repeated(tmp_path: Path) -> None:
    """The way that was told for such rows, --drop-missing, left two of three scores out."""
    rows = [[*(row[:3] if i % 3 == 1 else ("", "", "")), row[3]] for i, row in enumerate(plain(42))]
    rows[0] = plain()[0]
    message = refused(tmp_path, text(rows))
    assert "repeat the cell above where each 3 rows are one design, as of merged cells" in message
    assert "none of it" not in message
    rows[5][0] = "40"  # a cell that is missing elsewhere in the block
    assert "cell above" not in refused(tmp_path, text(rows))
