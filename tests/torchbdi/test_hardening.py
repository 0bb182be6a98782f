"""Solves that are killed, threads, memory over many steps, and states that are programs."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import hardening_solve as solving
import lightning
import numpy as np
import psutil
import pytest
import torch
from forked import child, finished

import torchbdi
from torchbdi.kernels.files import write_state
from torchbdi.kernels.solve.checkpoint import SolveCheckpoint
from torchbdi.ntk import NTK


def test_a_solve_killed_at_random_moments_goes_on(tmp_path: Path) -> None:
    """Each process goes on from the last iteration of the one before; nothing is done twice."""
    whole, state, out = tmp_path / "whole.pt", tmp_path / "state", tmp_path / "out.pt"
    log = str(tmp_path / "log")
    assert finished(solving.solve, None, whole, log) == 0, Path(log).read_text()
    moments, done = random.Random(0), [0]
    for _ in range(4):
        wanted = done[-1] + moments.randrange(1, 8)
        process = child(solving.solve, state, out, log)
        while iterations(state) < wanted:
            assert process.is_alive(), Path(log).read_text()
            time.sleep(0.005)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        done.append(iterations(state))
    assert finished(solving.solve, state, out, log) == 0, Path(log).read_text()
    expected, found = (torch.load(path, weights_only=True) for path in (whole, out))
    torch.testing.assert_close(found["d"], expected["d"], rtol=1e-10, atol=1e-10)
    assert found["iterations"] == expected["iterations"] > done[-1]
    assert found["steps"] == expected["iterations"] - done[-1]


def iterations(state: Path) -> int:
    if not state.exists():
        return 0
    return int(torch.load(state, weights_only=True)["state"]["numbers"][0])


def results() -> list[torch.Tensor]:
    """What solves and steps give, of a zonal and a biased kernel."""
    x, y = table(n=600, d=6)
    found = []
    for b_std in (0.0, 0.3):
        kernel = NTK(depth=4, b_std=b_std)
        for solver in ("cholesky", "pcg"):
            fit = torchbdi.fit_ridge(kernel, x, y, 1e-3, solver=solver, tolerance=1e-13)
            found.append(fit.predict(x[:50]))
        for m in (1, 3):
            starts = x[y.topk(12).indices].reshape(-1, m, 6)
            model = torchbdi.BDI(x, y, starts, kernel=kernel, ridge=1e-3, coefficients=fit)
            adam = torch.optim.Adam([model.x_h], lr=0.05)
            for _ in range(5):
                adam.zero_grad()
                losses = model.loss()
                losses["total"].sum().backward()
                adam.step()
            found += [model.x_h.detach(), losses["total"].detach()]
    return found


def test_one_and_two_threads_agree_to_1e_10() -> None:
    before, both = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            both.append(results())
    finally:
        torch.set_num_threads(before)
    for one, two in zip(*both, strict=True):
        torch.testing.assert_close(two, one, rtol=1e-10, atol=1e-10)


EVERY = 30  # steps between two looks at the memory


class Memory(lightning.Callback):
    """Notes the memory of the process every 30 steps."""

    def __init__(self) -> None:
        self.process, self.bytes = psutil.Process(), [0.0]

    def note(self) -> None:
        self.bytes.append(self.process.memory_info().rss)

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        if trainer.global_step % EVERY == 0:
            self.note()

    @property
    def growth(self) -> float:
        """Bytes a step, over the last three quarters: the middle of all slopes (Theil and Sen)."""
        used = np.array(self.bytes[len(self.bytes) // 4 :])
        i, j = np.triu_indices(len(used), 1)
        return float(np.median((used[j] - used[i]) / (EVERY * (j - i))))


def table(n: int = 60, d: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = x.sum(1)
    return x, (y - y.mean()) / y.std()


# Losses that are kept with their graph are 10,000 bytes a step or more.
LEAK = 1500


def test_memory_does_not_grow_over_600_steps_of_training() -> None:
    x, y = table(n=30, d=10)
    model = torchbdi.BDI(x, y, x[:4].unsqueeze(1), kernel=NTK(2))
    memory = Memory()
    trainer = lightning.Trainer(
        max_steps=600, max_epochs=-1, accelerator="cpu", logger=False, callbacks=[memory],
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(model)
    assert trainer.global_step == 600
    assert memory.growth < LEAK, memory.bytes


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))


def test_the_state_of_a_solve_is_never_unpickled(tmp_path: Path) -> None:
    x, _ = table()
    proof, state = tmp_path / "proof", tmp_path / "state"
    torch.save({"key": Evil(proof), "probe": torch.zeros(3), "state": {}}, state)
    write_state(state, state.read_bytes())
    checkpoint = SolveCheckpoint(state, NTK().matrix(x), x[:, :1], 1e-6)
    with pytest.warns(RuntimeWarning, match="of no use .*more than tensors.*anew"):
        assert checkpoint.load() is None
    assert not proof.exists()
    torch.load(state, weights_only=False)  # it would have worked
    assert proof.exists()
