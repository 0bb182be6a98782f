"""Files of gathered lines: what is added, what stays, and what is no line of a run."""

from __future__ import annotations

import csv
import threading
from pathlib import Path
from typing import Any

import pytest
from forked import PATIENCE
from synthetic_runs import write_run

from experiments.runs import collection
from experiments.runs.collection import add_runs, check_collection
from experiments.runs.results import read_runs
from experiments.table import main
from torchbdi import InputError

SCORES = (
    "best_after_raw", "median_after_raw", "best_after_normalised", "median_after_normalised",
    "best_of_data_normalised",
)  # fmt: skip


def lines(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_tables_of_some_runs_leave_the_lines_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, out = tmp_path / "one", tmp_path / "two", tmp_path / "out"
    write_run(one, best=0.5)
    write_run(one, method="cbas", best=0.6, identity={"method": "gone"})  # its file is not there
    write_run(two, method="rbf", best=0.7, results_sha256="damaged")
    write_run(two, method="backward_only", best=0.8, more="a column of its own")
    gathered = [line for root in (one, two) for file in root.rglob("*.csv") for line in lines(file)]
    out.mkdir()
    header = list(dict.fromkeys(column for line in gathered for column in line))
    with (out / "runs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(gathered)
    before = lines(out / "runs.csv")
    main(["table3", f"runs={two}", f"out={out}"])
    assert lines(out / "runs.csv") == before
    assert "the lines of 3 other runs stay there" in capsys.readouterr().out
    write_run(tmp_path / "again", best=0.55)
    (again,) = read_runs([tmp_path / "again"])
    assert add_runs(out / "runs.csv", [again]) == 3
    after = lines(out / "runs.csv")
    assert [line["best_after_raw"] for line in after] == [
        "0.55" if line["best_after_raw"] == "0.5" else line["best_after_raw"] for line in before
    ]
    assert len(after) == 4


def test_what_cannot_be_added_to_is_told(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", name="a")
    runs = read_runs([tmp_path / "runs"])
    file = tmp_path / "runs.csv"
    for content in (b"a,b\n1\n", b"a,b\n1,2,3\n", b"a,b\n1,\xff\n"):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"runs\.csv: cannot be added to"):
            add_runs(file, runs)
        assert file.read_bytes() == content
    with pytest.raises(InputError, match=r"this is a folder\. Name a file"):
        check_collection(tmp_path)
    check_collection(tmp_path / "new" / "runs.csv")
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(OSError, match="too long"):  # a folder that takes no file, for any reason
        check_collection(tmp_path / (252 * "a"))


def test_two_that_begin_at_once_with_a_new_file_both_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one removed the other's trial of the folder, which then failed to be removed."""
    written = Path.write_bytes

    def write_bytes(path: Path, content: bytes) -> int:
        size = written(path, content)
        path.unlink()  # by the other one
        return size

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    check_collection(tmp_path / "runs.csv")
    assert list(tmp_path.iterdir()) == []


def test_two_that_add_at_once_lose_no_line(
    tmp_path: Path,
    waiting: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The second reads the file only when the first has written it."""
    file, writing, write = tmp_path / "runs.csv", threading.Event(), collection.write_csv

    def write_slowly(*given: Any) -> None:
        writing.set()
        assert waiting.wait(PATIENCE)
        write(*given)

    monkeypatch.setattr(collection, "write_csv", write_slowly)
    runs = [read_runs([write_run(tmp_path / "runs", seed=seed)]) for seed in (0, 1)]
    first = threading.Thread(target=add_runs, args=(file, runs[0]))
    first.start()
    assert writing.wait(PATIENCE)
    add_runs(file, runs[1])
    first.join()
    assert [run.identity.seed for run in read_runs([file])] == [0, 1]
    assert f"{file}: waiting for another process" in capsys.readouterr().out


@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_a_finite_number(name: str, tmp_path: Path) -> None:
    told: list[str] = []
    for text in ("nan", "inf", "-inf", "0.9x", "1,5"):
        write_run(tmp_path / "bad", name=text, **{name: text})
        with pytest.raises(InputError, match=rf"its {name} is '{text}', which is no finite number"):
            read_runs([tmp_path / "bad" / text])
    write_run(tmp_path / "good", method="rbf")
    runs = read_runs([tmp_path / "bad", tmp_path / "good"], told.append)
    assert [run.method for run in runs] == ["rbf"]
    assert len(told) == 5
