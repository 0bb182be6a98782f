"""The true function of the Hopper task: the return of one episode under a given policy.

A design holds the weights of a two-layer tanh policy for MuJoCo's one-legged hopper. The episode
follows gymnasium's ``Hopper-v4`` number for number, but drives the simulator directly, without
gymnasium's wrappers and checks.

Sources: gymnasium, ``envs/mujoco/hopper_v4.py`` (the episode); design-bench,
``oracles/exact/hopper_controller_oracle.py`` (the policy and its layout).
"""

from __future__ import annotations

import math
import threading
from functools import cache
from importlib.resources import as_file, files

import mujoco
import numpy as np
from numpy.typing import NDArray

from .episode import Array, Episode

#: Shapes of W0, b0, W1, b1, W2, b2 and logstd, in the order in which a design stores them.
LAYER_SHAPES = ((11, 64), (64,), (64, 64), (64,), (64, 3), (3,), (1, 3))
DESIGN_SIZE = sum(math.prod(shape) for shape in LAYER_SHAPES)

#: Seed of the start state that the task uses for every design, so that the task is a function.
START_SEED = 0

MAX_STEPS = 1000
_FRAME_SKIP = 4
_RESET_NOISE = 5e-3
_CONTROL_COST = 1e-3
_HEALTHY_REWARD = 1.0
_MAX_SPEED = 10.0
_MAX_STATE = 100.0
_MIN_HEIGHT = 0.7
_MAX_ANGLE = 0.2


@cache
def _model() -> mujoco.MjModel:
    """Compile gymnasium's hopper once a process; nothing here writes to the model."""
    with as_file(files("gymnasium") / "envs" / "mujoco" / "assets" / "hopper.xml") as path:
        return mujoco.MjModel.from_xml_path(str(path))


@cache
def _state(thread: int) -> mujoco.MjData:
    """The simulator's state of a thread: making one costs as much as several steps."""
    return mujoco.MjData(_model())


def policy_weights(design: NDArray[np.floating]) -> list[Array]:
    """Cut a design into the arrays that ``LAYER_SHAPES`` names.

    Args:
        design: (5126,), finite.

    Returns:
        W0 (11, 64), b0 (64,), W1 (64, 64), b1 (64,), W2 (64, 3), b2 (3,) and the unused
        logstd (1, 3), float64.

    Raises:
        InputError: the design has another shape or holds a number that is not finite.
    """
    design = np.asarray(design)
    if design.shape != (DESIGN_SIZE,) or not np.isfinite(design).all():
        # Loading torch takes seconds, and a worker process has no other use for it.
        from torchbdi import InputError

        raise InputError(
            f"a Hopper design is {DESIGN_SIZE} finite numbers, shape ({DESIGN_SIZE},); got shape "
            f"{design.shape} with {np.size(design) - np.isfinite(design).sum()} not finite"
        )
    ends = np.cumsum([math.prod(shape) for shape in LAYER_SHAPES])[:-1]
    parts = np.split(design.astype(np.float64), ends)
    return [part.reshape(shape) for part, shape in zip(parts, LAYER_SHAPES, strict=True)]


def _reset(model: mujoco.MjModel, data: mujoco.MjData, seed: int) -> None:
    """Do what ``env.reset(seed=seed)`` does: positions are drawn first, then speeds."""
    mujoco.mj_resetData(model, data)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    data.qpos[:] += rng.uniform(-_RESET_NOISE, _RESET_NOISE, model.nq)
    data.qvel[:] += rng.uniform(-_RESET_NOISE, _RESET_NOISE, model.nv)
    mujoco.mj_forward(model, data)


def run_episode(
    design: NDArray[np.floating], seed: int = START_SEED, max_steps: int = MAX_STEPS
) -> Episode:
    """Run one episode; it ends when the hopper falls or after 1000 steps.

    Args:
        design: (5126,) policy weights, see ``LAYER_SHAPES``.
        seed: seed of the start state, as in ``env.reset(seed=seed)``.
        max_steps: of the episode, at most.

    Returns:
        The episode; observations are (T + 1, 11), T at most 1000, and the distance is forwards.

    Raises:
        InputError: see ``policy_weights``.
    """
    w0, b0, w1, b1, w2, b2, _ = policy_weights(design)
    model, data = _model(), _state(threading.get_ident())
    _reset(model, data, seed)
    # Views into the simulator's state, which is updated in place.
    position, speed = data.qpos, data.qvel
    seconds = model.opt.timestep * _FRAME_SKIP

    def observe() -> Array:
        return np.concatenate(
            (position[1:], np.maximum(np.minimum(speed, _MAX_SPEED), -_MAX_SPEED))
        )

    start = x = float(position[0])
    observations = [observe()]
    rewards: list[float] = []
    total = 0.0
    healthy = True
    while healthy and len(rewards) < max_steps:
        hidden = np.tanh(observations[-1] @ w0 + b0)
        hidden = np.tanh(hidden @ w1 + b1)
        action = hidden @ w2 + b2
        data.ctrl[:] = action  # MuJoCo limits the torque itself; the cost is on the full action
        mujoco.mj_step(model, data, nstep=_FRAME_SKIP)
        before, x = x, float(position[0])
        cost = _CONTROL_COST * float(np.add.reduce(np.square(action)))
        reward = ((x - before) / seconds + _HEALTHY_REWARD) - cost
        total += reward
        rewards.append(reward)
        observations.append(observe())
        # Written so that a state that is not a number counts as fallen.
        healthy = (
            _MIN_HEIGHT < position[1] < math.inf
            and -_MAX_ANGLE < position[2] < _MAX_ANGLE
            and bool((np.abs(position[3:]) < _MAX_STATE).all())
            and bool((np.abs(speed) < _MAX_STATE).all())
        )
    return Episode(np.array(observations), np.array(rewards), total, x - start)


def rollout(design: NDArray[np.floating], seed: int = START_SEED) -> float:
    """The raw return of a design: the sum of rewards of one episode, see ``run_episode``."""
    return run_episode(design, seed).total
