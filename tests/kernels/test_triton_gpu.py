"""What only a GPU can show: whole runs, large sizes, and that the solvers work on it."""

from __future__ import annotations

import lightning
import pytest
import torch
from small_methods import UNDRAWN, letters, numbers, small
from solve_operators import cholesky, pcg, sequences
from torch import Tensor

import torchbdi
from torchbdi import BDI, NTK, InputError, NotPositiveDefiniteError, OfflineData
from torchbdi.kernels import cholesky_solve
from torchbdi.kernels.gpu import device as triton_device
from torchbdi.kernels.zonal.gram import unit_rows
from torchbdi.kernels.zonal.tiles import gram_, product
from torchbdi.methods import registry
from torchbdi.methods.base import Run

if not torch.cuda.is_available():
    pytest.skip("needs a GPU", allow_module_level=True)

CUDA = torch.device("cuda")
__all__ = ["letters", "numbers"]  # tables that tests ask for


def room_for(nbytes: float) -> None:
    if torch.cuda.mem_get_info()[0] < 1.1 * nbytes:
        pytest.skip(f"needs {nbytes / 1e9:.0f} GB of GPU memory")


class Losses(lightning.Callback):
    """The losses of every group at every step."""

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    def on_train_batch_start(self, trainer: object, module: BDI, *_: object) -> None:
        self.seen.append(torch.stack(list(module.loss().values())).detach().cpu())


@pytest.mark.parametrize(("m", "kernel"), [(1, NTK()), (8, NTK()), (8, NTK(3, b_std=0.2))])
def test_a_whole_run_equals_the_cpu(m: int, kernel: NTK) -> None:
    """With its solve; the starts lie beside data points, where losses are good to rounding."""
    x_l = sequences(300, length=16)  # no two are equal
    y_l = x_l[:, 0] - x_l.square().sum(1) / 40
    y_l = (y_l - y_l.mean()) / y_l.std(correction=0)
    starts = x_l[:16].reshape(-1, m, x_l.shape[1]) + 0.05
    results = []
    for accelerator in ("cpu", "gpu"):
        model, losses = BDI(x_l, y_l, starts, kernel=kernel, lr=1e-2), Losses()
        trainer = lightning.Trainer(
            accelerator=accelerator,
            devices=1,
            max_steps=200,
            max_epochs=-1,
            callbacks=[losses],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(model)
        assert trainer.global_step == 200
        results.append((torch.stack(losses.seen), model.x_h.detach().cpu()))
    (expected, x_cpu), (got, x_gpu) = results
    torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(x_gpu, x_cpu, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("kernel", [NTK(), NTK(3, b_std=0.2)], ids=repr)
@pytest.mark.parametrize("columns", [1, 3])
def test_large_solves(kernel: NTK, columns: int) -> None:
    x = sequences(3000, length=16)
    rhs = torch.randn(
        3000, columns, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    ridge = 1e-4 * float(kernel.diag(x).mean())
    expected, _ = cholesky(kernel.matrix(x), ridge).solve(rhs)
    matrix, b = kernel.matrix(x.to(CUDA)), rhs.to(CUDA)
    d, stats = cholesky(matrix, ridge, tile=1024).solve(b)
    scale = expected.abs().max()
    assert stats.residual < 1e-10 and (d.cpu() - expected).abs().max() <= 1e-7 * scale
    for stored in (True, False):
        d, stats = pcg(matrix, ridge, rank=200, stored=stored, tolerance=1e-11).solve(b)
        assert stats.residual <= 1e-11 and (d.cpu() - expected).abs().max() <= 1e-6 * scale


def test_fit_and_predict() -> None:
    x = sequences(400, length=16)
    y, new = x[:, 0] - x[:, 1], sequences(50, length=16, seed=3) + 0.05
    predictions = []
    for device in ("cpu", "cuda"):
        fit = torchbdi.fit_ridge(NTK().to(device), x.to(device), y.to(device), ridge=1e-3)
        predictions.append(fit.predict(new.to(device)).cpu())
    torch.testing.assert_close(predictions[1], predictions[0], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("m", [1, 8, 33])
def test_65536_matrices(m: int) -> None:
    b = 65_536
    x = torch.randn(b, m, m + 3, dtype=torch.float64, device=CUDA)
    k, rhs = x @ x.mT + torch.eye(m).to(x), torch.randn(b, m).to(x)
    results = []
    for enabled in (True, False):
        leaf = k.clone().requires_grad_()
        with triton_device.use(enabled):
            solution = cholesky_solve(leaf, rhs, 0.1)
        results.append((solution, *torch.autograd.grad(solution.square().sum(), leaf)))
    for fast, slow in zip(*results, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-7, atol=1e-9)
    k[-1, -1, -1] = -1.0
    with pytest.raises(NotPositiveDefiniteError, match=f"member 65535 at pivot {m - 1} of {m}"):
        cholesky_solve(k, rhs)


def test_more_entries_than_32_bits_count() -> None:
    n = 47_000  # n^2 = 2.2e9
    room_for(4 * n * n)
    stack, x = NTK().stack, torch.randn(n, 5, device=CUDA)
    unit, last = unit_rows(x), slice(n - 100, n)
    k = torch.empty(n, n, device=CUDA)
    corner = torch.empty(100, 100, device=CUDA)
    ends = (unit[0][last], unit[1][last])
    gram_(stack, ends, ends, corner)
    for other in (unit, unit_rows(x)):  # symmetric, and not
        gram_(stack, unit, other, k)
        # Off the diagonal, where float32's angles are good to their root of eps only.
        gap = (k[last, last] - corner).fill_diagonal_(0).abs()
        assert gap.max() <= 1e-5 * corner.abs().max()
    v = torch.randn(n, 1, device=CUDA)
    kv = product(stack, ends, unit, v)
    torch.testing.assert_close(kv, k[last] @ v, rtol=1e-3, atol=1e-2)


def test_another_gpu_than_the_current_one() -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    x = torch.randn(5, 3, dtype=torch.float64)
    k = NTK()(x.to("cuda:1"))
    torch.testing.assert_close(k.cpu(), NTK()(x))
    b = torch.ones(5, dtype=torch.float64)
    solution = cholesky_solve(k, b.to("cuda:1"), 0.1)
    torch.testing.assert_close(solution.cpu(), cholesky_solve(k.cpu(), b, 0.1))


@pytest.mark.parametrize("table", ["letters", "numbers"])
@pytest.mark.parametrize("name", registry.names())
def test_a_method_runs_on_a_gpu(name: str, table: str, request: pytest.FixtureRequest) -> None:
    data: OfflineData = request.getfixturevalue(table)
    method = small(name)
    on_cpu = method.solve(data, 4)
    on_gpu = method.solve(data, 4, Run(device=torch.device("cuda")))
    assert on_gpu.x.shape == on_cpu.x.shape and on_gpu.x.dtype == on_cpu.x.dtype
    assert torch.isfinite(on_gpu.x).all()
    if registry.file_of(method) in UNDRAWN:
        torch.testing.assert_close(on_gpu.x.cpu(), on_cpu.x.cpu(), rtol=1e-6, atol=1e-6)
    if on_cpu.predicted is not None:
        assert on_gpu.predicted is not None and torch.isfinite(on_gpu.predicted).all()
    assert set(on_gpu.facts) == set(on_cpu.facts)


@pytest.mark.parametrize("table", ["letters", "numbers"])
@pytest.mark.parametrize("name", registry.names())
def test_a_table_on_a_gpu(name: str, table: str, request: pytest.FixtureRequest) -> None:
    data: OfflineData = request.getfixturevalue(table)
    there = OfflineData(data.x.to(CUDA), data.y.to(CUDA), data.space)
    method = small(name)
    wanted, found = method.solve(data, 4, Run(device=CUDA)), method.solve(there, 4)
    for key in ("x", "predicted", "starts"):
        one, two = getattr(wanted, key), getattr(found, key)
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            assert two.device.type == "cuda"
            torch.testing.assert_close(two.cpu(), one.cpu(), rtol=1e-4, atol=1e-4)
    try:
        scores = method.score(data, wanted.x.cpu())
    except InputError as error:
        assert "has no score" in str(error)
        return
    on_gpu = method.score(there, wanted.x.to(CUDA))
    assert on_gpu.device.type == "cuda" and scores.device.type == "cpu"
    torch.testing.assert_close(on_gpu.cpu(), scores, rtol=1e-6, atol=1e-6)
