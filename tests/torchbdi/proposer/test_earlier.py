"""The choices of an earlier run hold for the longer table of the next round."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import proposer_processes as processes
import pytest
from forked import finished
from proposer_folders import contents
from proposer_tables import asked, plain, refused, text, told

from torchbdi.__main__ import main
from torchbdi.proposer.folder import CONFIG
from torchbdi.proposer.settings import Settings

CHOSEN = ("--rule", "temp+time<=120", "--step", "temp=0.5", "--bounds", "time=:50", "--robust")


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The configuration of a run on the plain table, which nobody has made."""
    _, settings = asked(tmp_path, text(plain()), *CHOSEN)
    return written(tmp_path, settings)


def written(folder: Path, settings: Settings, **more: Any) -> str:
    data = {"name": "t.csv", "sha256": "0", "rows": 40}
    content = {"data": data, "scores": ["yield"], "settings": settings.to_json(), **more}
    (folder / CONFIG).write_text(json.dumps(content))
    return str(folder / CONFIG)


def later(folder: Path, config: str, *words: str, rows: list[list[str]] | None = None) -> Any:
    """What is understood of a longer table with the choices of an earlier run."""
    content = text(plain(50) if rows is None else rows)
    return asked(folder, content, "--config", config, *words, name="longer.csv")


def test_all_that_was_chosen_holds_and_all_that_was_found_is_found_anew(
    config: str, tmp_path: Path
) -> None:
    """No bound, level or number of proposals of the shorter table is kept."""
    rows = [*plain(40), ["95.0", "4.0", "2.50", "60.0"], ["21.5", "12.0", "0.05", "30.0"]]
    made, settings = later(tmp_path, config, rows=rows)
    typed, _ = asked(tmp_path, text(rows), *CHOSEN)
    assert made.columns == typed.columns and made.rules == typed.rules
    assert settings == asked(tmp_path, text(rows), *CHOSEN)[1] and settings.n is None
    assert {c.name: (c.low, c.high) for c in made.columns} == {  # type: ignore[union-attr]
        "temp": (21.0, 95.0), "time": (4.0, 50.0), "conc": (0.05, 2.5)
    }  # fmt: skip
    assert made.remarks[1:] == typed.remarks
    assert made.remarks[0].startswith(
        "The choices are those of a run on another table, t.csv, with 40 rows that have a score; "
        "this one has 42."
    )


def test_how_many_are_proposed_is_kept_where_somebody_chose_it(tmp_path: Path) -> None:
    """Of a grid with three designs left 32 are three; a longer one may have more."""
    rows = [["a", "b", "yield"]]
    rows += [[a, b, str(i * 7 % 36)] for i, a in enumerate("ABCDEF") for b in "PQRSTU"]
    for words, n in (((), 8), (("-n", "5"), 5)):
        made, settings = asked(tmp_path, text([*rows[:13], *rows[16:]]), *words)
        assert made.n == 3
        config = written(tmp_path, settings)
        longer = [*rows[:13], *rows[16:], ["G", "P", "1"]]
        assert later(tmp_path, config, rows=longer)[0].n == n


def test_options_beside_a_configuration_are_added_and_count(config: str, tmp_path: Path) -> None:
    made, settings = later(
        tmp_path, config, "--bounds", "time=10:40", "--bounds", "conc=:1", "--rule", "time>=12",
        "--rule", "temp+time<=120", "--acquisition", "ei", "-n", "7",
    )  # fmt: skip
    assert settings.bounds == {"time": (10.0, 40.0), "conc": (None, 1.0)}
    assert settings.rules == ("temp+time<=120", "time>=12")
    assert settings.steps == {"temp": 0.5} and settings.robust
    assert settings.acquisition == "ei" and made.n == 7
    config = written(tmp_path, settings)
    _, settings = later(tmp_path, config, "--acquisition", "ucb", "--score-scale", "auto")
    assert settings.acquisition == "ucb" and settings.n == 7  # the usual one, typed
    rows = [[*row, row[3]] for row in plain(50)]
    rows[0][3:] = ["yield", "purity"]
    made, _ = later(tmp_path, config, "--score", "purity", "--ignore", "yield", rows=rows)
    assert made.score_columns == ("purity",)


def test_what_a_configuration_has_and_the_table_lacks_is_refused_with_a_way_out(
    config: str, tmp_path: Path
) -> None:
    rows = plain(50)
    rows[0][1] = "hours"
    with pytest.raises(Exception, match="bounds: there is no column 'time'") as caught:
        later(tmp_path, config, rows=rows)
    way = f"The choices of {config} count here: options beside --config are added to them, and "
    assert f'{way}what must go is taken out of its "settings".' in str(caught.value)
    rows[0][1:] = ["time", "conc", "output"]
    with pytest.raises(Exception, match="there is no column 'yield'") as caught:
        later(tmp_path, config, rows=rows)
    assert way in str(caught.value)
    rows[0][3] = "yield"
    with pytest.raises(Exception, match="column 'time' has both ignore and bounds") as caught:
        later(tmp_path, config, "--ignore", "time")
    assert way in str(caught.value)
    for row in (3, 7):
        rows[row][3] = "failed"
    with pytest.raises(Exception, match="--take failed=out leaves these rows out"):
        later(tmp_path, config, rows=rows)
    made, _ = later(tmp_path, config, "--take", "failed=out", rows=rows)
    assert "2 designs that failed" in told(made)
    with pytest.raises(Exception, match="no workbook, so it has no sheet 'A'") as caught:
        later(tmp_path, written(tmp_path, Settings(sheet="A")))
    assert way in str(caught.value)


def test_a_word_of_scores_that_were_measured_since_is_no_error(tmp_path: Path) -> None:
    """It was right for the earlier table, and may be again; what is typed now has to occur."""
    rows = plain()
    rows[5][3] = rows[9][3] = "PENDING"
    _, settings = asked(tmp_path, text(rows), "--take", "PENDING=out")
    config = written(tmp_path, settings)
    made, settings = later(tmp_path, config)
    assert "No score is 'PENDING' now, so that what was said of it changes nothing." in told(made)
    assert settings.takes == {"PENDING": "out"}
    made, _ = later(tmp_path, config, rows=rows)
    assert "No score is" not in told(made) and len(made.scores) == 38
    with pytest.raises(Exception, match="take: no score is 'PENDIN'"):
        later(tmp_path, config, "--take", "PENDIN=out")
    assert "no score is 'PENDIN'" in refused(tmp_path, text(rows), "--take", "PENDIN=out")


def test_an_older_configuration_tells_no_number_of_rows(tmp_path: Path) -> None:
    config = written(tmp_path, Settings(n=5), data={"name": "t.csv", "sha256": "0"})
    made, _ = later(tmp_path, config)
    assert made.remarks[0].startswith(
        "The choices are those of a run on another table, t.csv; this one has 50 rows"
    )


def test_rounds_go_on_and_each_can_be_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], quick: None
) -> None:
    """Killed, too: the same command goes on; and a repeat says of which table choices were."""
    table, log = tmp_path / "t.csv", str(tmp_path / "log")
    folders = [tmp_path / f"r{i}" for i in range(4)]
    table.write_text(text(plain(40)))
    argv = ["propose", str(table), "--score", "yield", *CHOSEN, "-n", "3", "-o", str(folders[0])]
    assert main(argv) == 0 and "another table" not in capsys.readouterr().out
    table.write_text(text(plain(45)))
    for at, (before, rows) in enumerate(((0, "40"), (1, "40")), start=1):
        argv = ["propose", str(table), "--config", str(folders[before] / CONFIG)]
        assert main([*argv, "-o", str(folders[at])]) == 0
        line = f"t.csv, with {rows} rows that have a score; this one has 45."
        assert line in capsys.readouterr().out
        assert line in (folders[at] / "report.html").read_text()
    assert contents(folders[1]) == contents(folders[2])
    table.write_text(text(plain(46)))
    argv = ["propose", str(table), "--config", str(folders[1] / CONFIG), "-o", str(folders[3])]
    assert finished(processes.killed_at_the_report, argv, log) != 0
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "going on with the run" in said and "with 45 rows that have a score; this one" in said
