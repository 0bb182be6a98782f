"""Is a policy any good? Its returns beside those of doing nothing and of random policies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from torchbdi.kernels.files import sha256, write_atomic, write_json

from ..oracles.pool import run_all
from ..robots.morphology import Robot
from ..robots.policy import NAMES, Array, Policy, zero_policy
from ..robots.robots import drive

DESIGNS = 100
RANDOM_POLICIES = 100
#: Each random policy drives the first so many of the robots, and is compared on these too.
_DESIGNS_EACH = 10
_WIDTH = 128  # hidden units a layer of a random one
SEED = 2022
_SHOWN = 5
_STANDARD_ERRORS = 5.0


@dataclass(frozen=True)
class Trial:
    """Returns on random robots.

    Attributes:
        first: returns of the policy on the first five of the 100 robots.
        mean: of the policy on all of them.
        standard_error: of that mean.
        zero_mean: of the policy that does nothing, on the same robots.
        zero_standard_error: of that mean.
        ahead: mean of what the policy gets more than nothing on one robot, in standard errors of
            that mean. Both drive the same robots, so that what makes some robots better than
            others does not count as chance.
        ahead_unpaired: the same, as if the two had driven different robots.
        best_random: best mean of a random policy, on the first ten of the robots.
        body_lengths: mean distance that the policy covers.
        zero_body_lengths: mean distance without a policy.
        passed: the policy is better than nothing by five standard errors, however these are
            taken, and better than random ones, on all robots and on those that they drove.
    """

    first: tuple[float, ...]
    mean: float
    standard_error: float
    zero_mean: float
    zero_standard_error: float
    ahead: float
    ahead_unpaired: float
    best_random: float
    body_lengths: float
    zero_body_lengths: float
    passed: bool

    def text(self, robot: Robot) -> str:
        """In words, one line each."""
        return (
            f"{robot.name} on {DESIGNS} random robots:\n"
            f"  policy  {self.mean:9.2f} +- {self.standard_error:.2f}, "
            f"{self.body_lengths:.2f} body lengths\n"
            f"  nothing {self.zero_mean:9.2f} +- {self.zero_standard_error:.2f}, "
            f"{self.zero_body_lengths:.2f} body lengths\n"
            f"  ahead by {self.ahead:.1f} standard errors ({self.ahead_unpaired:.1f} unpaired)\n"
            f"  best of {RANDOM_POLICIES} random policies {self.best_random:.2f}\n"
            f"  {'passed' if self.passed else 'not good enough'}"
        )


def random_policy(robot: Robot, rng: np.random.Generator) -> Policy:
    """Weights of variance 1 / fan-in, no biases."""
    sizes = (robot.observation, _WIDTH, _WIDTH, robot.action)
    w0, w1, w2 = (
        rng.standard_normal((out, inner)) / np.sqrt(inner) for inner, out in pairwise(sizes)
    )
    return Policy((w0, w1, w2), (np.zeros(_WIDTH), np.zeros(_WIDTH), np.zeros(robot.action)))


def trial_designs(robot: Robot, rng: np.random.Generator) -> list[Array]:
    """The random robots of a trial."""
    return [robot.space.vary(rng) for _ in range(DESIGNS)]


def trial(robot: Robot, policy: Policy, workers: int | None = None) -> Trial:
    """Lets the policy, none and random ones drive the same random robots."""
    rng = np.random.default_rng(SEED)
    designs = trial_designs(robot, rng)
    others = [random_policy(robot, rng) for _ in range(RANDOM_POLICIES)]
    nothing = zero_policy(robot.observation, robot.action)
    items = [(robot.name, design, driver) for driver in (policy, nothing) for design in designs]
    items += [
        (robot.name, design, driver) for driver in others for design in designs[:_DESIGNS_EACH]
    ]
    results = np.array(run_all(drive, items, workers=workers, desc="trial episodes"))
    ours, none, rest = np.split(results, [DESIGNS, 2 * DESIGNS])
    (mean, error), (zero_mean, zero_error) = _mean(ours[:, 0]), _mean(none[:, 0])
    more, more_error = _mean(ours[:, 0] - none[:, 0])
    ahead = more / more_error if more_error else 0.0
    unpaired = more / float(np.hypot(error, zero_error))
    best_random = float(rest[:, 0].reshape(RANDOM_POLICIES, -1).mean(1).max())
    return Trial(
        first=tuple(ours[:_SHOWN, 0].tolist()),
        mean=mean,
        standard_error=error,
        zero_mean=zero_mean,
        zero_standard_error=zero_error,
        ahead=ahead,
        ahead_unpaired=unpaired,
        best_random=best_random,
        body_lengths=float(ours[:, 1].mean()) / robot.body_length,
        zero_body_lengths=float(none[:, 1].mean()) / robot.body_length,
        passed=min(ahead, unpaired) > _STANDARD_ERRORS
        and min(mean, float(ours[:_DESIGNS_EACH, 0].mean())) > best_random,
    )


def _mean(values: Array) -> tuple[float, float]:
    """Mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def write_policy(
    folder: Path, robot: Robot, policy: Policy, result: Trial, training: dict[str, Any]
) -> Path:
    """Writes ``NAME.safetensors`` and, last, its card ``NAME.json``.

    Args:
        folder: made if it is not there.
        robot: whose policy it is.
        policy: in float32.
        result: of ``trial``.
        training: how it was trained.

    Returns:
        The card's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{robot.name}.safetensors"
    parts = [part for pair in zip(policy.weights, policy.biases, strict=True) for part in pair]
    content = save({n: p.astype(np.float32) for n, p in zip(NAMES, parts, strict=True)})
    write_atomic(weights, lambda file: file.write(content))
    card = {
        "robot": robot.name,
        "source": "regenerated",
        "trial": {"designs": DESIGNS, "seed": SEED, **asdict(result)},
        "training": training,
        "versions": {name: version(name) for name in ("mujoco", "numpy", "torch")},
        "weights_sha256": sha256(weights),
    }
    path = weights.with_suffix(".json")
    write_json(path, card)
    return path
