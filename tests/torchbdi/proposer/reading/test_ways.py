"""How a way out is typed: as an option of the command line, or as an argument in Python."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from proposer_tables import asked, plain, text

from torchbdi.proposer.reading.ways import IN_PYTHON, Ways


@pytest.mark.parametrize("ways", [Ways(True), IN_PYTHON])
def test_several_choices_are_typed_as_one(ways: Ways) -> None:
    """In Python an argument can be given once."""
    own = (ways.several("ignore", ["a", "b"]), ways.several("fix", ["a=0", "b=no"]),
           ways.several("take", ["0=out", "n.d.=out"]), ways.several("free", []))  # fmt: skip
    if ways.typed:
        assert own == ("--ignore a --ignore b", "--fix a=0 --fix b=no",
                       "--take 0=out --take n.d.=out", "")  # fmt: skip
    else:
        assert own == ("ignore=['a', 'b']", "fix={'a': '0', 'b': 'no'}",
                       "takes={'0': 'out', 'n.d.': 'out'}", "")  # fmt: skip


@pytest.mark.parametrize("word", ["-", "--", "-999", "--x"])
def test_a_way_out_that_begins_with_a_dash_can_be_typed(word: str, tmp_path: Path) -> None:
    way = Ways(True)("take", f"{word}=out")
    rows = plain()
    rows[4][3] = word
    made, _ = asked(tmp_path, text(rows), *shlex.split(way))
    assert 5 not in made.rows.tolist()


def test_ways_out_in_python_can_be_given_so() -> None:
    ways = Ways(False)
    assert ways("bounds", "temp=0.3:99.7") == "bounds={'temp': (0.3, 99.7)}"
    assert ways("bounds", "temp=:80") == "bounds={'temp': (None, 80)}"
    assert ways("n", "8") == "n=8" and Ways(True)("n", "8") == "-n 8"
    assert ways("step", "temp=5") == "steps={'temp': 5}"
    assert ways("fix", "gas=N2") == "fix={'gas': 'N2'}" and ways("fix", "gas") == "fix=['gas']"
