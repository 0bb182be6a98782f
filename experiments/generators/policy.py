"""Trains the policy of the Ant or D'Kitty task: ``python -m experiments.generators.policy ant``.

    steps=2000000      steps of the simulator (600000 for dkitty, whose steps take longer)
    seed=0             of the first start
    out=policies/ant   folder of the state; the same command goes on from it

Needs the extra ``policies`` (stable-baselines3) and is no part of a run. The trained policy is
measured against doing nothing and against random policies, and only one that beats both is written
to ``out``, as safetensors with a card.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torchbdi import InputError, MissingDataError, TorchBDIError

from ..oracles.robots import ROBOTS
from ..oracles.stored_policy import INSTALL, own_policies
from ..words import run_command, split_words
from .policy_recipes import RECIPES
from .policy_scaling import Scaling
from .policy_soften import soften
from .policy_trial import trial, write_policy


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is not understood.
        MissingDataError: stable-baselines3 is not installed.
        TorchBDIError: the policy does not beat doing nothing and random policies.
    """
    names, values, rest = split_words(words, list(ROBOTS), ["steps", "out", "seed"])
    if len(names) != 1 or rest:
        raise InputError("name one of: " + ", ".join(ROBOTS) + " [steps=N] [out=FOLDER] [seed=N]")
    robot = ROBOTS[names[0]]
    try:
        from .policy_training import extract, settings, train
    except ModuleNotFoundError as error:
        raise MissingDataError(f"{error}. Install what training needs:\n  {INSTALL}") from error
    recipe = RECIPES[robot.name]
    steps, seed = int(values.get("steps", recipe.steps)), int(values.get("seed", "0"))
    out = Path(values.get("out", own_policies(robot.name)))
    scaling = Scaling.measure(robot)
    model, history = train(robot, recipe, scaling, steps, out, seed)
    policy, factor = soften(robot, extract(model, scaling, recipe.gain))
    result = trial(robot, policy)
    print(result.text(robot))
    if not result.passed:
        raise TorchBDIError(
            f"{robot.name}: the policy is not good enough after {model.num_timesteps:,} steps. Go "
            f"on: python -m experiments.generators.policy {robot.name} steps={2 * steps} out={out}"
        )
    card = {
        "command": f"python -m experiments.generators.policy {robot.name} steps={steps}",
        "algorithm": "PPO (stable-baselines3)",
        "seed": seed,
        "steps": model.num_timesteps,
        "settings": settings(recipe),
        "softened": factor,
        "cpu_minutes": round(sum(entry["cpu_seconds"] for entry in history) / 60, 1),
        "returns": history,
    }
    path = write_policy(out, robot, policy, result, card)
    print(f"written: {path}")


if __name__ == "__main__":
    run_command(main, __doc__)
