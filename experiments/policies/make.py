"""Makes the policy of the Ant or D'Kitty task: ``python -m experiments.policies.make ant``.

    steps=2000000      steps of the simulator (ant)
    seed=0             of the first start
    out=FOLDER         gets the policy, and the Ant's state, from which the same command goes on, a
                       folder a seed; else the user's cache, where a run finds the policy

The Ant learns to walk by trial, which needs the extra ``policies`` (stable-baselines3) and half an
hour; the D'Kitty is taught, in half an hour. Neither is part of a run. The policy is
measured against doing nothing and against random policies, and only one that beats both is written
to ``out``, as safetensors with a card.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torchbdi import InputError, MissingDependencyError, TorchBDIError

from ..robots.morphology import Robot
from ..robots.policy import Policy
from ..robots.robots import ROBOTS
from ..robots.stored_policy import INSTALL, own_policies
from ..runs.words import run_command, split_words, whole_word
from .imitation import add_gait
from .landing import Landings, learn_landing, try_landings
from .recipes import RECIPE
from .scaling import Scaling
from .soften import soften
from .stance import fit_stance
from .trial import SEED, trial, write_policy

_COMMAND = "python -m experiments.policies.make"
#: The poses that a network thinks safe are tried again, so that it learns where it was wrong.
_LANDING_ROUNDS = 2


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is not understood.
        MissingDependencyError: stable-baselines3 is not installed.
        TorchBDIError: the policy does not beat doing nothing and random policies.
    """
    names, values, rest = split_words(words, list(ROBOTS), ["steps", "out", "seed"])
    if len(names) != 1 or rest or (names == ["dkitty"] and "steps" in values):
        raise InputError(
            "name one of: ant, dkitty; [out=FOLDER] [seed=N]; for the ant also [steps=N]"
        )
    robot = ROBOTS[names[0]]
    seed, out = whole_word(values, "seed", 0), Path(values.get("out", own_policies(robot.name)))
    if seed <= SEED < seed + _LANDING_ROUNDS:
        raise InputError(f"seed={seed}: it makes the robots of the trial. Take another.")
    if robot.name == "ant":
        steps = whole_word(values, "steps", RECIPE.steps)
        policy, training = _walk(robot, steps, seed, out)
        remedy = f"Go on: {_COMMAND} ant steps={2 * steps} seed={seed} out={out}"
    else:
        policy, training = _teach(seed)
        remedy = f"Try another seed: {_COMMAND} dkitty seed={seed + 1}"
    result = trial(robot, policy)
    print(result.text(robot))
    if not result.passed:
        raise TorchBDIError(f"{robot.name}: the policy is not good enough. {remedy}")
    print(f"written: {write_policy(out, robot, policy, result, training)}")


def _walk(robot: Robot, steps: int, seed: int, out: Path) -> tuple[Policy, dict[str, Any]]:
    """A policy by reinforcement learning, and how it was made."""
    try:
        from .training import extract, settings, train
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{error}. Install what training needs:\n  {INSTALL}"
        ) from error
    scaling = Scaling.measure(robot)
    model, history = train(robot, RECIPE, scaling, steps, out / f"training-seed{seed}", seed)
    policy, factor = soften(robot, extract(model, scaling, RECIPE.gain))
    return policy, {
        "command": f"{_COMMAND} {robot.name} steps={steps} seed={seed}",
        "algorithm": "PPO (stable-baselines3)",
        "seed": seed,
        "steps": model.num_timesteps,
        "settings": settings(RECIPE),
        "softened": factor,
        "cpu_minutes": round(sum(entry["cpu_seconds"] for entry in history) / 60, 1),
        "returns": history,
    }


def _teach(seed: int) -> tuple[Policy, dict[str, Any]]:
    """A policy by kinematics and imitation, and how it was made."""
    begin = time.monotonic()
    stance, _ = fit_stance(seed)
    landings: list[Landings] = []
    for number in range(_LANDING_ROUNDS):
        landings.append(try_landings(stance, seed + number))
        landing, auc = learn_landing(landings, seed)
        stance, error = fit_stance(seed, landing)
    policy = add_gait(stance, seed)
    return policy, {
        "command": f"{_COMMAND} dkitty seed={seed}",
        "algorithm": "a stance by least squares on the kinematics of the legs, with a penalty for "
        "falls by a network that has seen landings; beside it a trot, by imitation of a teacher "
        "(DAgger)",
        "seed": seed,
        "landing_auc": round(auc, 4),
        "stance_error": error,
        "minutes": round((time.monotonic() - begin) / 60, 1),
    }


if __name__ == "__main__":
    run_command(main, __doc__)
