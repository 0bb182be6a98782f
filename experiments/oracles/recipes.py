"""How the networks that stand for lost true functions are trained: design-bench's registrations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from .resnet import ResNet
from .transformer import Transformer


@dataclass(frozen=True)
class Recipe:
    """One network and its training, as design-bench 2.0.20 registers them.

    Attributes:
        task: the task whose true function it is.
        registered: the name of the registration.
        network: builds the network, untrained.
        held_out: share of all rows that is kept for validation.
        epochs: passes over the other rows.
        batch: rows a step.
        lr: Adam's learning rate at the first step; a cosine takes it to 0 at the last.
        published: held-out rank correlation of design-bench's own, from its README.
    """

    task: str
    registered: str
    network: Callable[[], nn.Module]
    held_out: float
    epochs: int
    batch: int
    lr: float
    published: float


RECIPES = {
    recipe.task: recipe
    for recipe in (
        Recipe("utr", "UTR-ResNet-v0", ResNet, 0.07142857142, 5, 128, 1e-3, 0.8617),
        Recipe("gfp", "GFP-Transformer-v0", Transformer, 0.1, 20, 32, 1e-4, 0.8497),
    )
}

#: The published figures are those of https://github.com/brandontrabucco/design-bench#readme.
PUBLISHED_SOURCE = "README of design-bench (github.com/brandontrabucco/design-bench)"
