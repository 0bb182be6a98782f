"""Trains a policy that drives robots with varied legs, with PPO of stable-baselines3.

Source: Schulman et al., "Proximal Policy Optimization Algorithms", 2017.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
from tqdm import tqdm

from torchbdi.kernels.files import write_json

from ..robots.morphology import Robot
from ..robots.policy import Policy
from .env import VariedRobot
from .recipes import Recipe
from .scaling import Scaling

ENVIRONMENTS = 8
#: Of PPO; everything else as stable-baselines3 has it.
SETTINGS: dict[str, Any] = {
    "n_steps": 256,
    "batch_size": 256,
    "n_epochs": 10,
    "learning_rate": 3e-4,
    "gamma": 0.98,
    "gae_lambda": 0.95,
    # An update stops at 1.5 times this: returns are noisy, and nothing else holds it back.
    "target_kl": 0.03,
}
_HIDDEN = [128, 128]
_SAVE_EVERY = 10  # rounds of ENVIRONMENTS * n_steps steps


def settings(recipe: Recipe) -> dict[str, Any]:
    """All of the above and the recipe, for the card."""
    lessons = {name: value for name, value in asdict(recipe).items() if name != "steps"}
    return {"environments": ENVIRONMENTS, **SETTINGS, "hidden": _HIDDEN, **lessons}


class _Keeper(BaseCallback):
    """Shows progress and saves the whole state of the training, each time into a new folder."""

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        steps: int,
        history: list[dict[str, float]],
        bar: tqdm[None],
    ) -> None:
        super().__init__()
        self.recipe, self.out, self.steps = recipe, out, steps
        self.history, self.bar = history, bar
        self._rounds, self._clock = 0, time.process_time()

    def _on_step(self) -> bool:
        self.bar.update(self.training_env.num_envs)
        return True

    def _on_rollout_start(self) -> None:
        # Here the networks have been updated with all that was simulated.
        if self._rounds and self._rounds % _SAVE_EVERY == 0:
            self.save()
        self._rounds += 1
        share = min(1.0, self.model.num_timesteps / self.steps)
        self.training_env.env_method("set_lesson", self.recipe.lesson(share))
        noise = self.model.policy.log_std
        assert isinstance(noise, torch.nn.Parameter)
        noise.requires_grad_(False).fill_(self.recipe.noise(share))

    def save(self) -> None:
        """Writes ``state-STEPS``; a folder of that name is complete."""
        returns = [float(info["r"]) for info in self.model.ep_info_buffer or ()]
        now = time.process_time()
        self.history.append(
            {
                "steps": self.num_timesteps,
                "return": round(float(np.mean(returns)), 2) if returns else 0.0,
                "cpu_seconds": round(now - self._clock, 1),
            }
        )
        self._clock = now
        self.bar.set_postfix({"return": self.history[-1]["return"]})
        before = _states(self.out)
        fresh = self.out / ".state"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        self.model.save(fresh / "model.zip")
        normaliser = self.model.get_vec_normalize_env()
        assert normaliser is not None
        normaliser.save(str(fresh / "normaliser.pkl"))
        write_json(fresh / "history.json", self.history)
        fresh.rename(self.out / f"state-{self.num_timesteps:09d}")
        for folder in before:
            shutil.rmtree(folder)


def _states(out: Path) -> list[Path]:
    return sorted(out.glob("state-*"))


def train(
    robot: Robot,
    recipe: Recipe,
    scaling: Scaling,
    steps: int,
    out: Path,
    seed: int,
    environments: int = ENVIRONMENTS,
    ppo: Mapping[str, Any] = SETTINGS,
) -> tuple[PPO, list[dict[str, float]]]:
    """Trains, or goes on training, until ``steps`` steps have been simulated.

    Args:
        robot: which of the two.
        recipe: what changes along the way.
        scaling: of its observations.
        steps: steps of the simulator, rounded up to a whole round.
        out: folder of the state.
        seed: of the first start; a training that was interrupted goes on with other draws.
        environments: how many robots are simulated in turns.
        ppo: settings of PPO.

    Returns:
        The trained model, and what the returns were along the way.
    """
    torch.set_num_threads(1)  # matrices this small are slower on several
    out.mkdir(parents=True, exist_ok=True)
    robots = DummyVecEnv(
        [lambda: Monitor(VariedRobot(robot, scaling, recipe.gain)) for _ in range(environments)]
    )
    states = _states(out)
    if states:
        # Own files, written above: nothing that was downloaded is unpickled.
        normalised = VecNormalize.load(str(states[-1] / "normaliser.pkl"), robots)
        model = PPO.load(states[-1] / "model.zip", normalised, device="cpu")
        model.set_random_seed(seed + model.num_timesteps)
        history = json.loads((states[-1] / "history.json").read_text())
    else:
        normalised = VecNormalize(robots, norm_obs=False, gamma=ppo["gamma"])
        model = PPO(
            "MlpPolicy",
            normalised,
            seed=seed,
            device="cpu",
            policy_kwargs={
                "net_arch": {"pi": _HIDDEN, "vf": _HIDDEN},
                "activation_fn": torch.nn.ReLU,
                "log_std_init": recipe.log_std[0],
            },
            **ppo,
        )
        history = []
    left = steps - model.num_timesteps
    if left > 0:
        with tqdm(total=steps, initial=model.num_timesteps, desc=f"{robot.name} steps") as bar:
            keeper = _Keeper(recipe, out, steps, history, bar)
            model.learn(left, keeper, reset_num_timesteps=not states)
            keeper.save()
    return model, history


def extract(model: PPO, scaling: Scaling, gain: float) -> Policy:
    """The network of the mean action, with scaling and gain folded into its outer layers."""
    state = {name: part.double().numpy() for name, part in model.policy.state_dict().items()}
    layers = ("mlp_extractor.policy_net.0", "mlp_extractor.policy_net.2", "action_net")
    w0, w1, w2 = (state[f"{layer}.weight"] for layer in layers)
    b0, b1, b2 = (state[f"{layer}.bias"] for layer in layers)
    w0, b0 = scaling.fold(w0, b0)
    return Policy((w0, w1, w2), (b0, b1, b2)).scaled(gain).rounded()
