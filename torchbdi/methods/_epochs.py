"""Training of networks by Adam in epochs, from its last state where there is one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn

from ..kernels.errors import TorchBDIError
from ..network import seeded
from ._kept import Kept

EPSILON = 1e-7  # Keras's Adam

# Of a batch of row numbers, and a generator of what it draws, to a scalar.
Loss: TypeAlias = Callable[[Tensor, torch.Generator], Tensor]


def train(
    net: nn.Module,
    loss: Loss,
    rows: Tensor,
    *,
    epochs: int,
    batch: int,
    lr: float,
    kept: Kept,
    name: str,
    place: int,
    step: int = 0,
) -> torch.optim.Optimizer:
    """Trains networks in place, tells the run of every epoch, and keeps the state.

    Args:
        net: its trainable parameters are trained.
        loss: of a batch.
        rows: row numbers, (n,); or (E, n), a row a member. See :func:`one_epoch`.
        epochs: passes.
        batch: rows a step.
        lr: Adam's rate.
        kept: where the state is; also the run that is told.
        name: of the state, of the log and of the bar.
        place: where in the method this is; draws depend on it, the seed and the epoch alone.
        step: steps that were logged before; epochs are logged as the steps after it.

    Returns:
        The optimiser, for those who train further.

    Raises:
        TorchBDIError: the loss is not finite.
    """
    run, done, optimizer = kept.run, 0, adam(net, lr)
    if (state := kept.read(name)) is not None:
        done = int(state["epoch"])
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
    with run.progress(epochs, f"epochs of {name}", done) as bar:
        for epoch in range(done + 1, epochs + 1):
            generator = seeded(run.seed, place, epoch)
            value = one_epoch(net, loss, rows, batch, optimizer, generator)
            if not math.isfinite(value):
                raise TorchBDIError(
                    f"{name}: the loss is not finite in epoch {epoch}. Lower its learning rate."
                )
            run.log(step + epoch, **{f"loss/{name}": value})
            bar.update()
            if epoch == epochs or epoch % run.checkpoint_every == 0:
                kept.write(
                    name, epoch=epoch, net=net.state_dict(), optimizer=optimizer.state_dict()
                )
    return optimizer


@torch.enable_grad()
def one_epoch(
    net: nn.Module,
    loss: Loss,
    rows: Tensor,
    batch: int,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
) -> float:
    """One pass over the rows in random order, the last batch of which may be smaller.

    Args:
        net: its device is taken.
        loss: of a batch.
        rows: row numbers that are shuffled, (n,); or (E, n), each row of which is by itself.
        batch: rows a step.
        optimizer: makes the steps.
        generator: of the order, and of what the loss draws.

    Returns:
        The mean of the batches' losses, weighted with their rows.
    """
    device, n = next(net.parameters()).device, rows.shape[-1]
    total = torch.zeros((), device=device)
    for part in shuffled(rows, generator).to(device).split(batch, -1):
        optimizer.zero_grad()
        value = loss(part, generator)
        value.backward()
        optimizer.step()
        total += value.detach() * (part.shape[-1] / n)
    return float(total)


def adam(net: nn.Module, lr: float) -> torch.optim.Optimizer:
    """Adam with Keras's epsilon, in one pass over the parameters."""
    return torch.optim.Adam(net.parameters(), lr=lr, eps=EPSILON, fused=True)


def shuffled(rows: Tensor, generator: torch.Generator) -> Tensor:
    """Row numbers (n,) in random order, or each row of (E, n) in its own."""
    if rows.ndim == 1:
        return rows[torch.randperm(len(rows), generator=generator)]
    return torch.stack([row[torch.randperm(len(row), generator=generator)] for row in rows])
