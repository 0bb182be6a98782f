"""Columns that follow from others, that say which repetition a row is, or that are results."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

from torchbdi.proposer.rules.relations import sums_of_columns

RNG = np.random.default_rng(0)
ROWS = plain()
DESIGN = ["temp", "time", "conc"]


def followed(made: Callable[[float, float, float], str]) -> str:
    """The plain table with a column before its score that follows from the others."""
    rows = [[*ROWS[0][:3], "more", "yield"]]
    rows += [[*r[:3], made(*map(float, r[:3])), r[3]] for r in ROWS[1:]]
    return text(rows)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda t, m, c: f"{t / m:.2f}", "'temp' / 'time' in"),
        (lambda t, m, c: f"{m * c:.1f}", "'time' times 'conc' in"),
        (lambda t, m, c: f"{0.3 * m / t:.3f}", "0.3 times 'time' / 'temp' in"),
        (lambda t, m, c: f"{np.log10(t):.3f}", "'more' is log10 of 'temp'"),
        (
            lambda t, m, c: f"{9 - np.log10(c):.2f}",
            "'more' is -log10 of 'conc', but for a constant",
        ),
        (lambda t, m, c: f"{1000 / t:.2f}", "in inverse proportion to 'temp'"),
        (lambda t, m, c: f"{t * m / c:.1f}", "'more' is 'temp' times 'time' / 'conc' in"),
        (lambda t, m, c: f"{0.785 * t * t * m:.0f}", "0.785 times 'temp'^2 times 'time' in"),
        (lambda t, m, c: f"{(t / 10) ** 3:.2f}", "'more' is 0.001 times 'temp'^3 in"),
    ],
)
def test_what_follows_from_others_and_is_no_sum(
    made: Callable[[float, float, float], str], said: str, tmp_path: Path
) -> None:
    got, _ = asked(tmp_path, followed(made))
    assert said in told(got) and "--ignore more" in told(got)
    assert "do not keep to that" not in told(asked(tmp_path, followed(made), "--ignore", "more")[0])


def test_what_nearly_follows_and_coded_levels_are_not_said_to(tmp_path: Path) -> None:
    got, _ = asked(tmp_path, followed(lambda t, m, c: f"{t / m + RNG.normal() / 20:.2f}"))
    assert "do not keep to that" not in told(got)
    rows = [[*(str(v) for v in RNG.choice([1, 2], 3)), f"{i % 7}.5"] for i in range(6)] * 4
    rows = [[a, b, str(int(a) * int(b)), y] for a, b, _, y in rows]
    rows += [["1", "2", "2", str(i)] for i in range(9)]
    signs = [["a", "b", "c", "yield"], *rows]
    message = refused(tmp_path, text(signs))
    assert "do not keep to that" not in message


def test_an_energy_of_settings_that_have_few_levels(tmp_path: Path) -> None:
    """Power / (speed x hatch x layer): 0.03 is set, and was not rounded to it."""
    rng = np.random.default_rng(0)
    rows = [["P", "v", "h", "t", "VED", "yield"]]
    for i in range(30):
        p, v = rng.choice([150, 200, 250, 275]), rng.choice([600, 800, 1200])
        h, t = rng.choice([0.08, 0.1, 0.12]), rng.choice([0.03, 0.04])
        rows.append([*map(str, (p, v, h, t)), f"{p / (v * h * t):.1f}", f"{i % 7}.5"])
    said = told(asked(tmp_path, text(rows))[0])
    assert "Column 'VED' is 'P' / 'v' / 'h' / 't' in every row" in said
    for row in rows[1:]:
        row[4] = f"{float(row[4]) * rng.uniform(0.9, 1.1):.1f}"
    assert "do not keep to that" not in told(asked(tmp_path, text(rows))[0])


def test_areas_of_what_has_no_width(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sides = rng.integers([0, 1], 9, (40, 2))
    assert (sides[:, 0] == 0).any()
    rows = [["w", "h", "area", "yield"]]
    rows += [[f"{w}", f"{h}", f"{w * h}", f"{i % 7}.5"] for i, (w, h) in enumerate(sides)]
    assert "Column 'area' is 'w' times 'h' in every row" in told(asked(tmp_path, text(rows))[0])
    rows[1 + int(sides[:, 0].argmin())][2] = "9"
    assert "do not keep to that" not in told(asked(tmp_path, text(rows))[0])


def test_equations_have_no_terms_that_are_rounding() -> None:
    celsius = np.array([float(row[0]) for row in ROWS[1:]])
    other = np.array([float(row[1]) for row in ROWS[1:]])
    kelvin = np.round(celsius + 273.15, 1)
    units = {"C": 0.1, "K": 0.1, "t": 0.1}
    (rule,) = sums_of_columns({"C": celsius, "K": kelvin, "t": other}, units)
    assert dict(rule.coefficients) == {"K": 1, "C": -1}
    assert rule.low == pytest.approx(273.15, abs=0.06)


def test_a_total_whose_parts_are_rounded(tmp_path: Path) -> None:
    x = np.random.default_rng(3).uniform(0, 9, (40, 3))
    units = dict.fromkeys(["a", "b", "c", "sum"], 0.1)
    columns = {**dict(zip("abc", np.round(x.T, 1), strict=True)), "sum": np.round(x.sum(1), 1)}
    (rule,) = sums_of_columns(columns, units)
    assert dict(rule.coefficients) == {"sum": 1, "a": -1, "b": -1, "c": -1} and rule.low == 0


def test_steps_that_are_given_are_not_given_up_for_a_sum(tmp_path: Path) -> None:
    steps = ["--step", "temp=5", "--step", "time=5"]
    message = refused(tmp_path, text(ROWS), *steps, "--sum", "temp+time=83")
    assert "no values in these steps meet" in message and "'temp' begins at 25" in message
    made, _ = asked(tmp_path, text(ROWS), *steps, "--sum", "temp+time=80")
    assert made.grids["temp"].number.step == 5
    steps = ["--step", "temp=10", "--step", "time=15", "--bounds", "temp=20:80"]
    made, _ = asked(tmp_path, text(ROWS), *steps, "--bounds", "time=15:60", "--sum", "temp+time=95")
    assert [made.grids[name].number.step for name in ("temp", "time")] == [10, 15]
    free, _ = asked(tmp_path, text(ROWS), "--sum", "temp+time=83.05")  # steps that nobody gave
    assert free.grids["temp"].number.step is None


@pytest.mark.parametrize(
    ("name", "cells", "option"),
    [
        ("replicate", ["1", "2", "3", "4"] * 10, "number"),
        ("Rep no.", ["R1", "R2"] * 20, "category"),
        ("repetition", ["A", "B"] * 20, "category"),
        ("random_seed", ["0", "1", "2", "3"] * 10, "number"),
        ("PtType", ["1", "0", "-1", "1"] * 10, "number"),
        ("Space Type", ["Factorial", "Axial", "Center"] * 13 + ["Center"], "category"),
        ("Pattern", ["+-+", "000", "a00", "--+"] * 10, "category"),
    ],
)
def test_what_counts_repetitions_is_left_out(
    name: str, cells: list[str], option: str, tmp_path: Path
) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert [c.name for c in made.columns] == DESIGN
    assert f"Column {name!r} says which" in told(made)
    kept, _ = asked(tmp_path, content, f"--{option}", name)
    assert kept.columns[0].name == name


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("seed", ["60", "120"] * 20), ("reps", ["5", "8"] * 20),
        ("seed", ["A", "B"] * 20), ("Seed", ["V1", "V2"] * 20),  # kinds of seeds
        ("repeats", ["1", "2", "3", "3"] * 10), ("replicates", ["1", "2", "2"] * 13 + ["1"]),
        ("Pattern", ["dots", "lines"] * 20), ("pattern", ["1", "2"] * 20),
        ("pattern", ["10", "20"] * 20), ("pattern", ["A", "AA"] * 20), ("pattern", ["A", "a"] * 20),
    ],
)  # fmt: skip
def test_what_is_only_called_so_is_kept(name: str, cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column(name, cells)))
    assert made.columns[0].name == name


def test_what_has_a_unit_counts_no_rows(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [f"{10 + i} µM" for i in range(40)])))
    assert made.columns[0].name == "c"


@pytest.mark.parametrize("name", ["yield_sd", "SE of yield (%)", "Yield 2"])
def test_what_is_called_like_the_score_is_named(name: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column(name, [f"{v:.2f}" for v in RNG.normal(size=40)])))
    assert f"Column {name!r} is called like the score" in made.remarks[0]
    words = shlex.split(made.remarks[0][made.remarks[0].index("--ignore") :].rstrip(")."))
    assert [c.name for c in asked(tmp_path, text(with_column(name, range(40))), *words)[0].columns]
    assert "called like the score" not in told(asked(tmp_path, text(ROWS))[0])


def test_how_rows_without_a_score_are_left_out_is_told(tmp_path: Path) -> None:
    rows = plain()
    for i, row in enumerate(rows[1:]):
        row[3] = "NaN" if i % 9 == 0 else "to do" if i % 9 == 1 else row[3]
    made, _ = asked(tmp_path, text(rows))
    remark = next(r for r in made.remarks if "have no score yet" in r)
    words = shlex.split(remark[remark.index("(--") + 1 : remark.index(" leaves them out")])
    assert words == ["--take", "=out", "--take", "to do=out"]
    assert asked(tmp_path, text(rows), *words)[0].candidates is None


def test_words_of_a_scale_are_put_in_order(tmp_path: Path) -> None:
    rows = plain()
    for row in rows[1:]:
        row[3] = "high" if float(row[3]) > 70 else "low" if float(row[3]) < 55 else "Medium"
    message = refused(tmp_path, text(rows))
    assert "--take low=0 --take Medium=1 --take high=2" in message


def test_dates_that_a_spreadsheet_made_are_named(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("ratio", ["1:5", "2024-01-02"] * 20)))
    assert "'ratio' has dates among its levels ('2024-01-02')" in told(made)
    made, _ = asked(tmp_path, text(with_column("NPK", ["15-15-15", "20-10-10"] * 20)))
    assert "has dates" not in told(made)


@pytest.mark.parametrize(
    ("content", "what"),
    [("<html><table>", "a web page"), ('\n[{"a": 1}]', "JSON"), ('{"a": [1]}', "JSON")],
)
def test_other_files_are_called_what_they_are(content: str, what: str, tmp_path: Path) -> None:
    assert what in refused(tmp_path, content, name="t.xls")


@pytest.mark.parametrize("option", ["--fix=run=3", "--fix=sample=S-1"])
def test_what_was_left_out_cannot_be_fixed(option: str, tmp_path: Path) -> None:
    rows = with_column("run", range(1, 41))
    rows = [[f"S-{i}" if i else "sample", *row] for i, row in enumerate(rows)]
    message = refused(tmp_path, text(rows), option)
    assert "left out" in message and "cannot be" in message
    asked(tmp_path, text(rows), "--fix", "run")  # it does not vary
    told_of = told(asked(tmp_path, text(rows), "--free", "run")[0])
    assert "--free run changes nothing" in told_of


def test_what_is_the_same_in_every_row_counts_in_rules(tmp_path: Path) -> None:
    rows = [["w", "a", "b", "yield"]]
    rows += [["10", f"{a:.1f}", f"{90 - a:.1f}", f"{a:.0f}"] for a in RNG.uniform(0, 90, 40)]
    made, _ = asked(tmp_path, text(rows), "--sum", "a+b+w=100", "--rule", "a+2*w<=60")
    assert [str(rule) for rule in made.rules[:2]] == ["a + b = 90", "a <= 40"]
    asked(tmp_path, text(rows), "--fix", "w=10")
    assert "the same in every row (10)" in refused(tmp_path, text(rows), "--fix", "w=11")
    assert "the same in every row" in refused(tmp_path, text(rows), "--rule", "2*w<=5")


def test_a_text_alone_between_experiments_is_none(tmp_path: Path) -> None:
    rows = [*ROWS[:20], ["Second campaign", "", "", ""], *ROWS[20:]]
    made, _ = asked(tmp_path, text(rows))
    assert len(made.scores) == 40 and made.rows[-1] == 42
    assert "row 21 ('Second campaign') left out" in told(made)


def test_levels_that_look_alike_are_told(tmp_path: Path) -> None:
    cells = ["Pd/C", "Pd / C", "K2CO3", "K₂CO₃"] * 10
    made, _ = asked(tmp_path, text(with_column("cat", cells)))
    assert "'K2CO3/K₂CO₃', 'Pd / C/Pd/C'" in told(made)


def test_another_encoding_is_suspected_where_a_name_is_not_found(tmp_path: Path) -> None:
    rows = [["温度", "時間", "濃度", "収率"], *ROWS[1:]]
    path = text(rows).encode("shift-jis")
    message = refused(tmp_path, path, "--score", "収率")
    assert "no column '収率'" in message and "not UTF-8" in message


def test_what_follows_leaves_its_grid_and_the_others_keep_theirs(tmp_path: Path) -> None:
    """Of degrees in two scales the whole ones stay whole, and steps that were given hold."""
    rows = [["F", "C", "time", "yield"]]
    rows += [[f"{float(r[0]) * 1.8 + 32:.0f}", r[0], r[1], r[3]] for r in ROWS[1:]]
    made, _ = asked(tmp_path, text(rows))
    assert "Column 'C' is 0.556 F - 17.8" in told(made)
    assert (made.grids["F"].number.step, made.grids["C"].number.step) == (1, None)
    assert made.grids["C"].write(58.8983) == "58.9"
    made, _ = asked(tmp_path, text(rows), "--step", "C=5")
    assert (made.grids["F"].number.step, made.grids["C"].number.step) == (None, 5)
    made, _ = asked(tmp_path, text(rows), "--fix", "C=60")
    assert made.grids["F"].number.step is None  # 60 belongs to no whole number
    message = refused(tmp_path, text(rows), "--step", "C=5", "--step", "F=10")
    assert "no values in these steps meet" in message


def test_a_sum_that_is_given_up_with_levels_is_told(tmp_path: Path) -> None:
    parts = np.round(100 * RNG.dirichlet([2, 2, 2], 40), 1)
    rows = [["A", "B", "C", "yield"], *([*map(str, p), f"{i % 7}.5"] for i, p in enumerate(parts))]
    made, _ = asked(tmp_path, text(rows), "--free", "A")
    assert "add up to 100 in every row, which --free A gives up, too" in told(made)
    assert not made.rules
    made, _ = asked(tmp_path, text(rows), "--free", "A", "--sum", "A+B+C=100")
    assert "gives up" not in told(made) and made.rules[0].low == 100
    assert "gives up" not in told(asked(tmp_path, text(rows))[0])


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("bounds", "temp=200:300", "its bounds lie outside"),
        ("fix", "temp=500", "value lies outside"), ("fix", "temp=100", ""),
        ("bounds", "temp=50:300", ""), ("bounds", "temp=80:", ""),
    ],
)  # fmt: skip
def test_what_is_asked_for_in_another_unit_is_suspected(
    option: str, value: str, said: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(ROWS), f"--{option}", value)
    assert ("Has the table another unit?" in told(made)) == bool(said) and said in told(made)
