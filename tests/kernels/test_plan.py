from __future__ import annotations

import gc
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from solve_operators import DenseOperator, SlowNTK, random_spd, right_sides, sequences

from torchbdi import NTK
from torchbdi.kernels import memory
from torchbdi.kernels.errors import DoesNotFitError, InputError
from torchbdi.kernels.memory import PeakMemory, available_bytes, cgroup_rooms, require
from torchbdi.kernels.solve import plan
from torchbdi.kernels.solve.operator import GramOperator
from torchbdi.kernels.solve.plan import plan_for, plan_solve
from torchbdi.kernels.solve.probe import Probe, Rates, measure_rates, probe_conditioning

GB = 10**9
TWO_CORES = Rates(flops=50e9, entry_seconds=9e-9, bytes_per_second=10e9)
ONE_GPU = Rates(flops=50e12, entry_seconds=5e-11, bytes_per_second=4e12)
SEQUENCES = Probe(2000, 500, 22)
ILL_CONDITIONED = Probe(2000, 500, None)


def test_tf_bind_8_on_two_cores_goes_to_stored_conjugate_gradients():
    made = plan_solve(32_898, 24, 1, 22 * GB, TWO_CORES, SEQUENCES)
    assert made.solver == "pcg-stored"
    assert 4.3 * GB < made.chosen.peak_bytes < 6 * GB
    assert 10 < made.chosen.seconds < 120
    cholesky, stored, free = made.candidates
    assert cholesky.seconds > 4 * stored.seconds
    assert free.peak_bytes < GB
    text = str(made)
    for word in ("32898 x 32898", "19.8 GB may be used", "> pcg-stored", "iterations", "fastest"):
        assert word in text


def test_tf_bind_8_in_little_memory_goes_matrix_free():
    made = plan_solve(32_898, 24, 1, 3 * GB, TWO_CORES, SEQUENCES)
    assert made.solver == "pcg"
    assert " x cholesky" in str(made)
    assert "the only one that fits" in made.reason


def test_superconductor_goes_to_cholesky():
    made = plan_solve(17_014, 86, 1, 22 * GB, TWO_CORES, ILL_CONDITIONED)
    assert made.solver == "cholesky"
    assert "did not converge" in made.reason
    assert made.chosen.peak_bytes == pytest.approx(8 * 17_014**2 / 2, rel=0.15)


def test_utr_goes_matrix_free_on_two_cores_and_not_on_a_large_gpu():
    small = plan_solve(140_000, 150, 1, 22 * GB, TWO_CORES, Probe(2000, 500, 14))
    assert small.solver == "pcg"
    assert small.chosen.peak_bytes < 4 * GB
    assert 3600 < small.chosen.seconds < 10 * 3600
    large = plan_solve(
        140_000, 150, 1, 149 * GB, ONE_GPU, Probe(2000, 500, 14), torch.device("cuda")
    )
    assert large.chosen.seconds < 60
    assert all(way.peak_bytes < 90 * GB for way in large.candidates)


def test_what_does_not_fit_gives_sizes_and_ways_out():
    with pytest.raises(DoesNotFitError) as error:
        plan_solve(140_000, 150, 1, 22 * GB, TWO_CORES, ILL_CONDITIONED)
    for word in ("x cholesky", "79 GB", "19.8 GB may be used", "fewer rows", "a GPU"):
        assert word in str(error.value)
    with pytest.raises(DoesNotFitError, match=r"x pcg .*\n.*\n.*Ways out: fewer rows"):
        plan_solve(140_000, 150, 1, GB // 10, TWO_CORES, SEQUENCES)


def test_expectations_grow_as_they_should():
    def seconds(n: int, d: int, k: int) -> list[float]:
        return [
            way.seconds for way in plan_solve(n, d, k, 999 * GB, TWO_CORES, SEQUENCES).candidates
        ]

    base = seconds(40_000, 24, 1)
    assert all(more > less for more, less in zip(seconds(80_000, 24, 1), base, strict=True))
    assert all(more > less for more, less in zip(seconds(40_000, 99, 1), base, strict=True))
    assert all(more > less for more, less in zip(seconds(40_000, 24, 9), base, strict=True))
    assert SEQUENCES.iterations_at(8000, 500) == 44
    assert SEQUENCES.iterations_at(8000, 1000) < 44


def test_small_problems_are_not_probed(monkeypatch):
    monkeypatch.setattr(plan, "probe_conditioning", None)
    made = plan_for(SlowNTK(sequences(300)), right_sides(300, 1), 1e-6)
    assert made.solver == "cholesky"
    assert "not probed" in made.reason


def test_plan_for_checks_its_input():
    with pytest.raises(InputError, match=r"\(20, K\)"):
        plan_for(DenseOperator(random_spd(20)), torch.ones(20, dtype=torch.float64), 0.1)


def test_rates_are_measured():
    operator = SlowNTK(sequences(600))
    rates = measure_rates(operator)
    start = time.perf_counter()
    block = torch.empty(600, 600, dtype=torch.float64)
    operator.fill(slice(0, 600), slice(0, 600), block)
    taken = (time.perf_counter() - start) / 600**2
    assert 0.02 * taken < rates.entry_seconds < 20 * taken
    assert 1e8 < rates.flops < 1e14
    assert 1e8 < rates.bytes_per_second < 1e13


def test_the_probe_tells_conditioning():
    good = SlowNTK(sequences(900))
    ridge = 1e-6 * float(good.diagonal().mean())
    found = probe_conditioning(good, right_sides(900, 1), ridge, 1e-6)
    assert found.rows == 900
    assert found.iterations is not None
    assert found.iterations > 5
    generator = torch.Generator().manual_seed(0)
    crowded = SlowNTK(torch.randn(900, 3, generator=generator, dtype=torch.float64))
    assert probe_conditioning(crowded, right_sides(900, 1), 1e-9, 1e-6).iterations is None


def table(name: str, folder: Path) -> tuple[GramOperator, torch.Tensor, float]:
    """The visible rows of a task, standardised; logits of sequences as design-bench makes them."""

    def load(kind: str) -> np.ndarray:
        prefix = {"tf_bind_8": "tf_bind_8-SIX6_REF_R1"}.get(name, name)
        files = sorted((folder / prefix).glob(f"*-{kind}-*.npy"), key=lambda f: len(f.name))
        return np.concatenate([np.load(file) for file in files])

    x, y = load("x"), load("y").reshape(-1).astype(float)
    seen = y <= np.percentile(y, 80 if name == "superconductor" else 50)
    x, y = x[seen], y[seen]
    if name != "superconductor":
        logits = np.log(0.6 * np.eye(4)[x] + 0.1)
        x = (logits[:, :, 1:] - logits[:, :, :1]).reshape(len(x), -1)
    x = x.astype(float)
    spread = x.std(0)
    x = (x - x.mean(0)) / np.where(spread > 1e-9, spread, 1)
    matrix = NTK(depth=6).matrix(torch.tensor(x))
    rhs = torch.tensor((y - y.mean()) / y.std())[:, None]
    return matrix, rhs, 1e-6 * float(matrix.diagonal().mean())


@pytest.mark.parametrize(
    ("name", "rows", "solver"),
    [
        ("tf_bind_8", 32_898, "pcg-stored"),
        ("superconductor", 17_014, "cholesky"),
        ("utr", 140_000, "pcg"),
    ],
)
def test_real_tables_are_probed_and_planned(name, rows, solver, real_data):
    operator, rhs, ridge = table(name, real_data)
    assert operator.n == rows
    found = probe_conditioning(operator, rhs, ridge, 1e-6)
    assert (found.iterations is None) == (name == "superconductor")
    assert plan_solve(rows, operator.width, 1, 22 * GB, TWO_CORES, found).solver == solver


def test_control_groups_of_both_versions(tmp_path):
    def write(folder: Path, **files: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text + "\n")

    member, mount = tmp_path / "cgroup", tmp_path / "mount"
    member.write_text("0::/outer/inner\n")
    stat = "anon 1\ninactive_file 100"
    write(mount / "outer", memory__max="5000", memory__current="1000", memory__stat=stat)
    write(mount / "outer/inner", memory__max="max", memory__current="900", memory__stat=stat)
    assert cgroup_rooms(member, mount) == [4100]
    # Version 1, in a container that sees its own group at the root of the mount.
    member.write_text("5:cpu,memory:/host/path/of/the/container\n3:pids:/x\n")
    write(
        mount / "memory",
        memory__limit_in_bytes="8000",
        memory__usage_in_bytes="9000",
        memory__stat="total_inactive_file 400",
    )
    assert cgroup_rooms(member, mount) == [0]
    assert cgroup_rooms(tmp_path / "none", mount) == []


def test_available_memory_is_that_of_this_machine():
    free = available_bytes(torch.device("cpu"))
    assert 2**20 < free < 2**50
    require(free // 2, torch.device("cpu"), "half", "")
    with pytest.raises(DoesNotFitError, match=r"everything needs .* Buy more\."):
        require(free, torch.device("cpu"), "everything", "Buy more.")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peaks_are_seen_also_below_an_earlier_one():
    cpu, mib = torch.device("cpu"), 2**20
    gc.collect()  # what earlier tests left must not go while this one measures

    def hold(meter: PeakMemory, size: int) -> int:
        """Holds memory until the sampling thread has seen it; returns what was there before."""
        base = meter._now()
        held, end = torch.ones(size // 8, dtype=torch.float64), time.monotonic() + 60
        # The system counts a process's pages to some 100 kB a core.
        while meter._seen < base + size - 5 * mib and time.monotonic() < end:
            time.sleep(memory.SAMPLE_SECONDS)
        del held
        return base

    with PeakMemory(cpu) as outer:
        base = hold(outer, 400 * mib)
        # Released, so the high-water mark stands 400 MB above what comes now.
        with PeakMemory(cpu) as inner:
            base_inside = hold(inner, 80 * mib)
    assert base + 395 * mib <= outer.peak_bytes < base + 450 * mib
    assert base_inside + 75 * mib <= inner.peak_bytes < base_inside + 130 * mib
    assert not any("_sample" in thread.name for thread in threading.enumerate())
