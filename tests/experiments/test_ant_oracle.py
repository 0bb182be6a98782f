"""The Ant's simulator, and what it shares with the D'Kitty's."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import mujoco
import numpy as np
import pytest
from robot_cases import case, write_weights

from experiments.oracles.pool import EvaluationError, evaluate
from experiments.robots.ant import ROBOT, SPACE, Ant, robot_xml, rollout
from experiments.robots.morphology import LEGS, run_policy
from experiments.robots.policy import load_policy, zero_policy
from experiments.robots.stored_policy import find_policy
from experiments.tasks._shim import ANT_SLOT, load_design_bench
from torchbdi import InputError

#: Returns of cases 0 to 6, and of the sum of the last observation, as morphing-agents 1.5.1's own
#: code gives them on MuJoCo 3.4.0 (with stand-ins for gym and mujoco-py).
REFERENCE = [
    (83.50712738376085, -3.5826761319563873),
    (103.97670107098438, 2.4854454025012185),
    (11.511002845542894, -9.379705500921116),
    (86.62440966545768, -3.544456863670198),
    (63.796487693690324, 0.7141051485404954),
    (96.80200509885647, 1.54590995041017),
    (-41.45811191502133, 1.064400249968127),
]


@pytest.mark.parametrize("number", range(len(REFERENCE)))
def test_episodes_equal_those_of_morphing_agents(number):
    design, policy = case(ROBOT, number)
    episode = run_policy(Ant(design), policy)
    assert episode.observations.shape == (101, 179) and episode.rewards.shape == (100,)
    # Rounding differs from machine to machine and grows in 500 steps of the simulator.
    total, last = REFERENCE[number]
    assert episode.total == pytest.approx(total, rel=1e-4)
    assert episode.observations[-1].sum() == pytest.approx(last, rel=1e-3)


def test_the_robot_has_the_shape_that_the_design_says():
    design = SPACE.vary(np.random.default_rng(0))
    model = mujoco.MjModel.from_xml_string(robot_xml(design))
    assert (model.nbody, model.nq, model.nv, model.nu) == (14, 19, 18, 12)
    assert model.opt.timestep == 0.01 and model.opt.integrator == mujoco.mjtIntegrator.mjINT_RK4
    for number, leg in enumerate(design.reshape(LEGS, 15)):
        x, y, z, _, _, _, *ranges, hip, thigh, ankle = leg
        bodies = [2 + 3 * number + part for part in range(3)]
        np.testing.assert_allclose(
            model.body_pos[bodies], [[x, y, z], [hip, hip, 0], [thigh, thigh, 0]]
        )
        geoms = 2 + 3 * number + np.arange(3)  # after the floor and the torso
        lengths = np.sqrt(2) * np.array([hip, thigh, ankle])
        np.testing.assert_allclose(2 * model.geom_size[geoms, 1], lengths)
        centre, half = np.radians(np.reshape(ranges, (3, 2))).T
        joints = 1 + 3 * number + np.arange(3)
        np.testing.assert_allclose(
            model.jnt_range[joints], np.stack((centre - half, centre + half), 1)
        )
    assert (model.actuator_gear[:, 0] == 150).all()
    assert (model.actuator_ctrlrange == [-1, 1]).all()


def slow_episode(design, policy):
    """Frame by frame, with every term of the reward written out."""
    model = mujoco.MjModel.from_xml_string(robot_xml(design))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    lower, upper = np.tile(SPACE.leg_lower, 4), np.tile(SPACE.leg_upper, 4)
    shown = 2 * (np.clip(design, lower, upper) - lower) / (upper - lower) - 1

    def observe():
        forces = np.clip(data.cfrc_ext, -1, 1).ravel()
        return np.concatenate([data.qpos[2:], data.qvel, forces, shown])

    observation, total = observe(), 0.0
    for _ in range(100):
        action = policy(observation)
        before = data.body("torso").xpos[0]
        data.ctrl[:] = action
        for _ in range(5):
            mujoco.mj_step(model, data)
        forward = (data.body("torso").xpos[0] - before) / 0.05
        contact = 0.5e-3 * np.square(np.clip(data.cfrc_ext, -1, 1)).sum()
        total += forward - 0.5 * sum(a * a for a in action) - contact + 1
        observation = observe()
    return observation, total


def test_an_episode_against_one_written_out():
    design, policy = case(ROBOT, 5)
    observation, total = slow_episode(design, policy)
    episode = run_policy(Ant(design), policy)
    np.testing.assert_array_equal(episode.observations[-1], observation)
    assert episode.total == pytest.approx(total, abs=1e-9)
    assert not observation[35:119].any()  # contact forces, as with MuJoCo 2


def test_doing_nothing_earns_one_a_step():
    episode = run_policy(Ant(SPACE.default), zero_policy(179, 12))
    assert episode.total == pytest.approx(100, abs=1e-6)
    assert episode.distance == pytest.approx(0, abs=1e-9)


@pytest.fixture
def weights(tmp_path) -> Path:
    return write_weights(tmp_path / "ant.safetensors", case(ROBOT, 1)[1])


def test_rollout_reads_the_policy_and_repeats_to_the_bit(weights):
    design, _ = case(ROBOT, 1)
    other, _ = case(ROBOT, 2)
    first = rollout(design, weights)
    assert first == run_policy(Ant(design), load_policy(weights)).total
    rollout(other, weights)
    assert rollout(design, weights) == first
    assert first == pytest.approx(REFERENCE[1][0], rel=1e-2)  # in float32


def test_worker_processes_give_the_same_bits_and_name_a_design_that_fails(weights):
    designs = np.array([case(ROBOT, number)[0] for number in range(3)])
    expected = [rollout(design, weights) for design in designs]
    np.testing.assert_array_equal(evaluate(rollout, designs, weights, workers=2), expected)
    designs[1, 7] = np.nan
    with pytest.raises(EvaluationError, match=r"1 of 3 .* index 1.*all others"):
        evaluate(rollout, designs, weights, workers=2)


def test_importing_the_simulators_does_not_load_torch():
    code = "import sys, experiments.robots.robots; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_simulation_that_blows_up_ends_the_episode_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ant = Ant(SPACE.default)
    ant.reset()
    ant.data.qvel[:] = 1e12
    _, reward, over = ant.step(np.zeros(12))
    assert over and reward == 0.0
    assert not list(tmp_path.iterdir())
    ant.reset()
    assert not ant.step(np.zeros(12))[2]


def test_out_of_bounds_is_at_the_bound():
    design, _ = case(ROBOT, 6)
    inside = SPACE.clip(design)
    assert (inside != design).any()
    assert robot_xml(design) == robot_xml(inside)
    assert np.abs(SPACE.normalise(inside)).max() == 1.0


def test_normalise_and_back():
    design = SPACE.vary(np.random.default_rng(1))
    np.testing.assert_allclose(SPACE.denormalise(SPACE.normalise(design)), design, atol=1e-12)
    np.testing.assert_array_equal(SPACE.normalise(SPACE.lower), -1)
    np.testing.assert_array_equal(SPACE.normalise(SPACE.upper), 1)


@pytest.mark.parametrize("bad", [np.zeros(59), np.zeros((1, 60)), np.full(60, np.inf)])
def test_wrong_designs_are_an_error(bad):
    with pytest.raises(InputError, match="a design is 60 finite numbers"):
        Ant(bad)


def test_oracle_in_design_benchs_slot(tmp_path):
    x = np.array([case(ROBOT, number)[0] for number in range(5)], dtype=np.float32)
    y = np.arange(5, dtype=np.float32)[:, None]
    folder = tmp_path / "ant_morphology"
    folder.mkdir()
    np.save(folder / "ant_morphology-x-0.npy", x)
    np.save(folder / "ant_morphology-y-0.npy", y)
    task = load_design_bench(tmp_path).make("AntMorphology-Exact-v0")
    assert len(task.x) == 2  # the worse 40 %
    assert type(task.oracle) is importlib.import_module(ANT_SLOT).AntMorphologyOracle
    assert type(task.oracle).__module__ == "experiments.oracles.slots"
    assert task.oracle.is_simulated() and not task.oracle.fully_characterized()
    weights = find_policy(ROBOT, tmp_path).path
    scores = task.predict(x[:2])
    np.testing.assert_array_equal(
        scores[:, 0], np.float32([rollout(row, weights) for row in x[:2]])
    )
