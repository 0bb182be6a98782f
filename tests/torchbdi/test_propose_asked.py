"""Columns and scores that are not what they seem: recognised and told, or asked for."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

import torchbdi
from torchbdi import InputError
from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import ready
from torchbdi.proposer.pipeline import run
from torchbdi.proposer.report.writing import written
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understand import understand
from torchbdi.proposer.understood import Understood

RNG = np.random.default_rng(0)


def names(made: Understood) -> list[str]:
    return [column.name for column in made.columns]


def scores_with(cells: dict[int, str], n: int = 40) -> str:
    """The plain table with texts in the place of some scores, by the row that a person sees."""
    rows = plain(n)
    for row, cell in cells.items():
        rows[row - 1][3] = cell
    return text(rows)


@pytest.mark.parametrize("word", ["n.d.", "failed", "not measured"])
def test_texts_among_scores_are_asked_about(word: str, tmp_path: Path) -> None:
    content = scores_with({5: word, 11: word})
    message = refused(tmp_path, content)
    assert f"2 of 40 scores are no numbers: {word!r} (rows 5, 11)" in message
    quote = "'" if " " in word else ""
    for value in ("0", "out", "candidate"):
        assert f"--take {quote}{word}={value}{quote}" in message
    made, _ = asked(tmp_path, content, "--take", f"{word}=0")
    assert made.scores[[3, 9]].tolist() == [0, 0]
    made, _ = asked(tmp_path, content, "--take", f"{word}=out")
    assert 5 not in made.rows and len(made.rows) == 38
    made, settings = asked(tmp_path, content, "--take", f"{word}=candidate")
    assert made.candidate_rows.tolist() == [5, 11]
    assert settings.n == 2
    assert "no score is 'none'" in refused(tmp_path, content, "--take", "none=0")
    assert "can stand for a number" in refused(tmp_path, content, "--take", f"{word}=much")


def test_limits_are_asked_about(tmp_path: Path) -> None:
    message = refused(tmp_path, scores_with({5: "<0.1", 11: "<0.1", 14: "<0.1"}))
    assert "--take '<0.1=0.1' takes the limit itself, --take '<0.1=0.05' half of it" in message


@pytest.mark.parametrize("word", ["PENDING", "pending", "TBD", ""])
def test_rows_without_a_score_are_the_candidates(word: str, tmp_path: Path) -> None:
    rows = [["temp", "solvent", "equiv", "yield"]]
    for i in range(60):
        score = f"{30 + 20 * RNG.random():.1f}" if i % 12 < 5 else word
        rows.append([str(30 + 20 * (i % 4)), ["DMF", "THF"][i // 4 % 2],
                     f"{0.5 + 0.5 * (i // 8):.1f}", score])  # fmt: skip
    made, settings = asked(tmp_path, text(rows))
    assert made.candidates is not None
    assert len(made.candidate_rows) == 35
    assert settings.n == 32
    assert "35 of 60 rows have no score yet: the proposals are chosen among them" in told(made)
    row = int(made.candidate_rows[0])
    assert rows[row - 1][1] == made.candidates["solvent"][0]
    assert rows[row - 1][3] == word
    if not word:
        made, _ = asked(tmp_path, text(rows), "--take", "=out")
        assert made.candidates is None


def test_a_mostly_empty_column_is_to_be_left_out_first(tmp_path: Path) -> None:
    notes = ["leaked" if i == 3 else "slow" if i == 7 else "" for i in range(40)]
    message = refused(tmp_path, text(with_column("notes", notes)))
    assert message.index("--ignore notes") < message.index("--drop-missing, which keeps 2 rows")
    made, _ = asked(tmp_path, text(with_column("notes", notes)), "--ignore", "notes")
    assert names(made) == ["temp", "time", "conc"]


def test_na_may_be_a_name(tmp_path: Path) -> None:
    levels = ["none", "NA", "LiCl", "KF"] * 10
    content = text(with_column("additive", levels))
    message = refused(tmp_path, content)
    assert "keep 'NA' as a name (--category additive)" in message
    made, _ = asked(tmp_path, content, "--category", "additive")
    column = made.columns[0]
    assert isinstance(column, Classes)
    assert column.classes == ("KF", "LiCl", "NA", "none")


def test_levels_that_differ_by_case_are_told(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("solvent", ["DMF", "dmf", "Dmf", "THF"] * 10)))
    assert "'DMF/Dmf/dmf'" in told(made)


def test_scores_that_are_not_like_others_are_told(tmp_path: Path) -> None:
    content = scores_with({19: "9999"})
    made, _ = asked(tmp_path, content)
    assert "9999 in row 19" in told(made)
    made, _ = asked(tmp_path, content, "--take", "9999=out")
    assert "9999 in row 19" not in told(made)
    rows = plain()
    decades = [[*row[:3], f"{10 ** (float(row[3]) / 15):.3g}"] for row in rows[1:]]
    made, _ = asked(tmp_path, text([rows[0], *decades]))
    assert "far from all others" not in told(made)
    yes_no = [[*row[:3], str(int(float(row[3]) > 50))] for row in rows[1:]]
    made, _ = asked(tmp_path, text([rows[0], *yes_no]))
    assert "'yield' has two values, 0 and 1" in told(made)


@pytest.mark.parametrize(
    ("name", "cells", "words", "option"),
    [
        ("date", [f"2023-01-{i % 28 + 1:02}" for i in range(40)], "holds dates", "category"),
        ("day", [20230301 + i % 28 for i in range(40)], "holds dates", "number"),
        ("id", [f"EXP-{i:03}" for i in range(40)], "a text of its own", "category"),
        ("run", range(1, 41), "is probably a row number", "number"),
        ("Unnamed: 0", range(40), "is probably a row number", "number"),
        ("Unnamed: 0", RNG.permutation(40), "is probably a row number", "number"),
    ],
)
def test_what_is_no_part_of_a_design_is_left_out_and_told(
    name: str, cells: list[object], words: str, option: str, tmp_path: Path
) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert names(made) == ["temp", "time", "conc"]
    assert f"Column {name!r}" in told(made) and words in told(made)
    kept, _ = asked(tmp_path, content, f"--{option}", name)
    assert names(kept)[0] == name


def test_a_column_that_counts_is_kept_where_it_is_all_there_is(tmp_path: Path) -> None:
    content = "x,yield\n" + "".join(f"{i},{(i - 9) ** 2}\n" for i in range(20))
    made, _ = asked(tmp_path, content, "--free", "x")
    assert names(made) == ["x"]
    assert "There is no other, so it is kept" in told(made)


def test_short_names_are_no_sequences_unless_said(tmp_path: Path) -> None:
    codes = [f"solv{'abcdefgh'[i % 8]}{'abcdefgh'[i // 8]}" for i in range(38)] + ["solvaa"] * 2
    content = text(with_column("solvent", codes))
    message = refused(tmp_path, content)
    for option in ("ignore", "category", "sequence"):
        assert f"--{option} solvent" in message
    made, _ = asked(tmp_path, content, "--sequence", "solvent")
    assert isinstance(made.columns[0], Classes) and made.columns[0].sequence


def test_several_sequences_and_letters_in_either_case(tmp_path: Path) -> None:
    rows = [["heavy", "light", "yield"]]
    for _ in range(60):
        heavy, light = ("".join(RNG.choice(list("ACGT"), k)) for k in (8, 6))
        rows.append([heavy.lower() if RNG.random() < 0.5 else heavy, light, f"{RNG.random():.2f}"])
    made, _ = asked(tmp_path, text(rows))
    heavy_column, light_column = made.columns
    assert isinstance(heavy_column, Classes) and isinstance(light_column, Classes)
    assert (heavy_column.classes, heavy_column.length) == (tuple("ACGT"), 8)
    assert (light_column.sequence, light_column.length) == (True, 6)
    assert all(value.isupper() for value in made.values["heavy"])
    assert "written, in upper case" in told(made)


def test_small_letters_of_peptides_may_be_others(tmp_path: Path) -> None:
    rows = [["peptide", "yield"]]
    rows += [["".join(RNG.choice(list("AKLEkd"), 8)), f"{RNG.random():.2f}"] for _ in range(60)]
    assert "D-amino acids" in told(asked(tmp_path, text(rows))[0])
    dna = [["site", "yield"]]
    dna += [["".join(RNG.choice(list("ACGTg"), 8)), row[1]] for row in rows[1:]]
    assert "D-amino acids" not in told(asked(tmp_path, text(dna))[0])


def test_results_beside_the_score_are_named(tmp_path: Path) -> None:
    rows = plain()
    twice = [[*rows[0], "conversion"]]
    twice += [
        [*row, f"{1.1 * float(row[3]) + 0.1 * (i % 2):.1f}"] for i, row in enumerate(rows[1:])
    ]
    made, _ = asked(tmp_path, text(twice))
    assert "Column 'conversion' is probably a result" in made.remarks[0]
    assert "--ignore conversion" in made.remarks[0]
    assert "--score conversion" in made.remarks[0]


def test_repetitions_are_one_score(tmp_path: Path) -> None:
    rows = plain()
    three = [[*rows[0][:3], "yield_1", "yield_2", "yield_3"]]
    for row in rows[1:]:
        y = float(row[3])
        three.append([*row[:3], f"{y:.1f}", f"{y + 1:.1f}", "" if y > 60 else f"{y + 2:.1f}"])
    more = ["--score", "yield_1", "--score", "yield_2", "--score", "yield_3"]
    made, _ = asked(tmp_path, text(three), *more)
    assert made.score == "yield"
    assert made.score_columns == ("yield_1", "yield_2", "yield_3")
    full = np.array([bool(row[5]) for row in three[1:]])
    np.testing.assert_array_equal(made.counts, np.where(full, 3, 2))
    first = np.array([float(row[3]) for row in three[1:]])
    np.testing.assert_allclose(made.scores, first + np.where(full, 1, 0.5))
    assert made.noise is not None and 0.5 < made.noise < 1.1


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    rows = with_column("v", [f"{i} mL" if i else "1 L" for i in range(40)])
    rows[4][4], rows[6][1] = "failed", ""
    message = refused(tmp_path, text(rows))
    assert "t.csv: 3 things are to be settled" in message
    for part in ("1. column 'v'", "--take failed=0", "1 of 40 rows have missing cells"):
        assert part in message


def test_grids_that_are_complete_or_nearly(tmp_path: Path) -> None:
    levels = [("DMF", "THF", "MeCN"), ("a", "b", "c"), ("L1", "L2", "L3", "L4")]
    grid = [(s, b, g) for s in levels[0] for b in levels[1] for g in levels[2]]
    rows = [[*design, f"{i * 7 % 36}.5"] for i, design in enumerate(grid)]
    head = ["solvent", "base", "ligand", "yield"]
    message = refused(tmp_path, text([head, *rows]))
    assert "all 36 combinations that there are have a score" in message
    assert "The best is row" in message and "New ones need new levels" in message
    made, settings = asked(tmp_path, text([head, *rows[:10], *rows[13:]]))
    assert settings.n == 3
    assert "There are 3 designs left without a score" in told(made)
    assert asked(tmp_path, text([head, *rows[:10], *rows[13:]]), "-n", "8")[1].n == 3


def test_n_adapts_where_nobody_gave_it(tmp_path: Path) -> None:
    assert asked(tmp_path, text(plain(12)))[1].n == 32


# Data frames.


def frame(**columns: object) -> object:
    import pandas as pd

    return pd.DataFrame(columns)


def test_the_score_in_a_data_frame_is_refused() -> None:
    import pandas as pd

    x, y = RNG.uniform(0, 100, (80, 3)), RNG.normal(size=80)
    df = pd.DataFrame({"T": x[:, 0], "p": x[:, 1], "yield": y})
    with pytest.raises(InputError, match=r"'yield' is the score: it has the name of y"):
        table_of(df, df["yield"])
    with pytest.raises(InputError, match=r"'yield' is the score: it has the values of y"):
        table_of(df, df["yield"].to_numpy())


def test_a_categorical_column_of_a_data_frame_holds_names() -> None:
    import pandas as pd

    df = pd.DataFrame({"a": RNG.uniform(size=80), "reactor": pd.Categorical([1, 2, 3, 1] * 20)})
    table, score, y = table_of(df, RNG.normal(size=80))
    made = understand(table, score, y, Settings())
    assert isinstance(made.columns[-1], Classes)
    assert made.columns[-1].classes == ("1", "2", "3")


def test_dates_of_a_data_frame_are_left_out() -> None:
    import pandas as pd

    df = pd.DataFrame({"a": RNG.uniform(size=30), "day": pd.date_range("2023-01-01", periods=30)})
    table, score, y = table_of(df, RNG.normal(size=30))
    made = understand(table, score, y, Settings())
    assert names(made) == ["a"]
    assert "Column 'day' holds dates" in told(made)


@pytest.mark.parametrize(
    "more", [{"bounds": {0: (0, 50)}}, {"fix": [1]}, {"ignore": [1]}, {"fix": 1}, {"ignore": "1"}]
)
def test_columns_can_be_called_by_numbers(
    more: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    import torchbdi.proposer.api as api

    given: list[Settings] = []

    def look(problem: object, settings: Settings, **_: object) -> None:
        given.append(settings)

    monkeypatch.setattr(api, "run", look)
    df = pd.DataFrame(RNG.uniform(0, 100, (80, 3)))
    torchbdi.propose(df, RNG.normal(size=80), n=4, progress=False, **more)  # type: ignore[arg-type]
    assert {*given[0].bounds, *given[0].fix, *given[0].ignore} <= {"0", "1"}


def test_a_text_is_one_name() -> None:
    with pytest.raises(InputError, match="fix: there is no column 'x9'"):
        torchbdi.propose(RNG.uniform(size=(20, 2)), RNG.normal(size=20), fix="x9")


def test_a_proposal_that_failed_before_is_told(tmp_path: Path) -> None:
    """What was left out is no known design; whoever makes it again should know."""
    rows, failed = [["metal", "acid", "dose", "yield"]], {}
    for i, design in enumerate(itertools.product("ABCD", "XYZ", ("1.0", "2.0", "4.0"))):
        score = 3 * (design[0] == "B") + 2 * (design[1] == "Y") + float(design[2])
        if i in (4, 19):
            continue  # nobody has tried these
        rows.append([*design, "failed" if score > 6.5 else f"{score:.1f}"])
        if score > 6.5:
            failed[design] = len(rows)
    made, settings = asked(tmp_path, text(rows), "--take", "failed=out", "-n", "9")
    p = run(ready(made, settings), settings, progress=False)
    found = [(m, a, f"{d:.1f}") for m, a, d in zip(*p.columns.values(), strict=True)]
    assert failed and len(found) == len(failed) + 2
    assert list(p.notes) == [
        f"the design of row {failed[design]}, left out as you said" if design in failed else ""
        for design in found
    ]


def test_a_design_that_failed_is_known_in_either_case_and_by_number() -> None:
    pd = pytest.importorskip("pandas")
    designs = [("".join(s), k) for s in itertools.product("acgt", repeat=2) for k in (1, 2)]
    df = pd.DataFrame(designs, columns=["s", "k"])
    scores = [str(3.0 * (s[0] == "g") + 2.0 * (s[1] == "t") + k) for s, k in designs]
    failed = [designs.index((s, 2)) for s in ("gt", "ga", "at")]
    for i in failed:
        scores[i] = "failed"
    p = torchbdi.propose(
        df, pd.Series(scores), sequence="s", categories="k", takes={"failed": "out"}, n=3,
        progress=False,
    )  # fmt: skip
    assert sorted(p.notes) == sorted(f"the design of row {i}, left out as you said" for i in failed)


def test_a_fixed_number_is_written_as_it_is(tmp_path: Path) -> None:
    """It need not have the decimals of its column."""
    a = RNG.integers(100, 400, 30)
    b = RNG.integers(100, 500, 30)
    rows = [["A", "B", "C", "yield"]]
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        rows.append([f"{v / 10:.1f}" for v in (i, j, 1000 - i - j)] + [f"{i * j / 1e4:.2f}"])
    made, settings = asked(tmp_path, text(rows), "--fix", "A=33.33", "-n", "3")
    p = run(ready(made, settings), settings, progress=False)
    assert written(p, "A") == ["33.33"] * 3
    sums = [sum(map(float, cells)) for cells in zip(*(written(p, n) for n in "ABC"), strict=True)]
    assert sums == pytest.approx([100] * 3, abs=1e-6)
    made, settings = asked(tmp_path, text(rows), "--fix", "A=20", "-n", "3")
    assert written(run(ready(made, settings), settings, progress=False), "A") == ["20.0"] * 3


def test_digits_are_no_end_of_what_can_be_proposed(tmp_path: Path) -> None:
    """Where all numbers of as many digits as the table has are known, there is a way on."""
    doses = [f"{m}e-{k}" for k in (2, 3, 4) for m in range(1, 10)] + ["1e-1"]
    rows = [["dose", "yield"], *([dose, f"{i * (20 - i)}"] for i, dose in enumerate(doses))]
    assert "--free dose" in refused(tmp_path, text(rows))
    made, _ = asked(tmp_path, text(rows), "--free", "dose")
    assert made.grids["dose"].number.levels is None
