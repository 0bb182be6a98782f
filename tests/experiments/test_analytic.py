from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from experiments import analytic
from torchbdi import InputError


@pytest.mark.parametrize("name", ["quadratic", "letters"])
def test_the_table_is_the_worse_half_of_what_the_formula_says(name):
    landscape = analytic.landscapes()[name]
    data = landscape.table()
    raw = data.space.decode(data.x)
    if name == "quadratic":
        slow = [
            -sum((v - c) ** 2 for v, c in zip(row, analytic.CENTRE, strict=True)) for row in raw
        ]
    else:
        slow = [sum(landscape.weights[i, letter] for i, letter in enumerate(row)) for row in raw]
    np.testing.assert_allclose(landscape.score(raw), slow, rtol=1e-12)
    assert len(data.x) == analytic.SEEN
    y = data.y.numpy()
    np.testing.assert_allclose(y, (np.array(slow) - np.mean(slow)) / np.std(slow), atol=1e-9)
    told = landscape.yardsticks(data)
    assert told[analytic.BEST_ROW][0] == pytest.approx(max(slow))
    assert told[analytic.RANDOM][0] > max(slow)  # the table holds none of the better half


def test_lines_are_kept_and_say_what_a_method_is_not_ahead_of(tmp_path, capsys, monkeypatch):
    analytic.main(["best_rows", f"out={tmp_path}"])
    out = capsys.readouterr().out
    assert f"{analytic.BEST_ROW} (best)" in out and f"{analytic.RANDOM} (median)" in out
    with (tmp_path / "analytic-runs.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["landscape"], line["method"]) for line in lines] == [
        ("quadratic", "best_rows"),
        ("letters", "best_rows"),
    ]
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = (tmp_path / "analytic-runs.csv").read_text(encoding="utf-8")
    (tmp_path / "analytic-runs.csv").write_text(kept + "letters,best_rows,0,1,0,9,9,0.0\n")
    assert len(analytic._read(tmp_path / "analytic-runs.csv")) == 2  # not of an earlier revision
    (tmp_path / "analytic-runs.csv").write_text(kept)
    monkeypatch.setattr(analytic, "propose", None)  # what is there is not run again
    analytic.main(["best_rows", f"out={tmp_path}"])
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="seed=one"):
        analytic.main(["seed=one"])


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "landscape,method,revision,floor,seed,best,median,minutes\nletters,cma_es,{0},{1},0,nan,1,1\n",
        "landscape,method,revision,floor,seed,best,median,minutes\nletters,cma_es,{0},{1},0,1\n",
        "landscape,method,revision,floor,seed,best,median,minutes\nletters,cma_es,{0},{1},x,1,1,1\n",
    ],
)
def test_a_file_that_is_none_of_its_own_is_named(tmp_path: Path, text: str) -> None:
    key = analytic._key("letters", "cma_es", 0)
    (tmp_path / "analytic-runs.csv").write_text(text.format(key["revision"], key["floor"]))
    with pytest.raises(InputError, match=r"analytic-runs\.csv: not a file of lines"):
        analytic.main(["cma_es", f"out={tmp_path}"])
