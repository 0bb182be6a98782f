"""The benchmarks' own machinery, and every subject of the Gram kind at tiny sizes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments.benchmarks import (
    Options,
    _gpu_pack,
    _measure,
    _rivals,
    _textbook,
    bdi_step,
    gpu,
    gram,
    large_solve,
    products,
    rates,
    small_cholesky,
    subjects,
)
from experiments.benchmarks.__main__ import main, run_subjects
from experiments.benchmarks._ours import paths, sequences, summarise
from experiments.benchmarks.repeated import KEPT
from torchbdi import NTK, InputError, MissingDependencyError
from torchbdi.kernels.solve.rates import RATES
from torchbdi.proposer.model import choice
from torchbdi.proposer.model.problem import Problem
from torchbdi.proposer.search import acquire, candidates


@pytest.fixture(scope="module")
def machine() -> dict[str, float]:
    """Of this machine, measured once: it takes longer than any subject here."""
    return _measure.machine_rates(1)


@pytest.fixture(autouse=True)
def measured_before(machine: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bdi_step, gram, large_solve, products):
        monkeypatch.setattr(module, "machine_rates", lambda rounds: dict(machine))


def test_rates_of_a_machine(machine: dict[str, float]) -> None:
    assert set(machine) == {"flops", "bytes"}
    assert all(1e7 < rate < 1e14 for rate in machine.values())


SMALL_CHOLESKY = ["small-cholesky", "--no-rivals", "--out"]


def test_subjects_are_the_public_modules() -> None:
    names = subjects()
    assert {"gram", "products", "bdi-step"} <= set(names)
    assert not any(name.startswith(("_", "-")) for name in names)


def test_the_step_at_hoppers_sizes(tmp_path: Path) -> None:
    words = ["hopper-step", "--small", "--no-rivals", "--rounds", "1", "--out", str(tmp_path)]
    assert main(words) == 0
    result = json.loads((tmp_path / "hopper-step.json").read_text())
    assert {row["way"] for row in result["rows"]} == {"step", "products"}
    assert result["ratio"] > 0


def test_small_solves(tmp_path: Path) -> None:
    assert main([*SMALL_CHOLESKY, str(tmp_path), "--small", "--rounds", "1"]) == 0
    result = json.loads((tmp_path / "small-cholesky.json").read_text())
    assert all(row["ours_us"] > 0 and row["limit_us"] > 0 for row in result["rows"])
    assert {row["m"] for row in result["rows"]} >= {1, 3}
    assert {row["dtype"] for row in result["rows"]} == {"float64", "float32"}
    assert result["bdi"]["ours"] > 0
    assert result["gpu_measured"] is torch.cuda.is_available()


def test_large_solves(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHBDI_DATA", str(data_dir))
    assert main(["large-solve", "--small", "--no-rivals", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "large-solve.json").read_text())
    rows = {(row["n"], row["way"]): row for row in result["rows"]}
    for n in (200, 400):
        assert rows[n, "conjugate gradients"]["iterations"] > 0
        for way in ("auto", "packed Cholesky", "conjugate gradients", large_solve.LINALG):
            assert rows[n, way]["residual"] <= large_solve.TOLERANCE
            assert rows[n, way]["from_packed_cholesky"] < 1e-6
    assert set(result["speedup"]) == {"200", "400"}
    assert (tmp_path / "large_solve.png").read_bytes().startswith(b"\x89PNG")


def test_what_a_gpu_would_be_asked_runs(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Every measurement of the subject, on the CPU and small; only the figures are missing."""
    monkeypatch.setenv("TORCHBDI_DATA", str(data_dir))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cpu, rates = torch.device("cpu"), {"float64_flops": 1e10}
    assert gpu.product_rate(cpu, 64) > 0
    x, y = gpu.utr(300)
    assert x.shape == (300, 150)
    rows = [
        gpu.gram(cpu, 64, 1),
        gpu.solve("TF Bind 8", "pcg", *gpu.tfbind8(300), 1e-8, rates),
        gpu.solve("UTR", "cholesky", x, y, 1e-6, rates),
        gpu.bdi_run(tmp_path / "runs", 300),
        gpu.nn_step(cpu, small=True),
        gpu.changes("UTR", cpu, 300, 5, 4, 3),
    ]
    assert all(row["seconds"] > 0 for row in rows)
    assert rows[-1]["note"].endswith("0 of the largest sum away")
    assert "residual" in rows[1]["note"] and "flops alone" in rows[2]["note"]
    if not torch.cuda.is_available():
        assert main(["gpu", "--small", "--out", str(tmp_path / "out")]) == 0
        assert "still to be measured" in capsys.readouterr().out


def test_random_targets(tmp_path: Path) -> None:
    pytest.importorskip("RNA")
    assert main(["random-targets", "--small", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "random-targets.json").read_text())
    medians = [row["median"] for row in result["rows"]]
    assert medians == sorted(medians, reverse=True) and medians[0] > 0.5
    assert {row["way"] for row in result["rows"]} == {row["way"] for row in result["targets"]}
    assert all(row["best"] >= row["median"] for row in result["targets"])


def test_designed_experiments(tmp_path: Path) -> None:
    assert main(["designed", "--small", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "designed.json").read_text())
    (row,), (table,) = result["rows"], result["tables"]
    assert table["design"] == "Box-Behnken 3" and row["best"] == table["best"]
    assert row["best by errors"] >= row["median by errors"]
    assert row["best"] > row["known"] and row["median"] > 0


def test_repeated_designs(tmp_path: Path) -> None:
    assert main(["repeated", "--small", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "repeated.json").read_text())
    rows = {row["way"]: row for row in result["rows"]}
    assert list(rows) == ["estimate", "limit", "none"] and rows["estimate"]["median gained"] == 0
    assert all(0 < row["median"] < row["best"] for row in rows.values())
    assert [table["repeated"] for table in result["tables"]] == ["eighth", "third"]
    assert Problem.least_noise_l is KEPT


def test_designs_around_the_ends(tmp_path: Path) -> None:
    kept = acquire.ABOVE, acquire.explained, candidates.ENDS
    assert main(["around", "--small", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "around.json").read_text())
    first, second = result["tables"]
    assert [row["noise"] for row in result["rows"]] == [0.0] * 3 + [0.1] * 3 + ["all"] * 3
    assert first["median, around"] > first["median, before"]
    assert second["median, around"] != second["median, share"]
    assert (acquire.ABOVE, acquire.explained, candidates.ENDS) == kept


def test_smooth_networks(tmp_path: Path) -> None:
    assert main(["smooth", "--small", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "smooth.json").read_text())
    assert [(row["tables"], row["way"]) for row in result["rows"]] == [
        (tables, way) for tables in ("textbook", "drawn") for way in ("ReLUs", "smooth")
    ]
    assert len(result["tables"]) == 4
    first = result["tables"][0]  # four smooth hills
    assert first["off, smooth"] != first["off, ReLUs"]
    assert choice.SMOOTHER == 0.1


def test_functions_of_textbooks_have_their_known_tops() -> None:
    tops = {
        "hartmann3": (0.114614, 0.555649, 0.852547), "levy": (0.55,) * 4,
        "hartmann6": (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573),
        "goldstein": (0.5, 0.25), "styblinski": (0.209647,) * 3, "rastrigin": (0.5,) * 3,
        "camel": (0.5 + 0.0898 / 4, 0.5 - 0.7126 / 2), "rosenbrock": (2 / 3,) * 3,
    }  # fmt: skip
    values = {
        "hartmann3": 3.86278, "hartmann6": 3.32237, "goldstein": -np.log(3), "levy": 0,
        "styblinski": 3 * 39.16617, "rastrigin": 0, "camel": 1.0316, "rosenbrock": 0,
    }  # fmt: skip
    for name, top in tops.items():
        function, k = _textbook.FUNCTIONS[name]
        assert len(top) == k
        assert function(np.array([top]))[0] == pytest.approx(values[name], abs=1e-3)


@pytest.mark.parametrize(
    ("subject", "pictures"),
    [
        ("gram", ["gram_n.png", "gram_depth.png"]),
        ("products", ["products.png"]),
        ("bdi-step", ["bdi_step.png"]),
    ],
)
def test_a_subject_end_to_end(
    subject: str, pictures: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "folder"
    arguments = [subject, "--small", "--no-rivals", "--rounds", "1", "--out", str(out)]
    assert main(arguments) == 0
    result = json.loads((out / f"{subject}.json").read_text())
    assert result["subject"] == subject and result["machine"]["torch"] == torch.__version__
    assert {row["way"] for row in result["rows"]} >= set(paths())
    assert all(row["ns_per_entry"] > 0 for row in result["rows"])
    assert result["limit"]["binding"] in ("arithmetic", "memory")
    assert set(result["extra_bytes"]) == set(paths())
    printed = capsys.readouterr().out
    assert "ns_per_entry" in printed and "plain torch" in printed
    for name in pictures:
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in out.iterdir()) == sorted([f"{subject}.json", *pictures])


def test_rates_are_measured_beside_the_table(tmp_path: Path) -> None:
    assert main(["rates", "--small", "--rounds", "1", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "rates.json").read_text())
    assert {row["entries"] for row in result["rows"]} == {"zonal", "gaussian", "plain"}
    for row in result["rows"]:
        assert 1e7 < row["flops"] < 1e14 and 1e7 < row["bytes_per_second"] < 1e14
        assert 1e-12 < row["entry_seconds"] < 1e-3
        assert row["flops in the table"] == RATES[result["device"]][row["entries"]].flops
    for plans in result["plans"]:
        on_a_gpu = result["device"] == "cuda" and plans["entries"] != "plain"
        assert plans["TF Bind 8"][1] == ("cholesky" if on_a_gpu else "pcg-stored")
        assert plans["UTR"][1] == "pcg"
    operator = NTK().matrix(sequences(600, seed=0))
    start = time.perf_counter()
    operator.fill(slice(0, 600), slice(0, 600), torch.empty(600, 600, dtype=torch.float64))
    taken = (time.perf_counter() - start) / 600**2
    assert 0.002 * taken < rates.measure_rates(operator).entry_seconds < 200 * taken


def test_unknown_subject_and_bad_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="bdi-step"):
        run_subjects(["grum"], tmp_path / "a", Options(tmp_path))
    assert not (tmp_path / "a").exists()
    assert main(["gram", "--rounds", "0", "--out", str(tmp_path / "b")]) == 1
    assert "--rounds" in capsys.readouterr().err


def test_interleave_takes_turns_and_drops_the_first() -> None:
    calls: list[str] = []

    def make(name: str) -> _measure.Callable[[], float]:
        def run() -> float:
            calls.append(name)
            return float(len(calls))

        return run

    seconds = _measure.interleave({"a": make("a"), "b": make("b")}, 2)
    assert calls == ["a", "b"] * 3
    assert seconds == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_ratios_are_of_rounds_not_of_medians() -> None:
    slow, fast = [10.0, 40.0, 30.0], [1.0, 2.0, 5.0]
    assert _measure.median_ratio(slow, fast) == 10
    rows = summarise({"slow": slow, "fast": fast}, 1e9, base="slow")
    assert [row["times_faster_than_slow"] for row in rows] == [1, 10]
    assert rows[1]["ns_per_entry"] == 2


def test_limit_names_what_binds() -> None:
    rates = {"flops": 1e10, "bytes": 1e10}
    assert _measure.limit(100, 8, rates)["binding"] == "arithmetic"
    slow_memory = _measure.limit(4, 8, rates)
    assert slow_memory["binding"] == "memory"
    assert slow_memory["limit_ns"] == pytest.approx(0.8)


def test_extra_bytes_sees_a_large_temporary() -> None:
    def work() -> None:
        torch.ones(1 << 26, dtype=torch.float64).sum()

    assert 4e8 < _measure.extra_bytes(work) < 8e8


def test_sequences_are_standardised_one_hots() -> None:
    x = sequences(500, seed=1)
    assert x.shape == (500, 24) and x.dtype == torch.float64
    assert x.mean(0).abs().max() < 1e-12
    assert all(len(x[:, i].unique()) <= 3 for i in range(24))


def test_rivals_that_cannot_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rivals.sys, "executable", "/bin/false")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="--no-rivals"):
        _rivals.environment("gpytorch")
    assert not list(tmp_path.rglob("ready"))


def test_a_pack_that_was_broken_off_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[Any] = []
    real = _gpu_pack.shutil.copyfile

    def copyfile(source: Path, target: Path) -> None:
        copied.append(real(source, target))
        if len(copied) == 3:
            raise KeyboardInterrupt

    monkeypatch.delenv("TORCHBDI_DATA", raising=False)
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(_gpu_pack.shutil, "copyfile", copyfile)
        _gpu_pack.pack(tmp_path / "gpu", wheels=False)
    _gpu_pack.pack(tmp_path / "gpu", wheels=False)
    assert (tmp_path / "gpu" / "src" / "pyproject.toml").is_file()


def test_the_pack_for_a_gpu_machine_runs_elsewhere_and_says_that_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU: make gpu runs the real thing")
    monkeypatch.delenv("TORCHBDI_DATA", raising=False)
    _gpu_pack.pack(tmp_path / "gpu", wheels=False)
    # Small solves and tests are run elsewhere here: what is asked of Python is written down.
    asked, python, out = tmp_path / "asked", tmp_path / "python", tmp_path / "out"
    benchmarks = "-m experiments.benchmarks"
    python.write_text(
        f'#!/bin/sh\necho "$*" >> "{asked}"\n'
        f'case "$*" in "-m pytest "* | "{benchmarks} small-cholesky "*) exit 0;; esac\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    python.chmod(0o755)
    elsewhere = shutil.copytree(tmp_path / "gpu", tmp_path / "elsewhere")
    environment = {
        **os.environ,
        "PYTHON": str(python),
        "WORDS": "--small --rounds 1",
        "OUT": str(out),
    }
    done = subprocess.run(
        ["bash", elsewhere / "call.sh"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = (out / "summary.txt").read_text()
    assert "cuda False" in summary and len(summary.splitlines()) <= 40
    assert all(f"== {part}: exit 0" in summary for part in ("tests", "small", "gpu"))
    assert "still to be measured" in (out / "log.txt").read_text()
    assert json.loads((out / "gpu.json").read_text())["measured"] is False
    _, tests, small, card = asked.read_text().splitlines()
    assert small == f"{benchmarks} {' '.join(SMALL_CHOLESKY)} {out} --small --rounds 1"
    assert card == f"{benchmarks} gpu --out {out} --small --rounds 1"
    assert tests.startswith("-m pytest ") and f"--junitxml={out}/tests.xml tests/kernels" in tests


def test_a_pack_takes_the_place_of_a_pack_and_of_nothing_else(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter").write_text("dear")
    for folder in (mine, mine / "letter"):
        with pytest.raises(InputError, match="not packed here"):
            _gpu_pack.pack(folder, wheels=False)
    assert (mine / "letter").read_text() == "dear"
    (tmp_path / "gpu" / "src").mkdir(parents=True)
    (tmp_path / "gpu" / "src" / "old").touch()
    (tmp_path / "gpu" / "call.sh").touch()
    _gpu_pack.pack(tmp_path / "gpu", wheels=False)
    assert not (tmp_path / "gpu" / "src" / "old").exists()
    assert (tmp_path / "gpu" / "src" / "pyproject.toml").is_file()


def test_what_is_cut_off_keeps_what_it_measured(tmp_path: Path) -> None:
    kept: list[int] = []
    options = Options(tmp_path, rounds=1, small=True, keep=lambda r: kept.append(len(r["rows"])))
    result = small_cholesky.run(options)
    assert kept == list(range(1, len(result["rows"]) + 1))
