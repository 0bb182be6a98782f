"""Files of a run that are damaged are told from those that somebody has changed."""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from synthetic_runs import identity_of as made_up
from synthetic_runs import write_run

from experiments.data.arrays import read_npz, read_sealed_npy, write_npz, write_sealed_npy
from experiments.runs.as_begun import STATE
from experiments.runs.begun import check_same, identity_of, keep_as_begun, write_identity
from experiments.runs.config import compose_config, method_of
from experiments.runs.identity import Identity
from experiments.runs.lines import line_of
from experiments.runs.results import Run, read_runs
from experiments.runs.run_folder import RunFolder
from experiments.table import main
from experiments.tasks.assemble import request_of
from torchbdi import InputError, OfflineData, Space

DATA = OfflineData.from_raw(
    np.array([[0, 1], [1, 2], [2, 3], [3, 0]]), np.arange(4.0), Space.sequence(2, "ACGT")
)


def flips(content: bytes, count: int = 100) -> Iterator[bytes]:
    draw = random.Random(0)
    for _ in range(count):
        changed = bytearray(content)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        yield bytes(changed)


@pytest.fixture
def begun(tmp_path: Path) -> tuple[RunFolder, Identity]:
    """A run that has begun."""
    cfg = compose_config(["task=tfbind8", f"out_dir={tmp_path}", "designs=4"])
    name, request = request_of(cfg)
    folder = RunFolder.create(cfg)
    identity = identity_of(request, name, method_of(cfg), DATA, cfg.designs)
    write_identity(folder, identity, DATA)
    return folder, identity


def again(folder: RunFolder, now: Identity) -> RunFolder:
    """What ``resume=`` does before it goes on."""
    opened, _ = RunFolder.reopen(str(folder.path))
    try:
        check_same(opened, now, DATA)
    finally:
        opened.begun.mend()
    keep_as_begun(opened)
    return opened


@pytest.mark.parametrize("name", ["config.yaml", "identity.json", str(STATE)])
def test_a_hundred_flipped_bits_are_found_and_not_in_the_way(
    name: str, begun: tuple[RunFolder, Identity], capsys: pytest.CaptureFixture[str]
) -> None:
    """34 in each of the three files."""
    folder, identity = begun
    path = folder.path / name
    before, cfg = path.read_bytes(), folder.config()
    for content in flips(before, 34):
        path.write_bytes(content)
        _, found = RunFolder.reopen(str(folder.path))
        assert found == cfg
        assert again(folder, identity).beginning() == folder.beginning()
        said = capsys.readouterr().err
        assert str(path) in said
        assert "damaged" in said
        assert path.read_bytes() == before  # mended
        for aside in path.parent.glob("*.moved-*"):
            aside.unlink()
    again(folder, identity)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("name", ["config.yaml", "identity.json"])
@pytest.mark.parametrize("how", ["lost", "empty", "a folder", "zeros", "cut"])
def test_worse_damage_is_mended_too(
    name: str, how: str, begun: tuple[RunFolder, Identity], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, identity = begun
    path = folder.path / name
    before = path.read_bytes()
    path.unlink()
    if how == "a folder":
        path.mkdir()
        (path / "mine").write_text("kept")
    elif how != "lost":
        contents = {"empty": b"", "zeros": bytes(len(before)), "cut": before[:-9] + b"\x00"}
        path.write_bytes(contents[how])
    again(folder, identity)
    assert path.read_bytes() == before
    said = capsys.readouterr().err
    assert str(path) in said
    assert "begun.state" in said
    moved = list(folder.path.glob(f"{name}.moved-*"))
    assert len(moved) == (how != "lost")  # nothing that was there is thrown away
    again(folder, identity)
    assert not capsys.readouterr().err


def test_what_somebody_has_changed_counts(
    begun: tuple[RunFolder, Identity], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, identity = begun
    config, own = folder.path / "config.yaml", folder.path / "identity.json"
    text = config.read_text()
    config.write_text(text.replace("data_dir: null", "data_dir: /elsewhere"))
    _, cfg = RunFolder.reopen(str(folder.path))
    assert cfg.data_dir == "/elsewhere"
    again(folder, identity)  # the same run, with its data elsewhere
    assert "changed by hand" in capsys.readouterr().err
    again(folder, identity)
    assert not capsys.readouterr().err
    content = json.loads(own.read_text())
    content["method"]["settings"]["steps"] = 300
    before = own.read_text()
    own.write_text(json.dumps(content, indent=2))
    with pytest.raises(InputError, match=r"method\.steps 300 and 200 .* remove identity\.json"):
        again(folder, identity)
    own.unlink()
    again(folder, identity)
    assert own.read_text() == before


def test_older_folders_are_read_as_they_are(begun: tuple[RunFolder, Identity]) -> None:
    folder, identity = begun
    (folder.path / STATE).unlink()
    again(folder, identity)
    assert (folder.path / STATE).is_file()  # they have a copy from now on
    (folder.path / STATE).unlink()
    (folder.path / "identity.json").write_text("{")
    with pytest.raises(InputError, match=r"identity\.json is damaged.*Begin a new run"):
        again(folder, identity)


def finished(root: Path) -> Path:
    """A finished run's folder, by what a run writes."""
    cfg = compose_config(["task=tfbind8", f"out_dir={root}", "seed=3"])
    folder = RunFolder.create(cfg)
    facts = {
        "title": "A table", "data_source": "original", "oracle_source": "original",
        "oracle_spearman": None, "method": "bdi", "rows": 32_898, "dimensions": 24,
        "best_after_raw": 0.943, "best_after_normalised": 0.973, "median_after_raw": 0.1,
        "median_after_normalised": 0.375, "best_of_data_normalised": 0.439, "seconds": 9.25,
        "designs_sha256": 64 * "a", "version": "0.2.0",
    }  # fmt: skip
    folder.write_results(line_of(made_up("tfbind8", "bdi", 3), facts))
    return folder.path


def test_a_fact_that_is_no_number_is_unknown_in_both_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = finished(tmp_path)
    line = read_runs([tmp_path])[0].line
    for file in ("results.csv", "metrics.json"):
        (folder / file).unlink()
    told = {**line, "spread": math.nan, "largest": math.inf}
    RunFolder(folder).write_results(told)
    metrics = json.loads((folder / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert metrics["spread"] is None and metrics["largest"] == "inf"
    (run,) = read_runs([tmp_path])
    assert "spread" not in run.values and run.values["largest"] == math.inf
    assert not capsys.readouterr().err


@pytest.mark.parametrize("name", ["results.csv", "metrics.json"])
def test_flipped_bits_of_results_are_found_or_harmless(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = finished(tmp_path) / name
    (true,) = read_runs([tmp_path])
    before, told, read = path.read_bytes(), [], 0
    for content in flips(before, 150):
        path.write_bytes(content)
        found: list[Run] = read_runs([tmp_path], told.append)
        assert len(found) in (0, 1)
        for run in found:
            read += 1
            same = (run.identity, run.values, run.method, run.problem)
            assert same == (true.identity, true.values, true.method, true.problem) or (
                "differ in times" in capsys.readouterr().err
            )
        if not found:
            assert str(tmp_path) in told[-1]
    assert read > 75  # mostly the other of the two files is enough
    assert len(told) + read >= 150


def test_a_line_of_a_collection_knows_when_it_is_damaged(tmp_path: Path) -> None:
    with (finished(tmp_path) / "results.csv").open(newline="") as file:
        header, line = list(csv.reader(file))
    collection = tmp_path / "runs.csv"
    damaged = ["0.993" if cell == "0.973" else cell for cell in line]
    with collection.open("w", newline="") as file:
        csv.writer(file).writerows([[*header, "more"], [*damaged, ""], [*line, ""]])
    told: list[str] = []
    (run,) = read_runs([collection], told.append)
    assert run.values["best_after_normalised"] == 0.973
    assert told == [f"{collection}: not a results.csv of a run; {told[0].split('; ')[1]}"]
    assert "SHA-256" in told[0]
    assert "line 2" in told[0]
    with pytest.raises(InputError, match="line 2"):
        read_runs([collection])


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("results.csv", b""), ("results.csv", b"a,b\n1,2\n"), ("results.csv", b"\xff\x00\n"),
        ("results.csv", None), ("metrics.json", b"{"), ("metrics.json", b"\xff"),
        ("metrics.json", b"[]"), ("metrics.json", None),
    ],
)  # fmt: skip
def test_tables_go_on_without_what_is_damaged(
    file: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, method="rbf", best=0.5)
    path = finished(tmp_path) / file
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    main(["table2", f"runs={tmp_path}"])
    out, err = capsys.readouterr()
    assert "rbf" in out
    (line,) = err.splitlines()
    assert line.startswith("left out: ")
    assert str(path) in line
    with pytest.raises(InputError):
        read_runs([tmp_path])


@pytest.mark.parametrize("shape", [(4, 15), (3, 6)])
def test_flipped_bits_of_designs_are_found(shape: tuple[int, int], tmp_path: Path) -> None:
    """With 15 columns one more row is as long as the SHA-256."""
    x = np.random.default_rng(0).normal(size=shape)
    write_sealed_npy(path := tmp_path / "step-000001.npy", x)
    assert np.array_equal(np.load(path), x)  # others read it as ever
    before = path.read_bytes()
    for content in flips(before):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"step-000001\.npy is damaged"):
            read_sealed_npy(path)
    path.write_bytes(before.replace(b"(4, 15)", b"(5, 15)").replace(b"(3, 6)", b"(9, 6)"))
    with pytest.raises(InputError, match=r"step-000001\.npy is damaged"):
        read_sealed_npy(path)
    np.save(path, x)  # of an earlier version
    assert np.array_equal(read_sealed_npy(path), x)


def test_flipped_bits_of_proposals_are_found_or_harmless(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    arrays = {"x_h": draw.normal(size=(16, 24)), "start_rows": np.arange(16)}
    write_npz(path := tmp_path / "proposals.npz", arrays)
    found = 0
    for content in flips(path.read_bytes()):
        path.write_bytes(content)
        try:
            read = read_npz(path)
        except InputError as error:
            assert str(path) in str(error)
            found += 1
        else:
            assert read.keys() == arrays.keys()
            assert all(np.array_equal(read[name], arrays[name]) for name in arrays)
    assert found > 80
