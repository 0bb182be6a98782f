"""What was typed, or stands in a configuration, and cannot be: answered before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proposer_folders import said, words
from proposer_tables import plain, refused, text, with_column

from torchbdi import InputError
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import make_problem
from torchbdi.proposer.settings import Settings

NUMBERS = np.linspace(0, 1, 20) ** 2


def test_a_configuration_of_something_else(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.json"
    argv = ["propose", str(data), "--config", str(config), "-o", str(tmp_path / "out")]
    assert "cannot be read" in said(capsys, argv)
    for content in ("{", "[]", "{}", '{"data": 1, "score": 2, "settings": 3}', "\x00"):
        config.write_text(content)
        assert "not the config.json" in said(capsys, argv)
    good = Settings(n=5).to_json()
    for table in ({"sha256": 0}, {"sha256": "0", "rows": "9"}, {"sha256": "0", "name": 1}):
        for data_of in ({"data": table}, {"data": {"sha256": "0"}, "choices_of": table}):
            config.write_text(json.dumps({**data_of, "scores": ["tc"], "settings": good}))
            assert "not the config.json" in said(capsys, argv)
    config.write_text(json.dumps({"data": {"sha256": "0"}, "scores": ["tc"], "settings": {"n": 5}}))
    assert "another version" in said(capsys, argv)
    for name, value in (
        ("minimize", "no"), ("n", "5"), ("steps", {"temp": "5"}), ("bounds", {"temp": ["low", 20]}),
        ("bounds", {"temp": 20}), ("ignore", "temp"), ("decimal", 3), ("takes", ["failed=0"]),
    ):  # fmt: skip
        wrong = {"data": {"sha256": "0"}, "scores": ["tc"], "settings": {**good, name: value}}
        config.write_text(json.dumps(wrong))
        assert f"these settings cannot have {name} = " in said(capsys, argv)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--bounds", "temp"], "write NAME=LOW:HIGH"),
        (["--bounds", "temp=1:high"], "write NAME=LOW:HIGH"),
        (["--bounds", "temp=5:1"], "not an interval"),
        (["--fix", "humidity"], "there is no column 'humidity'"),
        (["--fix", "metal=Zn"], "cannot be 'Zn'. It is one of Fe, Ni"),
        (["--category", "tc"], "'tc' is the score"),
        (["-n", "0"], "n must be a whole number"),
        (["--fix", "temp=60", "--fix", "temp=70"], "--fix: column 'temp' is given twice"),
        (["--bounds", "temp=1:2", "--bounds", "temp=1:3"], "'temp' is given twice"),
        (["--step", "temp=5", "--step", "temp=6"], "'temp' is given twice"),
        (["--ignore", "temp", "--ignore", "temp"], "--ignore temp is given twice"),
        (["--score", "tc", "--score", "tc"], "--score tc is given twice"),
        (["--score", "tx"], "there is no column 'tx'. Columns: temp, metal, seq, lot, tc"),
        (["--score", "metal"], "there are words and no number"),
    ],
)
def test_wrong_choices_are_answered_before_anything_is_made(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    assert message in said(capsys, words(data, tmp_path / "out", *more))
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_the_score_has_to_be_named(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["propose", str(data), "-o", str(tmp_path / "out")]
    assert "--score NAME is missing. Columns: temp, metal" in said(capsys, argv)
    assert "there is no column 'tx'" in said(capsys, [*argv, "--score", "tx"])


def test_a_fixed_column_may_have_a_sign_in_its_name(data: Path, tmp_path: Path) -> None:
    from torchbdi.proposer.arguments import PLAIN
    from torchbdi.proposer.choices import _fix, _settings

    assert _fix(["a=b=3", "c"], ["a=b", "c", "d"]) == {"a=b": "3", "c": None}
    assert _fix(["a=b", "c"], ["a=b", "c", "d"]) == {"a=b": None, "c": None}
    args = {**PLAIN, "bounds": ["a=b=-1:", "d=:2e3"]}
    made = _settings(type("Args", (), args))  # type: ignore[arg-type]
    assert made.bounds == {"a=b": (-1.0, None), "d": (None, 2000.0)}


def test_a_table_that_lies_on_its_side_is_said_to(tmp_path: Path) -> None:
    rows = with_column("run", [f"E{i}" for i in range(40)])
    message = refused(tmp_path, text([list(row) for row in zip(*rows, strict=True)]))
    assert "row 5 is called so: the table lies on its side" in message


@pytest.mark.parametrize("option", ["--fix", "--bounds", "--step"])
def test_options_say_that_they_have_a_decimal_point(option: str, tmp_path: Path) -> None:
    value = "conc=0,5:1" if option == "--bounds" else "conc=0,5"
    assert "decimal point" in refused(tmp_path, text(plain()), option, value)


@pytest.mark.parametrize("fixed", ["temp", "temp=50.7"])
def test_a_fixed_column_has_no_steps(fixed: str, tmp_path: Path) -> None:
    message = refused(tmp_path, text(plain()), "--step", "temp=0.5", "--fix", fixed)
    assert "column 'temp' has both step and fix: choose one" in message


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_n_is_a_whole_number(n: Any) -> None:
    table, score, y = table_of(NUMBERS[:, None], np.arange(20.0))
    with pytest.raises(InputError, match="n "):
        make_problem(table, score, y, Settings(n=n))
