"""The policies that drive the robots of the Ant and the D'Kitty task."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from .episode import Array
from .restricted_pickle import load_arrays

#: Names of the six arrays, in a safetensors file and, with a prefix, in design-bench's pickles.
NAMES = ("0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias")
_PREFIX = "base_network.network."


@dataclass(frozen=True)
class Policy:
    """A network with two ReLU layers and a tanh: observation (D,) to action (A,), float64.

    Attributes:
        weights: three matrices, (H, D), (H, H), (A, H).
        biases: three vectors, (H,), (H,), (A,).
    """

    weights: tuple[Array, Array, Array]
    biases: tuple[Array, Array, Array]

    def __call__(self, observation: Array) -> Array:
        """The action, every entry between -1 and 1."""
        hidden = np.maximum(0.0, self.weights[0] @ observation + self.biases[0])
        hidden = np.maximum(0.0, self.weights[1] @ hidden + self.biases[1])
        return np.tanh(self.weights[2] @ hidden + self.biases[2])

    def scaled(self, factor: float) -> Policy:
        """The policy with what it says before the tanh multiplied by a factor."""
        (w0, w1, w2), (b0, b1, b2) = self.weights, self.biases
        return Policy((w0, w1, factor * w2), (b0, b1, factor * b2))

    def rounded(self) -> Policy:
        """The policy as it is when it has been stored in float32."""
        return _policy(
            [
                part.astype(np.float32).astype(np.float64)
                for pair in zip(self.weights, self.biases, strict=True)
                for part in pair
            ]
        )

    @property
    def sizes(self) -> tuple[int, int]:
        """Entries of an observation and of an action."""
        return self.weights[0].shape[1], self.weights[2].shape[0]


def zero_policy(observation: int, action: int) -> Policy:
    """The policy whose action is always 0."""
    shapes = ((1, observation), (1,), (1, 1), (1,), (action, 1), (action,))
    return _policy([np.zeros(shape) for shape in shapes])


@cache
def load_policy(path: Path) -> Policy:
    """Reads a policy; a process reads each file once.

    Args:
        path: a safetensors file with the arrays ``NAMES``, or one of design-bench's pickles, whose
            last layer also gives a spread, which is not used.

    Raises:
        ValueError: the file is damaged or is not a policy.
    """
    pickled = path.suffix == ".pkl"
    arrays = load_arrays(path) if pickled else load_file(path)
    names = [(_PREFIX if pickled else "") + name for name in NAMES]
    missing = [name for name in names if name not in arrays]
    if missing:
        raise ValueError(f"{path} is not a policy: it has no {', '.join(missing)}")
    parts = [arrays[name].astype(np.float64) for name in names]
    if pickled:
        parts[4:] = [np.split(part, 2)[0] for part in parts[4:]]
    h1, h2, out = (part.shape[0] for part in parts[::2])
    inner = [part.shape[1:] for part in parts[::2]]
    if inner[1:] != [(h1,), (h2,)] or [p.shape for p in parts[1::2]] != [(h1,), (h2,), (out,)]:
        raise ValueError(f"{path}: the layers do not fit, {[part.shape for part in parts]}")
    return _policy(parts)


def _policy(parts: list[Array]) -> Policy:
    w0, b0, w1, b1, w2, b2 = parts
    return Policy((w0, w1, w2), (b0, b1, b2))
