"""The networks of ``Policy``'s shape that are fitted in torch."""

from __future__ import annotations

import torch
from torch import nn

from ..robots.policy import Policy
from .scaling import Scaling


def seeded_network(inputs: int, hidden: int, outputs: int, seed: int) -> nn.Sequential:
    """Two ReLU layers and a linear one, at torch's start; other random numbers stay as they are."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            *(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()),
            nn.Linear(hidden, outputs),
        )


def as_policy(network: nn.Sequential, scaling: Scaling) -> Policy:
    """The policy that says the tanh of what such a network does, with the scaling folded in."""
    w0, b0, w1, b1, w2, b2 = (part.detach().double().numpy() for part in network.parameters())
    w0, b0 = scaling.fold(w0, b0)
    return Policy((w0, w1, w2), (b0, b1, b2))
