from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from experiments import analytic
from experiments.tasks._landscapes import CENTRE, SEEN, landscapes
from torchbdi import InputError


@pytest.mark.parametrize("name", ["quadratic", "letters"])
def test_the_table_is_the_worse_half_of_what_the_formula_says(name):
    landscape = landscapes()[name]
    data = landscape.table()
    raw = data.space.decode(data.x)
    if name == "quadratic":
        slow = [-sum((v - c) ** 2 for v, c in zip(row, CENTRE, strict=True)) for row in raw]
    else:
        weights = np.random.default_rng(0).standard_normal((8, 4))
        slow = [sum(weights[i, letter] for i, letter in enumerate(row)) for row in raw]
    np.testing.assert_allclose(landscape.score(raw), slow, rtol=1e-12)
    assert len(data.x) == SEEN
    y = data.y.numpy()
    np.testing.assert_allclose(y, (np.array(slow) - np.mean(slow)) / np.std(slow), atol=1e-9)
    told = analytic.yardsticks(landscape, data)
    assert told[analytic.BEST_ROW][0] == pytest.approx(max(slow))
    assert told[analytic.RANDOM][0] > max(slow)  # the table holds none of the better half


def test_lines_are_kept_and_say_what_a_method_is_not_ahead_of(tmp_path, capsys, monkeypatch):
    analytic.main(["best_rows", f"out={tmp_path}", "seeds=0"])
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
    analytic.main(["best_rows", f"out={tmp_path}", "seeds=0"])
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="seeds=one"):
        analytic.main(["seeds=one"])


def test_lines_that_another_command_adds_meanwhile_stay(tmp_path, monkeypatch):
    propose, words = analytic.propose, [f"out={tmp_path}", "seeds=0"]

    def propose_beside(*given):
        monkeypatch.setattr(analytic, "propose", propose)
        analytic.main(["random", *words])
        return propose(*given)

    monkeypatch.setattr(analytic, "propose", propose_beside)
    analytic.main(["best_rows", *words])
    found = [line["method"] for line in analytic._read(tmp_path / "analytic-runs.csv")]
    assert sorted(found) == ["best_rows"] * 2 + ["random"] * 2


def test_seeds_are_averaged_and_a_method_that_has_fewer_says_so():
    told = [("cma_es", 0, 1.0), ("cma_es", 1, 4.0), ("cma_es", 5, 99.0), ("bdi", 1, -1.0)]
    lines = [
        {**analytic._key("letters", name, seed), "best": str(v), "median": "-2", "minutes": "0.5"}
        for name, seed, v in told
    ]
    made = analytic.table(lines, [0, 1])
    rows = {row[1]: row[2:] for row in made.rows if row[0] == "letters"}
    assert rows["cma_es"][:2] == ["2.50 ± 2.12", "-2.00"]
    assert rows["bdi"][:2] == ["-1.00 (of 1 of 2 seeds)", "-2.00 (of 1 of 2 seeds)"]
    assert f"{analytic.RANDOM} (best)" in rows["cma_es"][2]  # 2.5, where random designs have 3.18
    record = next(r for r in made.records if r["method"] == "cma_es")
    assert (record["best"], record["seeds"]) == (2.5, 2)
    assert record["best_std"] == pytest.approx(2.1213, abs=1e-4)
    assert len({tuple(r) for r in made.records}) == 1  # the same keys throughout


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
