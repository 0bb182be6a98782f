"""Reading tables: files, frames, and what each column is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from torchbdi import InputError, MissingDataError
from torchbdi.proposer.columns.column import Classes, numbers_of
from torchbdi.proposer.columns.kinds import guess_kind
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import Problem, make_problem
from torchbdi.proposer.reading.file import read_table
from torchbdi.proposer.reading.table import Table, show_number
from torchbdi.proposer.reading.ways import Ways
from torchbdi.proposer.settings import Settings


def read(tmp_path: Path, content: str | bytes) -> Table:
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path)


@pytest.mark.parametrize(
    "content",
    [
        'a,b c,tc\n1,"x, y",3\n\n2,NA,4.5\n',
        "\ufeffa,b c,tc\r\n1,\"x, y\",3\r\n,,\r\n2,NA,4.5",
        'a; b c ;tc\n1;x, y;3\n;;\n2; NA;4.5\n',
        'a\tb c\ttc\n1\tx, y\t3\n\n2\tNA\t4.5\n',
        'a|b c|tc\n1|x, y|3\n\n2|NA|4.5\n',
    ],
)  # fmt: skip
def test_the_usual_dialects_are_one_table(tmp_path: Path, content: str) -> None:
    table = read(tmp_path, content)
    assert {name: list(values) for name, values in table.columns.items()} == {
        "a": ["1", "2"],
        "b c": ["x, y", "NA"],
        "tc": ["3", "4.5"],
    }
    assert table.rows.tolist() == [2, 4]  # as a spreadsheet shows them
    assert table.source == "data.csv"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "0 columns in the first line"),
        ("a\n1\n", "1 columns"),
        ("a,,b\n1,2,3\n", "column 2 has no name.*index=False"),
        ("a,b,a\n1,2,3\n", "two columns are called 'a'"),
        ("1,2.5\n3,4\n", "first line holds numbers"),
        ("a,b\n1,2,3\n", "row 2: 3 cells"),
        ('a,b\n1,"2\n3,4\n', "the quotation mark in line 2 is not closed"),
        (b"a,b\n\x81,2\n", r"byte 0x81 .* not UTF-8 is in line 2, column 1\)"),
        (b"a,b\n1,\x002\n", "byte 6 is zero"),
        (b"\xff\xfea\x00,", "byte order mark says utf-16, but byte"),
        (b"\xd0\xcf\x11\xe0\xa1", "workbook of before 2007"),
        (b"PK\x03\x04 and no more", "no workbook that can be read"),
    ],
)
def test_what_is_no_table_is_told_with_its_place(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(MissingDataError, match="directory"):
        read_table(tmp_path)


class Frame:
    """As much of a data frame as is needed: column names, and columns that numpy can read."""

    def __init__(self, **columns: Any):
        self.data = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self.data[name])


def test_tensors_arrays_and_frames() -> None:
    x = torch.arange(6, dtype=torch.float32).reshape(3, 2)
    for given in (x, x.numpy(), x.tolist(), x.requires_grad_()):
        table, score, y = table_of(given, torch.arange(3))
        assert list(table.columns) == ["x0", "x1"]
        assert table.columns["x1"].tolist() == [1, 3, 5]
        assert score == "y"
        assert y.dtype == np.float64
    frame = Frame(
        t=[1, 2, 4], w=[None, 2.5, 3], s=["a", None, " b "], flag=np.array([True, False, True])
    )
    table, score, _ = table_of(frame, [1.0, 2.0, 3.0])
    assert table.columns["t"].dtype == np.float64
    assert np.isnan(table.columns["w"][0])
    assert table.columns["s"].tolist() == ["a", "", "b"]
    assert table.columns["flag"].tolist() == ["True", "False", "True"]
    table, _, _ = table_of(np.array(["AC", "GT"]), [1, 2])
    assert table.columns["sequence"].tolist() == ["AC", "GT"]
    named = Frame(y=[1, 2], z=[3, 4])
    assert table_of(named, [1, 3])[1] == "y_"


def test_the_hash_sees_names_values_and_scores() -> None:
    x, y = np.arange(4.0).reshape(2, 2), np.array([1.0, 2.0])
    hashes = {
        table_of(x, y)[0].sha256,
        table_of(x, y + 1e-15)[0].sha256,
        table_of(x.T, y)[0].sha256,
        table_of(Frame(a=x[:, 0], b=x[:, 1]), y)[0].sha256,
    }
    assert len(hashes) == 4
    assert table_of(x.copy(), y.copy())[0].sha256 in hashes


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((2, 3, 4)), [1, 2], "N, D"),
        (np.zeros((2, 0)), [1, 2], "N, D"),
        (np.zeros(3), [1, 2, 3], "N, D"),
        (np.zeros((2, 3)), [1, 2, 3], "as many rows"),
        (np.zeros((2, 3)), [[1, 2]], r"y must have shape \(N,\)"),
        (Frame(t=np.array([1, 2], dtype="m8[D]")), [1, 2], "timedelta64"),
        (np.zeros((2, 3), dtype=complex), [1, 2], "complex"),
        ([[1, 2], [3]], [1, 2], "numpy cannot read"),
        (Frame(), [1, 2], "as many rows"),
    ],
)
def test_what_cannot_be_a_table(x: Any, y: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        table_of(x, y)


def text(cells: list[str]) -> np.ndarray:
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


ROWS = np.arange(2, 62)


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
    assert guess_kind("c", text(cells), ROWS[: len(cells)]).kind == kind


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
        guess_kind("c", text(cells), np.arange(2, 2 + len(cells)), Ways(True))


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e200", "NAN"])
def test_numbers_that_cannot_be_computed_with(cell: str) -> None:
    with pytest.raises(InputError, match="in row 3 is not finite"):
        numbers_of("c", text(["1", cell]), ROWS)
    with pytest.raises(InputError, match="Change the unit"):
        numbers_of("c", text(["0", "1e-150"]), ROWS)


def problem(columns: dict[str, Any], y: Any = None, **settings: Any) -> Problem:
    table, score, scores = table_of(Frame(**columns), np.arange(20.0) if y is None else y)
    return make_problem(table, score, scores, Settings(n=2, **settings))


NUMBERS = np.linspace(0, 1, 20) ** 2
LETTERS = np.array(["AC", "GT"] * 10, dtype=object)


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sequences": ("z",)}, "sequence: there is no column 'z'. Columns: x, s, y"),
        ({"bounds": {"y": (0, 1)}}, "'y' is the score"),
        ({"bounds": {"s": (0, 1)}}, "'s' holds no numbers"),
        ({"bounds": {"x": (2, 1)}}, "2 to 1 are not an interval .observed: 0 to 1"),
        ({"bounds": {"x": (float("nan"), 1)}}, "not an interval"),
        ({"bounds": {"x": (0, 1)}, "fix": {"x": None}}, "both bounds and fix"),
        ({"ignore": ("x",), "fix": {"x": None}}, "both ignore and fix"),
        ({"fix": {"x": None, "s": None}}, "no column is left that varies"),
        ({"ignore": ("x", "s")}, "no column is left that varies"),
    ],
)
def test_choices_that_cannot_be(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        problem({"x": NUMBERS, "s": LETTERS}, **change)


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_n_is_a_whole_number(n: Any) -> None:
    table, score, y = table_of(NUMBERS[:, None], np.arange(20.0))
    with pytest.raises(InputError, match="n "):
        make_problem(table, score, y, Settings(n=n))


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


def test_scores_have_to_be_numbers_that_differ() -> None:
    with pytest.raises(InputError, match=r"'y': 1 of 20 scores are no numbers: 'high' \(row 3\)"):
        problem({"x": NUMBERS}, text([str(i) if i != 3 else "high" for i in range(20)]))
    with pytest.raises(InputError, match=r"every score is 3. There is nothing to learn"):
        problem({"x": NUMBERS}, np.full(20, 3.0))
    repeated = np.repeat(NUMBERS[:10], 2)
    with pytest.raises(InputError, match="mean score of every different design"):
        problem({"x": repeated}, np.array([1.0, -1.0] * 10))


def test_few_rows() -> None:
    with pytest.raises(InputError, match="9 rows with a score; at least 10"):
        problem({"x": NUMBERS[:9]}, np.arange(9.0))
    with pytest.raises(InputError, match="only 5 of 20 rows are different designs"):
        problem({"x": np.tile(NUMBERS[:5], 4)})
    with pytest.raises(InputError, match="0 rows"):
        problem({"x": NUMBERS[:0], "z": NUMBERS[:0]}, np.full(0, 1.0))


def test_constant_columns_stay_and_are_told() -> None:
    made = problem({"x": NUMBERS, "c": [3.5] * 20, "t": ["steel"] * 20})
    assert made.constants == {"c": 3.5, "t": "steel"}
    assert made.order == ("x", "c", "t")
    assert "2 of 3 columns are the same in every row" in made.remarks[0]
    with pytest.raises(InputError, match="can only stay"):
        problem({"x": NUMBERS, "c": [3.5] * 20}, fix={"c": 4.0})


def test_the_widest_apart_of_one_design_are_named() -> None:
    x = np.concatenate([np.zeros(4), np.ones(2), np.sqrt(np.arange(2.0, 12))])
    y = np.concatenate([[0, 0, 0, 9], [0, 10], np.arange(10.0)])
    assert "rows 4 and 5 with 0 and 10" in " ".join(problem({"x": x}, y).remarks)


@pytest.mark.parametrize(
    ("cell", "told"), [("2023-{:02}-01", "holds dates"), ("S{:03}", "a text of its own")]
)
def test_dates_and_numbers_of_samples_are_no_part_of_a_design(cell: str, told: str) -> None:
    values = np.array([cell.format(i + 1) for i in range(12)], dtype=object)
    kind = guess_kind("when", values, np.arange(12))
    assert kind.kind == "none"
    assert told in kind.remark
    assert "categories=['when']" in kind.remark


def test_it_is_told_what_every_column_was_taken_for() -> None:
    columns = {
        "t": NUMBERS[:20],
        "metal": np.array(["Fe", "Ni"] * 10, dtype=object),
        "seq": np.array([c * 4 for c in "ACDEFGHIKLMNPQRSTVWY"], dtype=object),
    }
    last = problem(columns, np.arange(20.0)).remarks[-1]
    assert last.startswith("A design is: numbers ('t'); categories ('metal'); a sequence ('seq').")


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


def test_low_scores_can_be_good() -> None:
    y = np.arange(20.0) ** 2
    high, low = problem({"x": NUMBERS}, y), problem({"x": NUMBERS}, y, minimize=True)
    assert high.best()[0] == 19
    assert low.best()[0] == 0
    torch.testing.assert_close(low.y_l, -high.y_l)
    np.testing.assert_allclose(low.in_units(low.y_l), y, rtol=1e-12, atol=1e-10)
    assert float(high.y_l.std(correction=0)) == pytest.approx(1)


def test_numbers_read_back_as_they_were() -> None:
    for value in (3.0, 0.1, -1e-300, 1e22, 123456789.125, 5e-324):
        assert float(show_number(value)) == value
    assert show_number(3.0) == "3"
