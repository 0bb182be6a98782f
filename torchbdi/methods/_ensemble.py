"""Networks of one shape that are trained side by side, and their Gaussian heads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..network import in_parts
from ._codec import Tokens

SLOPE = 0.3  # Keras's LeakyReLU
LOW, HIGH = 0.1, 0.2  # first bounds of a standard deviation
LETTER = 256  # numbers that an embedding has for a letter


def leaky(x: Tensor) -> Tensor:
    """Keras's LeakyReLU."""
    return nn.functional.leaky_relu(x, SLOPE)


def glorot(members: int, inputs: int, outputs: int, generator: torch.Generator) -> Tensor:
    """Keras's initial weights (E, inputs, outputs), within sqrt(6 / (inputs + outputs))."""
    limit = math.sqrt(6 / (inputs + outputs))
    return (torch.rand(members, inputs, outputs, generator=generator) * 2 - 1) * limit


def embedded_width(inputs: int | Tokens) -> int:
    """Inputs of a first layer: features, or numbers and the vectors of all columns of classes."""
    if isinstance(inputs, Tokens):
        return inputs.numbers + len(inputs.rows) * LETTER
    return inputs


class Members(nn.Module):
    """E networks of dense layers, which share nothing, as products over groups; float32.

    Args:
        members: E.
        inputs: features of a design; or tokens, whose classes are looked up in an embedding first.
        hidden: units of every hidden layer.
        outputs: of the last layer.
        generator: of the initial weights, on the CPU.
        activation: after every layer but the last.
        letter: numbers that an embedding has for a letter.

    Attributes:
        weights: of every layer, (E, inputs, outputs); of the first, with tokens, those of the P
            numbers alone.
        biases: of every layer, (E, 1, outputs).
        letters: the embedding, (E, letters, letter); None without classes.
        looked: the first layer's weights of the embedded columns, (E, letter, S * outputs).
    """

    def __init__(
        self,
        members: int,
        inputs: int | Tokens,
        hidden: Sequence[int],
        outputs: int,
        *,
        generator: torch.Generator,
        activation: Callable[[Tensor], Tensor] = leaky,
        letter: int = LETTER,
    ) -> None:
        super().__init__()
        self.activation = activation
        tokens = inputs if isinstance(inputs, Tokens) and inputs.letters else None
        width = inputs.numbers if isinstance(inputs, Tokens) else inputs
        sizes = [width, *hidden, outputs]
        self.letters: nn.Parameter | None = None
        if tokens is not None:
            columns = len(tokens.rows)
            first = glorot(members, width + columns * letter, sizes[1], generator)
            looked = first[:, width:].unflatten(1, (columns, letter)).transpose(1, 2).flatten(2)
            self.looked = nn.Parameter(looked.contiguous())
            embedding = torch.rand(members, tokens.letters, letter, generator=generator)
            self.letters = nn.Parameter((embedding * 2 - 1) * 0.05)
            own = torch.arange(columns).unsqueeze(1) + tokens.rows * columns
            self.place: Tensor
            self.register_buffer("place", own[tokens.rows >= 0], persistent=False)
            weights = [first[:, :width].clone()]
        else:
            weights = [glorot(members, width, sizes[1], generator)]
        weights += [glorot(members, a, b, generator) for a, b in itertools.pairwise(sizes[1:])]
        self.weights = nn.ParameterList(weights)
        self.biases = nn.ParameterList(torch.zeros(members, 1, n) for n in sizes[1:])

    def forward(self, x: Tensor) -> Tensor:
        """Outputs (E, n, outputs) of designs (n, D) for all, or (E, n, D) for each its own.

        With tokens D is their width, and the classes may be relaxed ones.
        """
        members = len(self.biases[0])
        x = x.expand(members, -1, -1) if x.ndim == 2 else x
        for i, bias in enumerate(self.biases):
            weight = self.first_weight() if i == 0 else self.weights[i]
            x = torch.baddbmm(bias, x, weight)
            if i < len(self.biases) - 1:
                x = self.activation(x)
        return x

    def first_weight(self) -> Tensor:
        """What the first layer's inputs are multiplied by, (E, D, outputs).

        A class's row is the product of its vector and the weights of its column: one look-up in
        place of a product with all of the embedded design.
        """
        numbers = self.weights[0]
        if self.letters is None:
            return numbers
        every = (self.letters @ self.looked).reshape(len(numbers), -1, numbers.shape[2])
        table = every.index_select(1, self.place)
        return torch.cat([numbers, table], 1) if numbers.shape[1] else table


class GaussianHead(nn.Module):
    """Outputs (mu, s) as a Gaussian whose s is kept softly between two bounds that are trained.

    s <- M - softplus(M - s); s <- m + softplus(s - m); the deviation is exp(s).

    Args:
        members: E.
    """

    def __init__(self, members: int) -> None:
        super().__init__()
        self.low = nn.Parameter(torch.full((members, 1, 1), math.log(LOW)))
        self.high = nn.Parameter(torch.full((members, 1, 1), math.log(HIGH)))

    def forward(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """mu and log deviation, (E, n, K) each, of (E, n, 2 K)."""
        mean, s = outputs.chunk(2, -1)
        s = self.high - nn.functional.softplus(self.high - s)
        return mean, self.low + nn.functional.softplus(s - self.low)


class Ensemble(nn.Module):
    """E networks that predict a score as a Gaussian.

    Args: as for :class:`Members` and :class:`GaussianHead`.
    """

    def __init__(
        self,
        members: int,
        inputs: int | Tokens,
        hidden: Sequence[int],
        *,
        generator: torch.Generator,
        activation: Callable[[Tensor], Tensor] = leaky,
        letter: int = LETTER,
    ) -> None:
        super().__init__()
        self.body = Members(
            members, inputs, hidden, 2, generator=generator, activation=activation, letter=letter
        )
        self.head = GaussianHead(members)
        width = inputs.width if isinstance(inputs, Tokens) else inputs
        self.widest = members * max([*hidden, width])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log deviations, (E, n) each; x as :meth:`Members.forward` takes it."""
        mean, log_std = self.head(self.body(x))
        return mean.squeeze(-1), log_std.squeeze(-1)

    @torch.no_grad()
    def gaussians(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and deviations of all members, (E, n) each, in parts that fit into memory."""
        parts = (self(part) for part in in_parts(x, self.widest))
        means, log_stds = zip(*parts, strict=True)
        return torch.cat(means, 1), torch.cat(log_stds, 1).exp()

    def mean(self, x: Tensor) -> Tensor:
        """The mean of the members' means, (n,)."""
        return self.gaussians(x)[0].mean(0)


def nll(mean: Tensor, log_std: Tensor, y: Tensor) -> Tensor:
    """-log N(y; mean, exp(log_std)^2), all shapes broadcast."""
    return 0.5 * ((y - mean) / log_std.exp()).square() + log_std + 0.5 * math.log(2 * math.pi)


def bootstrap(members: int, rows: int, generator: torch.Generator) -> Tensor:
    """How often each of the rows is among as many draws with replacement, (E, rows) float32."""
    drawn = torch.randint(rows, (members, rows), generator=generator)
    return torch.zeros(members, rows).scatter_add_(1, drawn, torch.ones(members, rows))


def weighted(losses: Tensor, b: Tensor, v: Tensor | None = None) -> Tensor:
    """sum(v b loss) / sum(b) of every member, 0 where no row of it was drawn; added up.

    Args:
        losses: (E, n).
        b: counts of a bootstrap, (E, n).
        v: further weights, broadcastable; None for 1.
    """
    own = losses * b if v is None else losses * b * v
    return (own.sum(1) / b.sum(1).clamp(min=1)).sum()
