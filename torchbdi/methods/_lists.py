"""Lists of rows that a network learns to rank, and the losses of such lists."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ._mlp import Dense

ENTRIES = 1 << 27  # of a layer's activations that are kept for the gradient: 512 MiB

# Of outputs (L, m) and scores (L, m), to a scalar.
ListLoss = Callable[[Tensor, Tensor], Tensor]


def list_net(f: Tensor, y: Tensor) -> Tensor:
    """Mean over lists (L, m) of -sum softmax(y) log(softmax(f) + 1e-10), a scalar."""
    return -(y.softmax(1) * (f.softmax(1) + 1e-10).log()).sum(1).mean()


def rank_cosine(f: Tensor, y: Tensor) -> Tensor:
    """Mean over lists (L, m) of 1 - Pearson's correlation, a scalar."""
    f, y = f - f.mean(1, keepdim=True), y - y.mean(1, keepdim=True)
    return 1 - torch.nn.functional.cosine_similarity(f, y, dim=1).mean()


def draw_lists(rows: Tensor, count: int, size: int, generator: torch.Generator) -> Tensor:
    """Lists of different rows, (count, size) int32: 40 MB for the source's 10,000 of 1000."""
    out = torch.empty(count, size, dtype=torch.int32)
    for one in out:
        one.copy_(rows[torch.randperm(len(rows), generator=generator)[:size]])
    return out


def add_gradients(
    net: Dense, x: Tensor, y: Tensor, lists: Tensor, loss_of: ListLoss, entries: int = ENTRIES
) -> Tensor:
    """The loss of some lists, whose gradient is added to the network's.

    Every different row is scored once, however many lists hold it. Where the activations of all of
    them are many, they are made twice, in parts.

    Args:
        net: the network.
        x: designs of the table, (N, D).
        y: their scores, (N,).
        lists: row numbers, (L, m).
        loss_of: of outputs (L, m) and scores (L, m).
        entries: of one layer's activations that are held at a time.

    Returns:
        The loss, a scalar.
    """
    there = torch.zeros(len(x), dtype=torch.bool, device=x.device)
    there[lists.flatten()] = True
    place = (there.cumsum(0) - 1)[lists.flatten()]
    parts = x[there].split(max(1, entries // max(net.weights[0].shape)))
    if len(parts) == 1:
        whole = net(parts[0])
        f = whole
    else:
        with torch.no_grad():
            whole = torch.cat([net(part) for part in parts])
        f = whole.requires_grad_()
    loss = loss_of(f.index_select(0, place).view(lists.shape), y[lists])
    loss.backward()
    if len(parts) > 1:
        assert f.grad is not None
        for part, pull in zip(parts, f.grad.split(len(parts[0])), strict=True):
            net(part).backward(pull)
    return loss.detach()
