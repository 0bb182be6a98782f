"""Designs as codes of an autoencoder, which move where designs with classes cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..network import seeded
from ._codec import Codec
from ._ensemble import Members
from ._epochs import adam, one_epoch
from ._stages import Stages
from ._vae import VAE

if TYPE_CHECKING:
    from ..data import OfflineData


class Latent:
    """The codes of a table, standardised, and the way back to features.

    It stands where :class:`Units` stands for networks that take features.

    Args:
        data: the table.
        size: numbers of a code.
        hidden: units of encoder and decoder.
        epochs: passes of their training.
        batch: rows a step of it.
        lr: Adam's rate of it.
        stages: of the run; the training is one.
        place: where in the method this is, for the draws.

    Attributes:
        codes: one draw of the encoder for each row, standardised, (N, size) float32.
        bounds: None; codes have none.
    """

    bounds: Tensor | None = None

    def __init__(
        self,
        data: OfflineData,
        size: int,
        hidden: int,
        *,
        epochs: int,
        batch: int,
        lr: float,
        stages: Stages,
        place: int,
    ) -> None:
        run, self.codec = stages.run, Codec(data.space)
        inputs = self.codec.inputs_of(data.x).to(run.device)
        first = seeded(run.seed, place)
        vae = self.vae = VAE(self.codec.tokens, hidden, size, first, soft=False)
        # Without an embedding: the source names none, and it is two fifths of the work.
        vae.encoder = Members(1, self.codec.tokens.width, [hidden], 2 * size, generator=first)
        vae.to(run.device)
        optimizer = adam(vae, lr)

        def loss(rows: Tensor, generator: torch.Generator) -> Tensor:
            noise = torch.randn(len(rows), size, generator=generator).to(run.device)
            return vae.loss(inputs[rows], noise).mean()

        def epoch(i: int) -> dict[str, float]:
            generator, rows = seeded(run.seed, place, i), torch.arange(len(inputs))
            return {"loss/vae": one_epoch(vae, loss, rows, batch, optimizer, generator)}

        parts = {"vae": vae, "optimizer": optimizer}
        stages.go("vae", epochs, "epochs of the autoencoder", parts, epoch)
        vae.requires_grad_(False)
        draws = seeded(run.seed, place, 0)
        codes = []
        for part in inputs.split(4096):
            mean, std = vae.encode(part)
            codes.append(mean + std * torch.randn(mean.shape, generator=draws).to(run.device))
        drawn = torch.cat(codes)
        self._mean, self._std = drawn.mean(0), drawn.std(0, correction=0).clamp(min=1e-6)
        self.codes = (drawn - self._mean) / self._std

    def starts(self, data: OfflineData, n: int) -> Tensor:
        """The codes of the n best rows, (n, size)."""
        return self.codes[data.best(n).to(self.codes.device)]

    def recovered(self, data: OfflineData, n: int) -> float:
        """The share of the classes of the n best rows that their codes bring back."""
        rows = data.x[data.best(n)]
        classes = torch.tensor([kind in ("category", "site") for kind in data.space.kinds])
        was, now = (
            torch.from_numpy(data.space.decode(x))[:, classes]
            for x in (rows, self.back(self.starts(data, n)))
        )
        return float((was == now).double().mean())

    def within(self, z: Tensor) -> Tensor:
        """The codes as they are."""
        return z

    def back(self, z: Tensor) -> Tensor:
        """Standardised features (n, D) float64 of codes (n, size): what is likeliest."""
        with torch.no_grad():
            numbers, _, log_p = self.vae.decode(z.detach() * self._std + self._mean)
        # argmax refuses a dimension of none, which a table of numbers has.
        classes = log_p.argmax(-1) if log_p.shape[1] else log_p.new_empty(log_p.shape[:2]).long()
        return self.codec.within(self.codec.join(numbers.cpu(), classes.cpu()))
