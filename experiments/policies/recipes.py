"""How the Ant's policy is trained."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_COST = 0.05


@dataclass(frozen=True)
class Lesson:
    """What the next episodes are like.

    Attributes:
        spread: of the legs: 0, always the original robot; 1, as in the task.
        action_cost: share of what an action costs that is counted; 1, as in the task.
    """

    spread: float
    action_cost: float


#: The task itself.
TASK = Lesson(1.0, 1.0)


@dataclass(frozen=True)
class Recipe:
    """How the lessons become harder.

    Attributes:
        steps: of the simulator, unless told otherwise.
        gain: actions are tanh(gain a), a what the learner says.
        log_std: log of the noise in a that is tried, at the begin and at the end.
        spread: shares of the training between which the variation of the legs rises from none to
            that of the task.
        action_cost: shares between which the price of actions rises from a twentieth to all of it.
    """

    steps: int
    gain: float
    log_std: tuple[float, float]
    spread: tuple[float, float]
    action_cost: tuple[float, float]

    def lesson(self, share: float) -> Lesson:
        """The lesson after a share of the training."""
        return Lesson(
            _risen(share, *self.spread),
            _FIRST_COST + (1 - _FIRST_COST) * _risen(share, *self.action_cost),
        )

    def noise(self, share: float) -> float:
        """Logarithm of the noise after a share of the training."""
        first, last = self.log_std
        return first + (last - first) * share


def _risen(share: float, begin: float, end: float) -> float:
    return min(1.0, max(0.0, (share - begin) / (end - begin)))


#: With all legs varied and actions at their full price from the start, 600,000 steps taught the Ant
#: nothing but to stand still. At a gain of 1 its first gaits cost more than they earn.
RECIPE = Recipe(
    2_000_000, gain=0.25, log_std=(-0.5, -1.2), spread=(0.02, 0.2), action_cost=(0.1, 0.7)
)
