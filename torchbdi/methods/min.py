"""MIN: a generator that makes designs of a wanted score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..network import seeded
from ._codec import Codec
from ._conditional import Conditional
from ._epochs import EPSILON
from ._relaxed import Relaxed
from ._rows import held_out, train_rows
from ._stages import Stages
from .base import Method, Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_GENERATOR, _CRITIC, _ROWS, _ORDER, _NOISE, _DESIGNS = range(6)  # what a seed is used for
BINS, LEAST, MOST = 20, 1e-3, 5.0  # of the weights
COLD = 0.001  # temperature of the designs that are proposed


@dataclass(frozen=True)
class MIN(Method):
    """Model inversion networks (design-baselines, commit 785dbcf, ``mins``).

    A Wasserstein GAN with gradient penalty learns designs by their scores, good rows weighing
    more; asked for the table's best score, its generator makes the proposals. The source also
    trains a forward model and a second GAN for rounds of exploration; its settings ask for 0 such
    rounds, so that neither plays a part in what it proposes, and both are left out. One defect is
    mended: the source goes through the rows in one order in all epochs.
    """

    revision: ClassVar[int] = 1
    fidelity = "defect mended"

    as_published: bool = False
    """Bring the source's defect back: one order of the rows for all epochs.

    Ours: off. design-baselines: on (its shuffle buffer holds one row).
    """
    width: int = setting(1024, at_least=1)
    """Units of the three hidden layers of generator and critic, and numbers of the score's
    embedding.

    design-baselines.
    """
    latent: int = setting(32, at_least=1)
    """Normal numbers that the generator makes a design of.

    design-baselines.
    """
    net_epochs: int = setting(200, at_least=1)
    """Passes over the table.

    design-baselines; 500 for Hopper, 100 for TF Bind 10.
    """
    net_batch: int = setting(128, at_least=1)
    """Rows a step; the last batch of a pass may have fewer.

    design-baselines.
    """
    net_lr: float = setting(2e-4, above=0.0)
    """Adam's rate for both networks; its betas are 0 and 0.9.

    design-baselines.
    """
    critic_steps: int = setting(10, at_least=1)
    """Steps of the critic to one of the generator, counted anew in every pass.

    design-baselines.
    """
    penalty: float = setting(10.0, at_least=0.0)
    """Weight of (1 - |gradient of the critic|)^2, between a row and a made design.

    design-baselines.
    """
    score_heat: float = setting(0.1, above=0.0)
    """Temperature of the weights of the rows by their scores.

    design-baselines.
    """
    first_heat: float = setting(5.0, above=0.0)
    """Temperature of relaxed classes in the first epoch.

    design-baselines.
    """
    last_heat: float = setting(1.0, above=0.0)
    """Temperature of relaxed classes in the last epoch; it falls linearly.

    design-baselines.
    """
    val: int = setting(200, at_least=0)
    """Rows that are not trained on, a tenth of the table at the most (ours).

    design-baselines: 200, which decide nothing.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; designs are draws, in no order."""
        own, run = self.begin(data, n, run)
        stages, relaxed = Stages(own, data, run), Relaxed(Codec(data.space))
        device = run.device
        numbers, classes = relaxed.codec.split(data.x)
        numbers, classes = numbers.to(device, torch.float32), classes.to(device)
        y = data.y.to(device, torch.float32).unsqueeze(1)
        weights = score_weights(data.y, own.score_heat).to(device, torch.float32)
        generator, critic = (
            Conditional(inputs, own.width, outputs, seeded(run.seed, place)).to(device)
            for inputs, outputs, place in (
                (own.latent, relaxed.width, _GENERATOR),
                (relaxed.width, 1, _CRITIC),
            )
        )
        adams = [
            torch.optim.Adam(
                net.parameters(), lr=own.net_lr, betas=(0.0, 0.9), eps=EPSILON, fused=True
            )
            for net in (generator, critic)
        ]
        train, _ = train_rows(len(y), held_out(len(y), own.val), run.seed, _ROWS)

        def made(score: Tensor, heat: float, draws: torch.Generator) -> Tensor:
            z = torch.randn(len(score), own.latent, generator=draws).to(device)
            return relaxed.of_outputs(generator(z, score), heat, draws)

        def epoch(i: int) -> dict[str, float]:
            draws = seeded(run.seed, _NOISE, i)
            heat = own.heat(i)
            rows = own.order(train, run.seed, i).to(device)
            sums = torch.zeros(2, device=device)
            for step, some in enumerate(rows.split(own.net_batch)):
                real = relaxed.of_table(numbers[some], classes[some], heat, draws)
                with torch.no_grad():
                    fake = made(y[some], heat, draws)
                mix = torch.rand(len(some), 1, generator=draws).to(device)
                gap, steepness = critic_losses(critic, real, fake, y[some], mix)
                adams[1].zero_grad()
                (weights[some] * (gap + own.penalty * steepness)).mean().backward()
                adams[1].step()
                sums += torch.stack([gap.detach().sum(), steepness.detach().sum()])
                if step % own.critic_steps == 0:
                    adams[0].zero_grad()
                    judged = critic(made(y[some], heat, draws), y[some])[:, 0]
                    (-weights[some] * judged).mean().backward()
                    adams[0].step()
            gap, steepness = (sums / len(rows)).tolist()
            return {"critic/gap": -gap, "critic/penalty": steepness, "heat": heat}

        parts = {
            "generator": generator, "critic": critic, "adam_g": adams[0], "adam_c": adams[1],
        }  # fmt: skip
        stages.go("gan", own.net_epochs, "epochs of the generator", parts, epoch)
        with torch.no_grad():
            x = made(y.max().expand(n, 1), COLD, seeded(run.seed, _DESIGNS))
        return Result(relaxed.features(x), facts={"asked_for": float(y.max())})

    def order(self, rows: Tensor, seed: int, epoch: int) -> Tensor:
        """The rows as they follow each other in an epoch, counted from 1."""
        draws = seeded(seed, _ORDER, 1 if self.as_published else epoch)
        return rows[torch.randperm(len(rows), generator=draws)]

    def heat(self, epoch: int) -> float:
        """Temperature of relaxed classes in an epoch, counted from 1."""
        share = (epoch - 1) / max(1, self.net_epochs - 1)
        return self.last_heat * share + self.first_heat * (1 - share)


def critic_losses(
    critic: Conditional, real: Tensor, fake: Tensor, y: Tensor, mix: Tensor
) -> tuple[Tensor, Tensor]:
    """C(fake) - C(real), and (1 - |grad_x C|)^2 between the two, of every row, (n,) each.

    Args:
        critic: C.
        real: relaxed rows, (n, width).
        fake: made designs, (n, width).
        y: scores, (n, 1).
        mix: share of the real row in the point between, (n, 1).
    """
    between = (mix * real + (1 - mix) * fake).detach().requires_grad_()
    judged = critic(torch.cat([fake, real, between]), torch.cat([y, y, y]))[:, 0]
    of_fake, of_real, of_between = judged.split(len(real))
    (gradient,) = torch.autograd.grad(of_between.sum(), between, create_graph=True)
    return of_fake - of_real, (1 - torch.linalg.vector_norm(gradient, dim=1)).square()


def score_weights(y: Tensor, heat: float) -> Tensor:
    """Weights of rows by their scores, (N,) float64: rare and good ones weigh more, 5 at the most.

    The scores lie in 20 bins with shares h. Wanted are shares softmax(upper edge / heat) h / (h +
    0.001), made to sum to 1; a row weighs what is wanted of its bin over what is there.
    """
    scores = y.detach().cpu().double()
    edges = torch.linspace(float(scores.min()), float(scores.max()), BINS + 1, dtype=torch.float64)
    place = torch.bucketize(scores, edges[1:], right=True).clamp(max=BINS - 1)
    there = torch.bincount(place, minlength=BINS).double() / len(scores)
    wanted = (edges[1:] / heat).softmax(0) * there / (there + LEAST)
    wanted = wanted / (wanted.sum() + 1e-7)
    return (wanted / (there + 1e-7))[place].clamp(0.0, MOST)


# For a CPU: neither the networks' width nor the number of epochs is the published one.
min_small = MIN(width=256, net_epochs=100)
