"""REINFORCE: a distribution of designs learns by score-function gradients from an ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import seeded
from ._codec import Codec
from ._epochs import EPSILON
from ._kept import Kept
from ._surrogate import Surrogate
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_POLICY = 10  # place of draws
_BATCH_NUMBERS, _BATCH_CHOICES = 2048, 256


@dataclass(frozen=True)
class Reinforce(Surrogate):
    """Maximises the mean of the ensemble over a product of Gaussians and categoricals.

    Numbers are Gaussian around the mean of the n best rows, classes begin with their frequencies
    there. The designs are draws of what was learnt. *Defect mended*: in design-baselines (commit
    785dbcf, ``reinforce``) an axis too many makes the loss of classes mean(log pi)
    mean(advantage), which is 0, so that nothing is learnt on sequences; here log-probabilities
    are summed over the columns.
    """

    revision: ClassVar[int] = 1
    fidelity = "defect mended"

    steps: int = setting(200, at_least=0)
    """Steps of Adam on the distribution.

    design-baselines: 200.
    """
    lr: float = setting(0.01, above=0.0)
    """Adam's rate.

    design-baselines: 0.01, on Hopper 0.1.
    """
    batch: int | None = setting(None, at_least=2)
    """Draws a step.

    None: 2048 where all columns are numbers, else 256, as in design-baselines.
    """
    std: float = setting(0.1, above=0.0)
    """Deviation of numbers, in those of the table; it stays.

    design-baselines: 0.1.
    """
    as_published: bool = False
    """Bring back the loss of classes that is 0.

    Ours: off. design-baselines: on.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; the batch goes by the kinds of the columns."""
        own = super().settings_for(data)
        if self.batch is None:
            own["batch"] = _BATCH_CHOICES if data.space.layout.choices else _BATCH_NUMBERS
        return own

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the ensemble's predictions."""
        own, run = self.begin(data, n, run)
        assert own.batch is not None  # it is resolved
        kept, codec, device = Kept(run, own, data, n), Codec(data.space), run.device
        inputs = codec.inputs_of(data.x).to(device)
        net = own.ensemble(inputs, codec.tokens, data.y.float().to(device), kept)
        numbers, classes = codec.split(data.x[data.best(n)])
        policy = Policy(numbers, classes, codec.sizes, own.std)
        optimizer = torch.optim.Adam(policy.parameters(), lr=own.lr, eps=EPSILON)
        with run.progress(own.steps, "steps") as bar:
            for step in range(1, own.steps + 1):
                drawn = policy.sample(own.batch, seeded(run.seed, _POLICY, step))
                value = net.mean(codec.inputs(*drawn).to(device)).cpu()
                optimizer.zero_grad()
                with torch.enable_grad():
                    loss = policy_loss(*policy.log_prob(*drawn), value, own.as_published)
                    loss.backward()
                optimizer.step()
                run.log(
                    own.ensemble_epochs + step,
                    **{"predicted/mean": float(value.mean()), "predicted/best": float(value.max())},
                )
                bar.update()
        drawn = policy.sample(n, seeded(run.seed, _POLICY, 0))
        x = codec.within(codec.join(*drawn))
        predicted = net.mean(codec.inputs_of(x).to(device)).double().cpu()
        order = predicted.argsort(descending=True, stable=True)
        return Result(x[order], predicted[order])


class Policy(nn.Module):
    """Independent Gaussians and categoricals, begun at some designs.

    Args:
        numbers: of the designs, (n, P).
        classes: of the designs, (n, S).
        sizes: how many classes each column has, (S,).
        std: of the numbers.

    Attributes:
        mean: (P,).
        logits: (S, k); -inf where a class is in none of the designs, so that it is never drawn.
    """

    def __init__(self, numbers: Tensor, classes: Tensor, sizes: Tensor, std: float) -> None:
        super().__init__()
        self.mean = nn.Parameter(numbers.mean(0).float())
        width = int(max(sizes, default=torch.tensor(1)))
        seen = nn.functional.one_hot(classes, width).float().mean(0)
        self.logits = nn.Parameter(seen.log())
        self.std = std

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Numbers (n, P) and classes (n, S)."""
        noise = torch.randn(n, len(self.mean), generator=generator)
        numbers = self.mean + self.std * noise
        if not len(self.logits):
            return numbers, torch.empty(n, 0, dtype=torch.int64)
        drawn = torch.multinomial(self.logits.softmax(1), n, True, generator=generator)
        return numbers, drawn.T.contiguous()

    def log_prob(self, numbers: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Log-densities of numbers, but for a constant, (n, P); log-probabilities, (n, S)."""
        gaussian = -0.5 * ((numbers - self.mean) / self.std).square()
        log = self.logits.log_softmax(1)
        return gaussian, log.gather(1, classes.T).T


def policy_loss(gaussian: Tensor, categorical: Tensor, value: Tensor, as_published: bool) -> Tensor:
    """-mean(advantage * log pi), the advantage being (value - its mean) / its deviation.

    Args:
        gaussian: log-densities, (n, P).
        categorical: log-probabilities, (n, S).
        value: of the draws, (n,).
        as_published: an axis is inserted into the advantage, so that every draw's
            log-probabilities meet every draw's advantage, whose mean is 0.
    """
    deviation = value.std(correction=0)
    advantage = (value - value.mean()) / torch.where(deviation > 0, deviation, 1.0)
    loss = -(advantage * gaussian.sum(1)).mean()
    if as_published and categorical.shape[1]:
        return loss - advantage.mean() * categorical.mean()
    return loss - (advantage * categorical.sum(1)).mean()
