"""Row numbers, dates, sequences, footers and gaps, in the many forms that files have them."""

from __future__ import annotations

import datetime
import io
import shlex
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

import torchbdi
from torchbdi.proposer.columns.column import Classes, Numbers

RNG = np.random.default_rng(0)
DESIGN = ["temp", "time", "conc"]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("run", range(40, 0, -1)),
        ("n", range(1001, 1041)),
        ("key", RNG.permutation(40) + 1),
        ("RunOrder", [i for i in range(60) if i % 3][:40]),
        ("sample_id", RNG.choice(10**6, 40, replace=False)),
    ],
)
def test_row_numbers(name: str, cells: list[int], tmp_path: Path) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert [c.name for c in made.columns] == DESIGN
    assert f"Column {name!r} is probably a row number" in told(made)
    kept, _ = asked(tmp_path, content, "--number", name)
    assert kept.columns[0].name == name


def test_a_row_number_is_one_when_rows_are_left_out(tmp_path: Path) -> None:
    rows = with_column("no", range(1, 41))
    rows[7][4] = "failed"
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert [c.name for c in made.columns] == DESIGN


@pytest.mark.parametrize(
    ("name", "cells"),
    [("layers", [3, 5, 8, 2] * 10), ("mass", RNG.choice(10**6, 40, replace=False)),
     ("dose", sorted(RNG.choice(10**3, 40, replace=False)))],
)  # fmt: skip
def test_numbers_that_are_no_row_numbers(name: str, cells: list[int], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column(name, cells)))
    assert [c.name for c in made.columns] == [name, *DESIGN]


FORMS = (
    "%d %b %Y", "%d-%b-%y", "%b-%y", "%B %Y", "%Y-%m", "%Y-W%W", "%d.%m.", "%d.%m.%y %H:%M",
    "%m/%d/%Y %I:%M %p", "%Y%m%dT%H%M%S", "%Y%m%d%H%M", "%H:%M",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_dates(form: str, tmp_path: Path) -> None:
    first = datetime.datetime(2023, 3, 1, 9, 5)
    when = [first + datetime.timedelta(days=5 * (i // 4), hours=i % 12) for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("made", [f"{w:{form}}" for w in when])))
    assert [c.name for c in made.columns] == DESIGN
    assert "Column 'made' holds" in told(made)


@pytest.mark.parametrize("first", [44986, 1677661500, 230301])
def test_numbers_called_dates(first: int, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("Date", [first + 7 * (i // 2) for i in range(40)])))
    assert [c.name for c in made.columns] == DESIGN
    assert "holds dates" in told(made)


@pytest.mark.parametrize("cells", [["1:10", "1:20", "2:1"], ["May", "Mar", "Jun"], ["A 10", "B 1"]])
def test_names_that_are_no_dates(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", [cells[i % len(cells)] for i in range(40)])))
    assert made.columns[0].name == "what"


@pytest.mark.parametrize(
    ("letters", "length", "end"),
    [("ACGT", 8, ""), ("acgu", 7, ""), ("ACDEFGHIKLMNPQRSTVWY", 10, "*"), ("acdefghiklm", 9, "")],
)
def test_sequences_that_rows_repeat(letters: str, length: int, end: str, tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list(letters), length)) + end for _ in range(15)]
    made, _ = asked(tmp_path, text(with_column("site", [sites[i % 15] for i in range(40)])))
    column = made.columns[0]
    assert isinstance(column, Classes) and column.sequence and column.length == length + len(end)
    alone = text([["site", "yield"], *([sites[i % 15], str(i)] for i in range(40))])
    assert asked(tmp_path, alone)[1].n == 32


def test_letters_of_dna_and_rna_together_are_told(tmp_path: Path) -> None:
    sites = ["".join(RNG.choice(list("ACGU" if i % 2 else "ACGT"), 8)) for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("site", sites)))
    assert "T and U both occur" in told(made)


@pytest.mark.parametrize(
    ("letters", "open_letter", "what"),
    [("ACGT", "N", "bases"), ("acgt", "n", "bases"), ("ACGT", "K", "bases"),
     ("ACDEFGHIKL", "X", "amino acids")],
)  # fmt: skip
def test_letters_that_stand_for_several_are_asked_about(
    letters: str, open_letter: str, what: str, tmp_path: Path
) -> None:
    """N is any base, so GGNGG is nothing that can be made."""
    rng = np.random.default_rng(0)
    cells = ["".join(rng.choice(list(letters), 12)) for _ in range(40)]
    made, _ = asked(tmp_path, text(with_column("site", cells)))
    assert "was taken for sequences" in told(made)
    for i in (5, 9):
        cells[i] = cells[i][:3] + open_letter + cells[i][4:]
    message = refused(tmp_path, text(with_column("site", cells)))
    assert f"{open_letter.upper()!r} in {cells[5]!r} (row 7; 2 of 40" in message
    assert what in message
    made, _ = asked(tmp_path, text(with_column("site", cells)), "--sequence", "site")
    assert open_letter.upper() in made.columns[0].classes  # type: ignore[union-attr]


@pytest.mark.parametrize("letters", ["ABCD", "ABCDE", "AGNT", "ADKNRSW", "ACDEFGHIKLMNPQRSTVWY"])
def test_letters_that_stand_for_themselves(letters: str, tmp_path: Path) -> None:
    """B is no open letter among A, C and D, and N is asparagine in a peptide."""
    rng = np.random.default_rng(0)
    cells = ["".join(rng.choice(list(letters), 10)) for _ in range(40)]
    made, _ = asked(tmp_path, text(with_column("site", cells)))
    assert f"was taken for sequences over {letters}" in told(made)


def test_codes_of_digits_are_asked_about(tmp_path: Path) -> None:
    content = text(with_column("genes", ["".join(RNG.choice(list("01"), 6)) for _ in range(40)]))
    message = refused(tmp_path, content)
    for option in ("sequence", "category", "number", "ignore"):
        assert f"--{option} genes" in message
        asked(tmp_path, content, f"--{option}", "genes")


@pytest.mark.parametrize(
    "rows",
    [
        [["Mean", "55.0", "32.0", "1.05", "70.1"]],
        [["Average:", "", "", "", "70.1"], ["St. Dev.", "20.1", "14.2", "0.5", "9.9"]],
        [["", "", "", "TOTAL", "2804"]],
        [["* row 7 was made twice", "", "", "", ""]],
    ],
)
def test_what_stands_below_a_table(rows: list[list[str]], tmp_path: Path) -> None:
    own = with_column("name", [f"EXP-{i}" for i in range(40)])
    plainly, _ = asked(tmp_path, text(own))
    made, _ = asked(tmp_path, text([*own, *rows]))
    np.testing.assert_array_equal(made.scores, plainly.scores)
    assert "at the end hold" in told(made) and "no experiment" in told(made)


def test_a_level_called_total_is_no_footer(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("reflux", ["total", "partial"] * 20)))
    assert len(made.scores) == 40


def test_names_that_stand_again(tmp_path: Path) -> None:
    rows = plain()
    made, _ = asked(tmp_path, text([*rows[:20], rows[0], *rows[20:]]))
    assert len(made.scores) == 40
    assert "stand again in row 21" in told(made)


@pytest.mark.parametrize("word", ["-", "?", "n/a", "None", "—", "tbd"])
def test_gaps_among_numbers(word: str, tmp_path: Path) -> None:
    rows = plain()
    rows[5][0] = rows[9][0] = word
    assert "--drop-missing, which keeps 38 rows" in refused(tmp_path, text(rows))
    made, _ = asked(tmp_path, text(rows), "--drop-missing")
    assert len(made.scores) == 38
    made, _ = asked(tmp_path, text(with_column("base", ["KOH", word] * 20)))
    assert made.columns[0].name == "base"  # among names it may be one


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    """A workbook as a program writes it, with its sheets."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_other_sheets_are_named_where_the_first_is_no_table(tmp_path: Path) -> None:
    notes: list[list[object]] = [["see the data"], ["made in June"]]
    rows: list[list[object]] = [list(row) for row in plain()]
    content = workbook(("Notes", notes), ("Data", rows))
    assert "'Notes', 'Data'" in refused(tmp_path, content, name="t.xlsx")
    other = workbook(("Plan", [["a", "b"], [1, 2], [2, 3]]), ("Data", rows))
    message = refused(tmp_path, other, name="t.xlsx")
    assert "no column 'yield'" in message and "--sheet names another" in message
    made, _ = asked(tmp_path, content, "--sheet", "Data", name="t.xlsx")
    assert len(made.scores) == 40


def test_formulas_without_values_are_suspected(tmp_path: Path) -> None:
    rows: list[list[object]] = [list(row) for row in plain()]
    for i, row in enumerate(rows[1:], start=2):
        row[3] = f"=A{i}*2"
    message = refused(tmp_path, workbook(("Data", rows)), name="t.xlsx")
    assert "not a single score" in message and "save it" in message


def test_names_of_groups_above_the_names(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text([["Conditions", "", "", "Result"], *plain()]))
    assert len(made.scores) == 40
    assert "the names stand in row 2" in told(made)
    message = refused(tmp_path, text([["", *plain()[0][1:]], *plain()[1:]]))
    assert "column 1 has no name" in message  # the names themselves, with a gap


def test_texts_that_are_kept_from_being_numbers(tmp_path: Path) -> None:
    rows = [[f'="{row[0]}"' if i else row[0], *row[1:]] for i, row in enumerate(plain())]
    made, _ = asked(tmp_path, text(rows))
    np.testing.assert_array_equal(made.values["temp"], [float(row[0]) for row in plain()[1:]])


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


@pytest.mark.parametrize(
    ("name", "cells", "way"),
    [
        ("batch", ["B01", "B02", "7"], "category"), ("Batch", ["1", "2", "3"], "number"),
        ("BATCH_ID", ["a", "b"], "category"), ("BatchNo", ["12", "7"], "number"),
        ("plate-nr", ["3", "1"], "number"), ("Plate", ["A", "B"], "category"),
        ("id block", ["1", "2"], "number"), ("lot number", ["X-1", "X-2"], "category"),
        ("Lot #", ["1041", "1088"], "number"), ("Operator", ["Ann", "Bob"], "category"),
        ("analyst", ["A.B.", "C.D."], "category"), ("User", ["a", "b"], "category"),
        ("instrument", ["HPLC1", "HPLC2"], "category"),
        ("block", ["1", "2", "3", "4"], "number"), ("Plot", ["101", "102", "201"], "number"),
        ("whole plot", ["1", "2"], "number"), ("Sub-plot", ["a", "b"], "category"),
        ("Panelist", ["P01", "P02"], "category"), ("Participant ID", ["7", "9"], "number"),
    ],
)  # fmt: skip
def test_what_rows_were_made_with_is_left_out(
    name: str, cells: list[str], way: str, tmp_path: Path
) -> None:
    rows = with_column(name, [cells[i * len(cells) // 40] for i in range(40)])
    made, _ = asked(tmp_path, text(rows))
    assert name not in [column.name for column in made.columns]
    remark = next(r for r in made.remarks if repr(name) in r)
    assert "a row was made, and nothing that can be chosen" in remark and f"--{way}" in remark
    made, _ = asked(tmp_path, text(rows), f"--{way}", name)
    assert name in [column.name for column in made.columns]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("batch_size", ["16", "32", "64"]), ("day_temperature", ["20", "25"]), ("days", ["3", "7"]),
        ("lot", ["0.5", "1.5"]), ("batch", ["1.25", "2.5"]), ("day", ["1", "2", "3", "4"]),
        ("block 1", ["A", "B"]), ("block %", ["10", "20"]), ("batches", ["1", "2"]),
        ("plate material", ["steel", "glass"]), ("day (length)", ["8", "16"]),
        ("plot size", ["4", "8"]), ("whole", ["1", "2"]), ("main block", ["A", "B"]),
    ],
)  # fmt: skip
def test_what_is_only_called_like_a_batch_is_kept(
    name: str, cells: list[str], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(with_column(name, [cells[i % len(cells)] for i in range(40)])))
    assert name in [column.name for column in made.columns]
    assert "a row was made" not in told(made)


@pytest.mark.parametrize("name", ["catalyst_id", "solvent code", "SaltType", "type of salt"])
def test_codes_that_are_numbers_are_told(name: str, tmp_path: Path) -> None:
    """Of catalysts 3 and 7 the mean is none."""
    content = text(with_column(name, [3, 7, 8, 12, 15] * 8))
    made, _ = asked(tmp_path, content)
    remark = next(r for r in made.remarks if "called like codes" in r)
    words = shlex.split(remark[remark.index("--category") : remark.index("; --number")])
    assert "called like codes" not in told(asked(tmp_path, content, *words)[0])
    assert "called like codes" not in told(asked(tmp_path, content, "--number", name)[0])
    amounts = ("amount", "fluid_temp", "acid", "ID (mm)", "class weight", "strain rate")
    numbers = [3, 7, 8, 12, 15] * 8
    for other, cells in (
        (name, [0.5, 1.5, 2.5, 3.5] * 10), (name, [0, 1] * 20), *((n, numbers) for n in amounts)
    ):  # fmt: skip
        made, _ = asked(tmp_path, text(with_column(other, cells)))
        assert "called like codes" not in told(made)


@pytest.mark.parametrize(
    ("name", "cells", "what"),
    [
        ("round", ["1", "2", "3", "4"], "in which round"),
        ("Iteration No", ["R0", "R1", "R2", "R3"], "in which iteration"),
        ("is_outlier", ["no", "yes", "no", "no"], "all rows count: delete"),
        ("exclude", ["0", "0", "1", "0"], "all rows count: delete"),
        ("set", ["train", "train", "test", "val"], "trained on"),
    ],
)
def test_what_is_said_of_rows_is_left_out(
    name: str, cells: list[str], what: str, tmp_path: Path
) -> None:
    column = [cell for cell in cells for _ in range(10)]
    made, _ = asked(tmp_path, text(with_column(name, column)))
    assert [c.name for c in made.columns] == DESIGN
    remark = next(r for r in made.remarks if what in r)
    words = shlex.split(remark[remark.index("--") : remark.index(" makes it part")])
    kept, _ = asked(tmp_path, text(with_column(name, column)), *words)
    assert name in [c.name for c in kept.columns]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("round", ["4", "1", "3", "2"]),  # not in the order of the rows
        ("generation", ["G1", "G3", "G2", "G1"]),
        ("outlier", ["low", "high", "none", "low"]),
        ("include_salt", ["yes", "no", "yes", "no"]),
        ("rounds", ["1", "2", "3", "4"]),
        ("week", ["1", "2", "4", "8"]),
        ("round", ["brilliant", "oval", "pear", "oval"]),
    ],
)
def test_what_can_be_chosen_is_kept(name: str, cells: list[str], tmp_path: Path) -> None:
    column = [cell for cell in cells for _ in range(10)]
    made, _ = asked(tmp_path, text(with_column(name, column)))
    assert name in [c.name for c in made.columns]


def test_a_batch_that_is_all_there_is_to_choose_is_kept(tmp_path: Path) -> None:
    rows = [[str(i % 12 * 3), f"{RNG.normal():.2f}"] for i in range(40)]
    made, _ = asked(tmp_path, text([["batch", "yield"], *rows]), "--free", "batch")
    assert "There is no other, so it is kept" in told(made) and "left out" not in told(made)


def test_several_columns_that_have_each_number_once_are_a_design(tmp_path: Path) -> None:
    """A Latin hypercube over whole numbers; one such column alone numbers the rows."""
    rng = np.random.default_rng(0)
    table = with_column("load", rng.permutation(40) + 1)
    made, _ = asked(tmp_path, text(table))
    assert "load" not in made.order and "probably a row number" in told(made)
    both = [
        ["stir", *table[0]],
        *([str(c + 1), *r] for c, r in zip(rng.permutation(40), table[1:], strict=True)),
    ]
    made, _ = asked(tmp_path, text(both))
    assert {"load", "stir"} <= set(made.order)
    assert "Column 'load' has each of its numbers once, as 'stir': it was kept" in told(made)
    both[0][0] = "RunOrder"
    made, _ = asked(tmp_path, text(both))
    assert not {"load", "RunOrder"} & set(made.order)


@pytest.mark.parametrize(("count", "few"), [(40, True), (60, False)])
def test_a_verdict_says_by_how_few_designs(count: int, few: bool) -> None:
    x = np.random.default_rng(0).uniform(size=(count, 2))
    verdict = torchbdi.propose(x, x.sum(1), n=2).quality.verdict()
    assert verdict.startswith("Good: ")
    assert (f"{count} designs are few to judge it by" in verdict) == few


def test_three_digits_with_zeros_before_them_are_asked_about(tmp_path: Path) -> None:
    codes = ["007", "012", "103"]
    content = text(with_column("catalyst", [codes[i % 3] for i in range(40)]))
    assert "--category catalyst" in refused(tmp_path, content)
    made, _ = asked(tmp_path, content, "--category", "catalyst")
    assert made.columns[0].classes == ("007", "012", "103")  # type: ignore[union-attr]
    angles = [("000", "045", "090", "180")[i % 4] for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("angle", angles)))
    assert isinstance(made.columns[0], Numbers)


def test_a_year_cannot_be_chosen(tmp_path: Path) -> None:
    content = text(with_column("Year", [2019 + i % 3 for i in range(40)]))
    made, _ = asked(tmp_path, content)
    assert "Column 'Year' holds dates" in told(made)
    assert "Year" not in [c.name for c in made.columns]
    kept, _ = asked(tmp_path, content, "--number", "Year")
    assert "Year" in [c.name for c in kept.columns]
    rows = [["year", "dose", "yield"]]
    rows += [[2019 + i % 4, i // 4, RNG.normal()] for i in range(20)]
    said = refused(tmp_path, "\n".join(",".join(map(str, row)) for row in rows))
    assert "only 5 of 20 rows are different designs" in said and "--number year" in said


def test_words_of_a_scale_are_in_its_order(tmp_path: Path) -> None:
    rows = plain()
    for i, row in enumerate(rows[1:]):
        row[3] = ("hi", "lo", "med")[i % 3]
    assert "--take lo=0 --take med=1 --take hi=2" in refused(tmp_path, text(rows))
