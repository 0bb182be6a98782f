from __future__ import annotations

import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import gymnasium
import numpy as np
import pytest

from experiments.data.evolution import EvolutionConfig, evolve
from experiments.oracles.pool import evaluate
from experiments.robots import hopper
from experiments.robots.hopper import (
    DESIGN_SIZE,
    LAYER_SHAPES,
    START_SEED,
    policy_weights,
    rollout,
    run_episode,
)
from experiments.tasks._shim import HOPPER_SLOT, load_design_bench
from torchbdi import InputError

# Version 4 it has to be: version 5 pays a different reward on the last step.
pytestmark = pytest.mark.filterwarnings("ignore:.*Hopper-v4 is out of date")


@pytest.fixture(scope="module")
def env():
    environment = gymnasium.make("Hopper-v4")
    yield environment
    environment.close()


def gymnasium_episode(env, design, seed):
    """The episode in gymnasium's own environment, policy written out from the layout."""
    weights, position = [], 0
    for shape in LAYER_SHAPES:
        size = int(np.prod(shape))
        weights.append(design[position : position + size].reshape(shape).astype(np.float64))
        position += size
    observation, _ = env.reset(seed=seed)
    observations, rewards, total, done = [observation], [], 0.0, False
    start = env.unwrapped.data.qpos[0]
    while not done:
        h = np.tanh(observation @ weights[0] + weights[1])
        h = np.tanh(h @ weights[2] + weights[3])
        observation, reward, terminated, truncated, info = env.step(h @ weights[4] + weights[5])
        observations.append(observation)
        rewards.append(reward)
        total += reward
        done = terminated or truncated
    return np.array(observations), np.array(rewards), total, info["x_position"] - start


@pytest.fixture(scope="module")
def policies():
    """50 policies: zero, random ones of many scales (also absurdly large), trained ones."""
    rng = np.random.default_rng(0)
    scales = np.geomspace(1e-3, 1e4, 30)
    random = [(s * rng.standard_normal(DESIGN_SIZE)).astype(np.float32) for s in scales]
    trained, _ = evolve(EvolutionConfig(19, pairs=4, kept_pairs=1, lr=0.1), (1,), lambda: None)
    return [np.zeros(DESIGN_SIZE), *random, *trained[::2]]


def test_episodes_equal_gymnasiums_step_for_step(env, policies):
    assert len(policies) == 50
    lengths = []
    for seed, design in enumerate(policies):
        observations, rewards, total, distance = gymnasium_episode(env, design, seed)
        episode = run_episode(design, seed)
        np.testing.assert_array_equal(episode.observations, observations)
        np.testing.assert_array_equal(episode.rewards, rewards)
        assert episode.total == total == rollout(design, seed)
        assert episode.distance == distance
        lengths.append(len(rewards))
    assert min(lengths) < 20 and max(lengths) > 80


def test_the_longest_episode_is_gymnasiums():
    assert gymnasium.spec("Hopper-v4").max_episode_steps == hopper.MAX_STEPS
    # No policy here stands for 1000 steps, so the limit is moved to within reach of all.
    design = np.zeros(DESIGN_SIZE)
    assert len(run_episode(design).rewards) > 20
    short = gymnasium.make("Hopper-v4", max_episode_steps=20)
    _, rewards, total, _ = gymnasium_episode(short, design, START_SEED)
    short.close()
    episode = run_episode(design, max_steps=20)
    assert len(episode.rewards) == len(rewards) == 20
    assert episode.total == total


def test_threads_do_not_disturb_each_other():
    designs = 0.1 * np.random.default_rng(3).standard_normal((8, DESIGN_SIZE))
    one_by_one = [rollout(design) for design in designs]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(rollout, designs)) == one_by_one


def test_worker_processes_give_the_same_bits():
    designs = (0.1 * np.random.default_rng(4).standard_normal((6, DESIGN_SIZE))).astype(np.float32)
    expected = [rollout(design, 3) for design in designs]
    np.testing.assert_array_equal(evaluate(rollout, designs, 3, workers=2), expected)


def test_importing_the_oracle_does_not_load_torch():
    code = "import sys, experiments.robots.hopper; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_same_design_same_return_whatever_ran_before():
    rng = np.random.default_rng(1)
    first, second = 0.1 * rng.standard_normal((2, DESIGN_SIZE))
    alone = rollout(first, START_SEED)
    rollout(second, 5)
    assert rollout(first, START_SEED) == alone
    assert rollout(first, START_SEED + 1) != alone


def test_logstd_is_not_used():
    design = 0.1 * np.random.default_rng(2).standard_normal(DESIGN_SIZE)
    changed = design.copy()
    changed[-3:] += 1.0
    assert rollout(changed) == rollout(design)
    changed[-4] += 1.0  # the last bias
    assert rollout(changed) != rollout(design)


def test_weights_are_cut_in_the_order_of_the_layout():
    parts = policy_weights(np.arange(DESIGN_SIZE))
    assert [part.shape for part in parts] == list(LAYER_SHAPES)
    assert parts[0][0, 1] == 1 and parts[0][1, 0] == 64 and parts[1][0] == 11 * 64
    np.testing.assert_array_equal(parts[-1], [[DESIGN_SIZE - 3, DESIGN_SIZE - 2, DESIGN_SIZE - 1]])


@pytest.mark.parametrize("bad", [np.zeros(DESIGN_SIZE - 1), np.zeros((1, DESIGN_SIZE))])
def test_wrong_shape_is_an_error(bad):
    with pytest.raises(InputError, match=str(DESIGN_SIZE)):
        rollout(bad)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_an_error(value):
    design = np.zeros(DESIGN_SIZE)
    design[7] = value
    with pytest.raises(InputError, match="1 not finite"):
        rollout(design)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A folder with a small table in design-bench's layout, and the table."""
    folder = tmp_path_factory.mktemp("data")
    x = (0.1 * np.random.default_rng(5).standard_normal((12, DESIGN_SIZE))).astype(np.float32)
    y = np.array([[rollout(row)] for row in x], dtype=np.float32)
    (folder / "hopper_controller").mkdir()
    np.save(folder / "hopper_controller" / "hopper_controller-x-0.npy", x)
    np.save(folder / "hopper_controller" / "hopper_controller-y-0.npy", y)
    return folder, x, y


def test_oracle_in_design_benchs_slot(table):
    folder, x, y = table
    task = load_design_bench(folder).make("HopperController-Exact-v0")
    oracle = task.oracle
    assert type(oracle) is importlib.import_module(HOPPER_SLOT).HopperControllerOracle
    assert type(oracle).__module__ == "experiments.oracles.slots"
    assert (oracle.name, oracle.is_batched, oracle.noise_std) == ("exact_average_return", False, 0)
    assert oracle.is_simulated() and not oracle.fully_characterized()
    np.testing.assert_array_equal(np.asarray(task.x), x)
    scores = task.predict(x[:4])
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, y[:4])


def test_oracle_takes_normalised_designs(table):
    folder, x, y = table
    task = load_design_bench(folder).make("HopperController-Exact-v0")
    task.map_normalize_x()
    # design-bench normalises in float32, which moves the designs and so the returns a little.
    np.testing.assert_allclose(task.predict(task.normalize_x(x[:2])), y[:2], rtol=0.05)


def test_every_design_starts_from_the_state_of_seed_0(env):
    """The seed is part of the task: with another one every reported score is another one."""
    still = np.zeros(DESIGN_SIZE)
    first, _ = env.reset(seed=0)
    assert np.array_equal(run_episode(still).observations[0], first)
    assert rollout(still) == pytest.approx(132.12008322361694, abs=1e-6)
    others = [rollout(still, seed) for seed in (1, 2, 3)]
    assert all(abs(other - rollout(still)) > 1e-3 for other in others), "no seed would be noticed"
    assert evaluate(rollout, still[None], START_SEED, workers=1)[0] == rollout(still, 0)
