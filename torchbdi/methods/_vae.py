"""A variational autoencoder of designs: numbers as Gaussians, classes as categoricals."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ..network import in_parts
from ._codec import Tokens
from ._ensemble import GaussianHead, Members, nll


class VAE(nn.Module):
    """An encoder and a decoder with one hidden layer each.

    Args:
        tokens: the layout of the inputs.
        hidden: units.
        latent: numbers of the code, Z.
        generator: of the initial weights, on the CPU.
        soft: the code's deviation is softplus(s) in place of exp(s), a defect of design-baselines.
    """

    def __init__(
        self, tokens: Tokens, hidden: int, latent: int, generator: torch.Generator, soft: bool
    ) -> None:
        super().__init__()
        self.tokens, self.latent, self.soft = tokens, latent, soft
        self.encoder = Members(1, tokens, [hidden], 2 * latent, generator=generator)
        outputs = tokens.numbers + tokens.width
        self.decoder = Members(1, latent, [hidden], outputs, generator=generator)
        self.code_head, self.number_head = GaussianHead(1), GaussianHead(1)
        self.there: Tensor
        self.register_buffer("there", tokens.rows >= 0, persistent=False)
        self.widest = max(hidden, outputs)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and deviations of the codes, (n, Z) each, of inputs (n, P + T)."""
        mean, s = self.code_head(self.encoder(x))
        return mean[0], nn.functional.softplus(s[0]) if self.soft else s[0].exp()

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of codes (n, Z): means and log deviations, (n, P) each; log-probabilities, (n, S, k).

        The probabilities of classes that a column does not have are 0.
        """
        numbers, logits = self.decoder(z).split([2 * self.tokens.numbers, self.classes], -1)
        mean, log_std = self.number_head(numbers)
        padded = logits.new_full((len(z), *self.there.shape), -math.inf)
        padded[:, self.there] = logits[0]
        return mean[0], log_std[0], padded.log_softmax(-1)

    @property
    def classes(self) -> int:
        """T, the classes of all columns together."""
        return self.tokens.width - self.tokens.numbers

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x | z), (n,), of inputs (n, P + T)."""
        mean, log_std, log_p = self.decode(z)
        numbers, chosen = x.split([self.tokens.numbers, self.classes], -1)
        own = (chosen * log_p[:, self.there]).sum(1)
        return own - nll(mean, log_std, numbers).sum(1)

    def loss(self, x: Tensor, noise: Tensor, beta: float = 1.0) -> Tensor:
        """-log p(x | z) + beta KL(q(z | x), N(0, I)) of every design, (n,); noise is (n, Z)."""
        mean, std = self.encode(x)
        z = mean + std * noise
        kl = 0.5 * (mean.square() + std.square() - 1 - 2 * std.log()).sum(1)
        return beta * kl - self.log_prob(x, z)

    @torch.no_grad()
    def sample(self, z: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Numbers (n, P) and classes (n, S) drawn from p(x | z), on the CPU."""
        mean, log_std, log_p = (part.cpu() for part in self.decode(z))
        numbers = mean + log_std.exp() * torch.randn(mean.shape, generator=generator)
        clocks = torch.empty(log_p.shape).exponential_(generator=generator)
        if not log_p.shape[1]:
            return numbers, torch.empty(len(z), 0, dtype=torch.int64)
        return numbers, (log_p.exp() / clocks).argmax(-1)

    @torch.no_grad()
    def log_evidence(self, x: Tensor, draws: int, generator: torch.Generator) -> Tensor:
        """An estimate of log p(x), (n,): importance sampling with codes from the encoder.

        log mean over codes z ~ q(z | x) of p(x | z) N(z; 0, I) / q(z | x); with one draw it is the
        evidence lower bound, with more it comes nearer.

        Args:
            x: inputs, (n, P + T).
            draws: of codes for every design.
            generator: of the codes, on the CPU.
        """
        out = []
        for part in in_parts(x, self.widest):
            mean, std = self.encode(part)
            terms = []
            for _ in range(draws):
                noise = torch.randn(mean.shape, generator=generator).to(mean.device)
                z = mean + std * noise
                ratio = 0.5 * (noise.square() - z.square()).sum(1) + std.log().sum(1)
                terms.append(self.log_prob(part, z) + ratio)
            out.append(torch.stack(terms).logsumexp(0) - math.log(draws))
        return torch.cat(out)
