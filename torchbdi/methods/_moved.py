"""Weights of a network that move by shares of their own size, for RoMA."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ._ensemble import Ensemble, nll


def layers(net: Ensemble) -> list[Tensor]:
    """Weights and bias of every layer in turn; the bounds of the head's deviation are none."""
    return [p for pair in zip(net.body.weights, net.body.biases, strict=True) for p in pair]


def mean_nll(net: Ensemble, x: Tensor, y: Tensor) -> Tensor:
    """Mean of -log N(y; f(x), s(x)^2) over rows (n, D) and scores (n,), a scalar."""
    mean, log_std = net(x)
    return nll(mean, log_std, y).mean()


def adaptation_loss(
    net: Ensemble, x: Tensor, before: Tensor, memory: float
) -> tuple[Tensor, Tensor]:
    """What the weights go down on while they adapt, and its first part, two scalars.

    Args:
        net: the network, with a Gaussian (f(x), s(x)).
        x: designs that ask for gradients, (n, D).
        before: earlier predictions, (n,).
        memory: alpha.

    Returns:
        mean |grad_x f(x)| + alpha mean(-log N(before; f(x), s(x)^2)), and the mean alone.
    """
    mean, log_std = net(x)
    (gradient,) = torch.autograd.grad(mean.sum(), x, create_graph=True)
    slope = torch.linalg.vector_norm(gradient, dim=1).mean()
    return slope + memory * nll(mean, log_std, before).mean(), slope.detach()


@torch.no_grad()
def nll_gradients(net: Ensemble, x: Tensor, y: Tensor) -> list[Tensor]:
    """Gradients of :func:`mean_nll` towards the :func:`layers` of one network of softplus units.

    By hand: RoMA asks for 21 of them a batch, and the graph would take most of the time.

    Args:
        net: one member.
        x: rows, (n, D).
        y: scores, (n,).
    """
    weights, biases = [w[0] for w in net.body.weights], [b[0] for b in net.body.biases]
    inputs, slopes = [x], []
    for weight, bias in zip(weights[:-1], biases, strict=False):
        z = torch.addmm(bias, inputs[-1], weight)
        inputs.append(nn.functional.softplus(z))
        slopes.append(z.sigmoid_())
    mean, s = torch.addmm(biases[-1], inputs[-1], weights[-1]).unbind(1)
    low, high = net.head.low.view(()), net.head.high.view(())
    over = high - s
    bounded = high - nn.functional.softplus(over) - low
    precision = (-2 * (low + nn.functional.softplus(bounded))).exp()
    error = (mean - y) * precision
    of_s = (1 - error * (mean - y)) * over.sigmoid() * bounded.sigmoid()
    pull = torch.stack([error, of_s], 1) / len(x)
    found: list[Tensor] = []
    for i in range(len(weights) - 1, -1, -1):
        found[:0] = [(inputs[i].mT @ pull).unsqueeze(0), pull.sum(0).view_as(biases[i])[None]]
        if i:
            pull = (pull @ weights[i].mT).mul_(slopes[i - 1])
    return found


@torch.no_grad()
def move(net: Ensemble, gradients: Sequence[Tensor], size: float, together: bool) -> None:
    """Moves the weights of all layers along gradients, by a share of their size.

    A part W with gradient g moves by size |W| / |g| g, and not at all where g is 0.

    Args:
        net: the network.
        gradients: towards its :func:`layers`.
        size: share of |W|; downwards where it is negative.
        together: a layer's weights and bias are one part; otherwise two.
    """
    tensors = layers(net)
    have = torch.stack(torch._foreach_norm(tensors))
    want = torch.stack(torch._foreach_norm(list(gradients)))
    if together:
        have, want = (v.view(-1, 2).norm(dim=1).repeat_interleave(2) for v in (have, want))
    shares = torch.where(want > 0, size * have / want, 0.0)
    torch._foreach_add_(tensors, torch._foreach_mul(list(gradients), list(shares.unbind())))


@torch.no_grad()
def restore(net: nn.Module, values: list[Tensor]) -> None:
    """Gives parameters the values that they had."""
    torch._foreach_copy_(list(net.parameters()), values)
