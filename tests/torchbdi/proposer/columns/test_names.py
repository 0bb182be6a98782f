"""Columns of names: levels that may be slips or gaps, and levels that hold several things."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposer_tables import asked, refused, text, told, with_column

from torchbdi.proposer.columns.column import Classes


def test_na_may_be_a_name(tmp_path: Path) -> None:
    levels = ["none", "NA", "LiCl", "KF"] * 10
    content = text(with_column("additive", levels))
    message = refused(tmp_path, content)
    assert "keep 'NA' as a name (--category additive)" in message
    made, _ = asked(tmp_path, content, "--category", "additive")
    column = made.columns[0]
    assert isinstance(column, Classes)
    assert column.classes == ("KF", "LiCl", "NA", "none")


@pytest.mark.parametrize(
    "cells",
    [["1", "1*", "2", "2*"], ["1", "2*", "3", "4*"], ["10k", "100k", "1M"], ["500", "1k", "5k"]],
)
def test_names_that_begin_as_numbers_stay(cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", [cells[i % len(cells)] for i in range(40)])))
    assert isinstance(made.columns[0], Classes) and made.columns[0].classes == tuple(sorted(cells))


def test_levels_that_differ_by_case_are_told(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("solvent", ["DMF", "dmf", "Dmf", "THF"] * 10)))
    assert "'DMF/Dmf/dmf'" in told(made)


def test_levels_that_look_alike_are_told(tmp_path: Path) -> None:
    cells = ["Pd/C", "Pd / C", "K2CO3", "K₂CO₃"] * 10
    made, _ = asked(tmp_path, text(with_column("cat", cells)))
    assert "'K2CO3/K₂CO₃', 'Pd / C/Pd/C'" in told(made)


def test_dates_that_a_spreadsheet_made_are_named(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("ratio", ["1:5", "2024-01-02"] * 20)))
    assert "'ratio' has dates among its levels ('2024-01-02')" in told(made)
    made, _ = asked(tmp_path, text(with_column("NPK", ["15-15-15", "20-10-10"] * 20)))
    assert "has dates" not in told(made)


@pytest.mark.parametrize(
    ("cells", "several"),
    [
        (["WT", "A23T", "K45R", "A23T;K45R", "A23T;G67D", "K45R;G67D"], True),
        (["EtOH/water", "DMF/water", "EtOH/DMF", "DMF"], True),
        (["A/1", "B/2", "C/3", "D/4"], False),  # no part stands in two of them
        (["3/1", "1/3", "1/1", "3/3"], False),  # ratios
        (["NaCl", "KCl", "Na2SO4"], False),
        (["F/C=C/F", "F/C=C/Cl", "Cl/C=C/Cl"], False),  # formulas
        (["[K+].[OH-]", "[Na+].[OH-]", "[K+].[F-]", "[Na+].[F-]"], False),
    ],
)
def test_levels_that_hold_several_things(cells: list[str], several: bool, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("what", (cells * 40)[:40])))
    assert ("hold several things" in told(made)) == several


def test_lists_are_shown_as_they_stand(tmp_path: Path) -> None:
    cells = ["EtOH + EtOH", "EtOH + water", "water + DMF", "DMF + EtOH"]
    said = told(asked(tmp_path, text(with_column("what", cells * 10)))[0])
    assert "such as 'DMF + EtOH'" in said


@pytest.mark.parametrize("word", ["#REF!", "#VALEUR!", "#¡REF!", "<undefined>", "\\N", "(null)"])
def test_what_no_name_can_be_is_a_gap(word: str, tmp_path: Path) -> None:
    content = text(with_column("salt", ["KF", "LiCl", word, "KCl"] * 10))
    assert "10 of 40 rows have missing cells, in columns 'salt'" in refused(tmp_path, content)
    made, _ = asked(tmp_path, content, "--drop-missing")
    assert made.columns[0].classes == ("KCl", "KF", "LiCl")  # type: ignore[union-attr]
    kept, _ = asked(tmp_path, content, "--category", "salt")
    assert word in kept.columns[0].classes  # type: ignore[union-attr]


def test_levels_that_may_say_that_nothing_is_known_are_told(tmp_path: Path) -> None:
    for word in ("?", "n.d.", "unknown", "n/a", "•"):
        content = text(with_column("salt", ["KF", "LiCl", word, "KCl"] * 10))
        assert f"'salt' has {word!r} among its levels" in told(asked(tmp_path, content)[0])
        said = told(asked(tmp_path, content, "--category", "salt")[0])
        assert "among its levels" not in said
    for levels in (
        ["none", "KF"],
        ["Na", "Nd"],
        ["-", "+"],
        ["-", "KF"],
        ["--", "++"],
        ["-", "--"],
    ):
        made, _ = asked(tmp_path, text(with_column("salt", levels * 20)))
        assert "among its levels" not in told(made)


def test_lists_of_mutations_are_asked_about(tmp_path: Path) -> None:
    """Where too many differ for names, a person is told how to write what can be searched."""
    lists = [f"A{i}V;G{i + 30}D" if i % 3 else "WT" for i in range(40)]
    message = refused(tmp_path, text(with_column("mutations", lists)))
    assert "lists of mutations, such as 'A10V;G40D'" in message
    assert "write the whole sequence of each variant" in message
    made, _ = asked(tmp_path, text(with_column("code", [f"A{i}B{i}/x" for i in range(40)])))
    assert "mutations" not in told(made)
    own = [f"p.Ala{i + 1}Val:p.Gly{i + 30}Asp" for i in range(40)]
    assert "write the whole sequence" in told(asked(tmp_path, text(with_column("hgvs", own)))[0])
