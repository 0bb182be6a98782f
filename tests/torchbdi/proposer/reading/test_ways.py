"""How a way out is typed: as an option of the command line, or as an argument in Python."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import problem_of
from proposer_tables import Frame, asked, plain, refused, text

import torchbdi
from torchbdi import InputError
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


def solvents() -> tuple[Frame, np.ndarray]:
    """Numbers, solvents with their boiling points, and scores."""
    rng, kind = np.random.default_rng(0), np.arange(60) % 6
    numbers = {name: rng.uniform(0, 90, 60).round(1) for name in ("temp", "time", "conc")}
    names = np.array(list("uvwxyz"), dtype=object)[kind]
    return Frame(**numbers, solvent=names, boils=60.0 + 10 * kind**2), rng.normal(size=60)


@pytest.mark.parametrize(
    ("settings", "words", "in_python", "typed"),
    [
        ({"rules": ("temp+time<=-5",)}, ["--rule", "temp+time<=-5"],
         "bounds={'temp': (LOW, HIGH)}", "--bounds temp=LOW:HIGH"),
        ({"steps": {"temp": 500.0}}, ["--step", "temp=500"],
         "bounds={'temp': (LOW, HIGH)}", "--bounds temp=LOW:HIGH"),
        ({"steps": {"temp": 2.0, "time": 2.0}, "rules": ("temp+time=11.5",)},
         ["--step", "temp=2", "--step", "time=2", "--rule", "temp+time=11.5"],
         "bounds={'temp': (LOW, None)}", "--bounds temp=LOW:"),
        ({"fix": dict.fromkeys(("temp", "time", "conc", "solvent", "boils"))},
         [w for n in ("temp", "time", "conc", "solvent", "boils") for w in ("--fix", n)],
         "(fix=)", "(--fix)"),
        ({"fix": dict.fromkeys(("temp", "time", "conc", "solvent"))},
         [w for n in ("temp", "time", "conc", "solvent") for w in ("--fix", n)],
         "(fix=)", "(--fix)"),
        ({"fix": dict.fromkeys(("temp", "conc", "solvent", "boils")), "rules": ("temp+time=90",)},
         [w for n in ("temp", "conc", "solvent", "boils") for w in ("--fix", n)]
         + ["--rule", "temp+time=90"], "(fix=)", "(--fix)"),
    ],
)  # fmt: skip
def test_a_way_out_is_told_as_it_is_given(
    settings: dict[str, object], words: list[str], in_python: str, typed: str, tmp_path: Path
) -> None:
    """Who calls Python was told options of the command line."""
    x, y = solvents()
    with pytest.raises(InputError) as caught:
        problem_of(x, y, **settings)
    assert in_python in str(caught.value) and "--" not in str(caught.value)
    rows = [[*x, "yield"], *(list(map(str, row)) for row in zip(*x.values(), y, strict=True))]
    assert typed in refused(tmp_path, text(rows), *words)


def test_another_folder_is_asked_for_as_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()  # of an earlier run
    with pytest.raises(InputError, match=r"Choose another folder \(out=\), or remove it"):
        torchbdi.propose(*solvents(), out=tmp_path, progress=False)
