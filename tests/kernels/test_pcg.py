from __future__ import annotations

import gc
import random
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest
import torch
from forked import PATIENCE
from solve_operators import (
    DenseOperator,
    SlowNTK,
    cholesky,
    dense,
    pcg,
    random_spd,
    reference,
    right_sides,
    sequences,
)

from torchbdi.kernels.errors import (
    DoesNotFitError,
    InputError,
    NotConvergedError,
    NotPositiveDefiniteError,
)
from torchbdi.kernels.solve.checkpoint import SolveCheckpoint
from torchbdi.kernels.solve.nystrom import NystromPreconditioner


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("kind", ["dense", "ntk"])
@pytest.mark.parametrize("n", [1, 5, 64, 203])
@pytest.mark.parametrize("columns", [1, 3])
def test_equals_the_dense_solve(stored, kind, n, columns):
    operator = DenseOperator(random_spd(n)) if kind == "dense" else SlowNTK(sequences(n))
    rhs, ridge = right_sides(n, columns), 1e-3
    solver = pcg(operator, ridge, rank=max(1, n // 3), stored=stored)
    d, stats = solver.with_options(tolerance=1e-11).solve(rhs)
    expected = reference(dense(operator), ridge, rhs)
    torch.testing.assert_close(d, expected, rtol=1e-6, atol=1e-8 * float(expected.abs().max()))
    left = rhs - dense(operator) @ d - ridge * d
    true = float((left.norm(dim=0) / rhs.norm(dim=0)).max())
    assert stats.residual == pytest.approx(true, rel=1e-2, abs=1e-14)
    assert true <= 1.001e-11
    assert 0 < stats.iterations < 200
    assert stats.seconds > 0
    assert stats.peak_bytes > 0


def test_both_solvers_agree():
    operator, rhs = SlowNTK(sequences(300, length=16)), right_sides(300, 1)
    assert len(operator.x.unique(dim=0)) == 300
    ridge = 1e-6 * float(operator.diagonal().mean())
    direct, _ = cholesky(operator, ridge, tile=128).solve(rhs)
    iterated, stats = pcg(operator, ridge, rank=50, tolerance=1e-10).solve(rhs)
    assert float((direct - iterated).norm() / direct.norm()) < 1e-8
    assert stats.residual <= 1e-10


def test_both_solvers_agree_as_far_as_equal_rows_allow():
    """Equal rows with different scores: along their difference there is the ridge and nothing else.

    So d is about |y| / ridge, and rounding alone leaves a residual of eps |K| |d| / |y|: 7e-10.
    """
    operator, rhs = SlowNTK(sequences(300)), right_sides(300, 1)
    assert len(operator.x.unique(dim=0)) == 298
    ridge = 1e-6 * float(operator.diagonal().mean())
    direct, factored = cholesky(operator, ridge, tile=128).solve(rhs)
    norm = float(torch.linalg.matrix_norm(dense(operator), 2))
    floor = torch.finfo(rhs.dtype).eps * norm * float(direct.norm() / rhs.norm())
    assert 1e-10 < floor < 1e-9
    iterated, stats = pcg(operator, ridge, rank=50, tolerance=2 * floor).solve(rhs)
    # d - d' = (K + ridge)^-1 (r' - r), and no eigenvalue of K + ridge is below the ridge.
    error = (stats.residual + factored.residual) * float(rhs.norm()) / ridge
    assert float((direct - iterated).norm()) <= error
    assert error < 1e-7 * float(direct.norm())


def test_tables_with_duplicate_rows():
    x = sequences(200)
    operator = SlowNTK(torch.cat([x, x[:100]]))
    ridge = 1e-6 * float(operator.diagonal().mean())
    rhs = right_sides(200, 1)
    rhs = torch.cat([rhs, rhs[:100]])
    solver = pcg(operator, ridge, rank=150, stored=True)
    _, stats = solver.with_options(tolerance=1e-8).solve(rhs)
    assert stats.residual <= 1e-8
    # Duplicates in the sample must not spoil the preconditioner for the rest.
    unique = pcg(SlowNTK(x), ridge, rank=100, stored=True, tolerance=1e-8)
    assert stats.iterations <= 1.2 * unique.solve(rhs[:200])[1].iterations


def test_a_column_of_zeros_and_columns_of_different_difficulty():
    operator = DenseOperator(random_spd(80))
    rhs = torch.cat([torch.zeros(80, 1, dtype=torch.float64), right_sides(80, 2)], 1)
    rhs[:, 2] = operator.k @ torch.ones(80, dtype=torch.float64) * 1e-9
    d, _ = pcg(operator, 0.0, rank=10, tolerance=1e-10).solve(rhs)
    assert torch.equal(d[:, 0], rhs[:, 0])
    torch.testing.assert_close(d[:, 1:], reference(operator.k, 0.0, rhs[:, 1:]))


def test_preconditioner_equals_its_formula():
    n, rank, ridge = 60, 12, 1e-3
    operator = SlowNTK(sequences(n))
    k = dense(operator)
    made = NystromPreconditioner(operator, ridge, rank, seed=3, block=17)
    sample = torch.randperm(n, generator=torch.Generator().manual_seed(3))[:rank]
    core = k[sample][:, sample] + ridge * torch.eye(rank, dtype=torch.float64)
    values, u = torch.linalg.eigh(k[:, sample] @ torch.linalg.solve(core, k[sample]))
    values, u = values[-rank:], u[:, -rank:]
    inverse = (
        torch.eye(n, dtype=torch.float64)
        + u @ torch.diag(((values[1] + ridge) / (values + ridge) - 1).clamp_max(0)) @ u.mT
    )
    v = right_sides(n, 3)
    torch.testing.assert_close(made.apply(v), inverse @ v, rtol=1e-7, atol=1e-9)


def test_memory_is_freed_with_the_solver():
    solver = pcg(DenseOperator(random_spd(20)), 0.1, rank=5, stored=True)
    alive = weakref.ref(solver)
    gc.disable()
    try:
        del solver
        assert alive() is None
    finally:
        gc.enable()


def test_preconditioner_saves_iterations():
    operator, rhs = SlowNTK(sequences(400)), right_sides(400, 1)
    counts = [
        pcg(operator, 1e-6, rank=rank, stored=True).solve(rhs)[1].iterations
        for rank in (1, 40, 160)
    ]
    assert counts[0] > counts[1] > counts[2]


def test_not_converged_says_what_to_do_and_can_go_on(tmp_path):
    operator, rhs, file = DenseOperator(random_spd(150)), right_sides(150, 2), tmp_path / "cg"
    solver = pcg(operator, 1e-3, rank=10, stored=True)
    whole, stats = solver.with_options(tolerance=1e-9).solve(rhs)
    with pytest.raises(NotConvergedError, match=r"5 iterations were not.*residual is .*cholesky"):
        solver.with_options(tolerance=1e-9, max_iterations=5, checkpoint=file).solve(rhs)
    resumed, again = solver.with_options(tolerance=1e-9, checkpoint=file).solve(rhs)
    # The verification at the stop starts the recurrence anew only in memory, not in the file.
    torch.testing.assert_close(resumed, whole, rtol=1e-12, atol=1e-14)
    assert again.iterations == stats.iterations
    # A finished file is recognised without another step.
    assert (
        solver.with_options(tolerance=1e-9, checkpoint=file).solve(rhs)[1].iterations
        == stats.iterations
    )


def test_stagnation_is_told_from_slowness():
    solver = pcg(DenseOperator(random_spd(50)), 1e-3, rank=10)
    with pytest.raises(NotConvergedError, match="stopped falling"):
        solver.with_options(tolerance=1e-18).solve(right_sides(50, 1))


def test_numbers_that_leave_float64_end_it():
    with pytest.raises(NotConvergedError, match="left the range of float64 after"):
        pcg(DenseOperator(random_spd(20)), 1e-3).solve(1e200 * right_sides(20, 1))


def test_indefinite_matrices_are_refused():
    k = random_spd(60)
    k[40, 40] = -1.0
    with pytest.raises(NotPositiveDefiniteError, match="symmetric and positive"):
        pcg(DenseOperator(k), 0.0, rank=1).solve(right_sides(60, 1))
    with pytest.raises(NotPositiveDefiniteError, match="preconditioner"):
        pcg(DenseOperator(k), 0.0, rank=60)


def test_errors_of_input():
    k, rhs = random_spd(30), right_sides(30, 1)
    solver = pcg(DenseOperator(k), 0.1, rank=5)
    for bad in (0.0, 1.0, -1e-6, float("nan")):
        with pytest.raises(InputError, match="tolerance"):
            solver.with_options(tolerance=bad).solve(rhs)
    with pytest.raises(InputError, match=r"\(30, K\)"):
        solver.solve(rhs[:, 0])
    wrong = rhs.clone()
    wrong[3] = torch.inf
    with pytest.raises(InputError, match="first at row 3"):
        solver.solve(wrong)
    for at in ((2, 2), (2, 9)):
        broken = k.clone()
        broken[at] = broken[at[::-1]] = torch.nan
        for rank in (1, 30):
            with pytest.raises(InputError, match=r"finite|NaN"):
                pcg(DenseOperator(broken), 0.1, rank=rank).solve(rhs)


def test_what_does_not_fit_is_refused_before_it_is_computed():
    operator = DenseOperator(random_spd(3))
    operator.n = 10**12
    with pytest.raises(DoesNotFitError, match=r"Nystrom factor of 1000000000000 x 1000"):
        NystromPreconditioner(operator, 0.1, 1000)


def test_a_foreign_checkpoint_is_refused(tmp_path):
    k, rhs, file = random_spd(40), right_sides(40, 1), tmp_path / "cg"
    operator = DenseOperator(k)
    pcg(operator, 0.1, rank=5, checkpoint=file).solve(rhs)
    before = file.read_bytes()
    for other, ridge, right, match in (
        (k, 0.1, right_sides(40, 1, seed=9), "right-hand side"),
        (k, 0.2, rhs, "ridge"),
        (random_spd(40, seed=4), 0.1, rhs, "matrix"),
    ):
        solver = pcg(DenseOperator(other), ridge, rank=5)
        with pytest.raises(InputError, match=f"another problem.*{match}.*Delete"):
            solver.with_options(checkpoint=file).solve(right)
        assert file.read_bytes() == before
    with pytest.raises(InputError, match="does not exist"):
        pcg(operator, 0.1, rank=5, checkpoint=tmp_path / "no" / "cg").solve(rhs)


def test_a_damaged_checkpoint_does_not_block(tmp_path):
    operator, rhs, file = DenseOperator(random_spd(150)), right_sides(150, 2), tmp_path / "cg"
    solver = pcg(operator, 1e-3, rank=10, stored=True, tolerance=1e-9)
    whole, stats = solver.solve(rhs)
    for most in (3, 5):
        with pytest.raises(NotConvergedError):
            solver.with_options(checkpoint=file, max_iterations=most).solve(rhs)
    draw, kept = random.Random(0), {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(kept) == 2
    steps, step = [], solver.recurrence.step

    def counted(*args):
        steps.append(1)
        step(*args)

    solver.recurrence.step = counted
    for flips, done in ((1, 3), (2, 0)):
        for path, content in list(kept.items())[:: -1 if flips == 1 else 1]:
            path.write_bytes(content)
        damaged = [file, file.with_name("cg.before")][:flips]
        for path in damaged:
            path.write_bytes(flipped(kept[path], draw))
        steps.clear()
        with pytest.warns(RuntimeWarning, match=r"cg is damaged.*(Going on from|begins anew)"):
            resumed, again = solver.with_options(checkpoint=file).solve(rhs)
        torch.testing.assert_close(resumed, whole, rtol=1e-12, atol=1e-14)
        assert again.iterations == stats.iterations
        assert len(steps) == stats.iterations - done


def flipped(content, draw):
    changed = bytearray(content)
    changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def test_a_hundred_flipped_bits_of_a_checkpoint_are_found(tmp_path):
    operator, rhs, file = DenseOperator(random_spd(30)), right_sides(30, 1), tmp_path / "cg"
    pcg(operator, 0.1, rank=5, checkpoint=file).solve(rhs)
    checkpoint, draw = SolveCheckpoint(file, operator, rhs, 0.1), random.Random(1)
    whole = file.read_bytes()
    assert checkpoint.load() is not None
    for _ in range(100):
        file.write_bytes(flipped(whole, draw))
        with pytest.warns(RuntimeWarning, match="cg is damaged"):
            assert checkpoint.load() is None


def test_a_checkpoint_serves_another_preconditioner(tmp_path):
    operator, rhs, file = DenseOperator(random_spd(150)), right_sides(150, 2), tmp_path / "cg"
    whole, stats = pcg(operator, 1e-3, rank=10, tolerance=1e-12).solve(rhs)
    with pytest.raises(NotConvergedError):
        pcg(
            operator,
            1e-3,
            rank=10,
            tolerance=1e-12,
            max_iterations=stats.iterations - 3,
            checkpoint=file,
        ).solve(rhs)
    resumed, again = pcg(operator, 1e-3, rank=12, tolerance=1e-12, checkpoint=file).solve(rhs)
    assert float((resumed - whole).norm() / whole.norm()) < 1e-10
    assert again.iterations < 2 * stats.iterations - 3


SLOW = """
import sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
import torch
from solve_operators import DenseOperator, pcg, random_spd, right_sides

class Slow(DenseOperator):
    def multiply(self, v):
        time.sleep(0.1)
        return super().multiply(v)

options = dict(tolerance=1e-12, checkpoint=Path({file!r}), checkpoint_seconds=0)
pcg(Slow(random_spd(150)), 1e-3, rank=10, **options).solve(right_sides(150, 2))
"""


def saved_iteration(file: Path) -> float:
    return float(torch.load(file, weights_only=True)["state"]["numbers"][0])


def test_a_killed_solve_resumes_to_the_same_result(tmp_path):
    file = tmp_path / "cg"
    script = SLOW.format(here=str(Path(__file__).parent), file=str(file))
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        deadline = time.monotonic() + PATIENCE
        while not (file.exists() and saved_iteration(file) >= 4):
            assert process.poll() is None, "the solve ended before it could be killed"
            assert time.monotonic() < deadline, "no checkpoint was written"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = saved_iteration(file)
    operator, rhs = DenseOperator(random_spd(150)), right_sides(150, 2)
    solver = pcg(operator, 1e-3, rank=10, stored=True)
    whole, stats = solver.with_options(tolerance=1e-12).solve(rhs)
    steps = []
    step = solver.recurrence.step

    def counted(*args):
        steps.append(1)
        step(*args)

    solver.recurrence.step = counted
    resumed, again = solver.with_options(tolerance=1e-12, checkpoint=file).solve(rhs)
    assert float((resumed - whole).norm() / whole.norm()) < 1e-10
    assert again.iterations == stats.iterations
    assert len(steps) == stats.iterations - done < stats.iterations


FULL = """
import resource, sys, warnings
from pathlib import Path
sys.path.insert(0, {here!r})
import torch
from solve_operators import DenseOperator, pcg, random_spd, reference, right_sides
from torchbdi.kernels.errors import NotConvergedError

file, k, rhs = Path({file!r}), random_spd(150), right_sides(150, 2)
solver = pcg(DenseOperator(k), 1e-3, rank=10)
try:
    solver.with_options(max_iterations=3, checkpoint=file).solve(rhs)
except NotConvergedError:
    before = file.read_bytes()
# The system refuses to write more than a kilobyte to any file from now on.
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    d, stats = solver.with_options(tolerance=1e-9, checkpoint=file, checkpoint_seconds=0).solve(rhs)
assert any("could not be written" in str(w.message) for w in caught)
assert any("the one before it stays" in str(w.message) for w in caught)
assert file.read_bytes() == before
assert not [p for p in file.parent.iterdir() if p.name.endswith(".part")]
torch.testing.assert_close(d, reference(k, 1e-3, rhs), rtol=1e-6, atol=1e-6)
print("fine", stats.iterations)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are POSIX")
def test_a_full_disk_does_not_stop_the_solve(tmp_path):
    folder = tmp_path / "full"
    folder.mkdir()
    script = FULL.format(here=str(Path(__file__).parent), file=str(folder / "cg"))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("fine")


def test_long_solves_show_residual_and_time_left(monkeypatch, capsys):
    operator = DenseOperator(random_spd(60))
    multiply = operator.multiply
    monkeypatch.setattr(operator, "multiply", lambda v: (time.sleep(0.1), multiply(v))[1])
    pcg(operator, 1e-3, rank=5, tolerance=1e-8).solve(right_sides(60, 1))
    shown = capsys.readouterr().err
    assert "CG 60" in shown
    assert "iteration" in shown
    assert "residual" in shown
    assert "<00:" in shown
    monkeypatch.undo()
    pcg(operator, 1e-3, rank=5).solve(right_sides(60, 1))
    assert capsys.readouterr().err == ""
