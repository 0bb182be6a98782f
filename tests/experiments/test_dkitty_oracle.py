"""The D'Kitty's simulator."""

from __future__ import annotations

import importlib

import mujoco
import numpy as np
import pytest
from robot_cases import case, write_weights
from scipy.spatial.transform import Rotation

from experiments.oracles.pool import evaluate
from experiments.robots.dkitty import ROBOT, DKitty, rollout
from experiments.robots.dkitty_robot import SPACE, robot_xml
from experiments.robots.morphology import LEGS, run_policy
from experiments.robots.policy import zero_policy
from experiments.robots.stored_policy import find_policy
from experiments.tasks._shim import DKITTY_SLOT, load_design_bench

#: Steps, return and sum of the last observation, by case, as morphing-agents 1.5.1's and ROBEL
#: 0.1.2's own code gives them on MuJoCo 3.4.0 (with stand-ins for gym and mujoco-py).
REFERENCE = {
    0: (8, -499.82563400662633, -8.181494765366129),
    4: (5, -503.7261860171664, -1.4706178275527972),
    13: (10, -555.084565687835, -1.5050154242338296),
    15: (100, -105.7613382655391, 1.2695322144939456),
    25: (100, -73.40785244804525, -8.30709334815616),
    27: (100, -28.944914534764948, 7.373506882064199),
}


@pytest.mark.parametrize("number", REFERENCE)
def test_episodes_equal_those_of_morphing_agents(number):
    design, policy = case(ROBOT, number)
    episode = run_policy(DKitty(design), policy)
    steps, total, last = REFERENCE[number]
    assert episode.observations.shape == (steps + 1, 108) and episode.rewards.shape == (steps,)
    # The corners of the torso are rounded to 1e-8 m here.
    assert episode.total == pytest.approx(total, rel=1e-4)
    assert episode.observations[-1].sum() == pytest.approx(last, rel=1e-3)


def test_the_robot_has_the_shape_that_the_design_says():
    design = SPACE.vary(np.random.default_rng(0))
    for quirk in (True, False):
        model = mujoco.MjModel.from_xml_string(robot_xml(design, quirk))
        assert (model.nbody, model.nq, model.nv, model.nu) == (15, 18, 18, 12)
        # The weight of ROBEL's model, which a design cannot change.
        assert model.body_mass.sum() == pytest.approx(1.834)
        for number, leg in enumerate(design.reshape(LEGS, 14)):
            first = 3 + 3 * number
            np.testing.assert_allclose(model.body_pos[first], leg[:3])
            np.testing.assert_allclose(model.body_pos[first + 1], [0, 0, leg[12]])
            np.testing.assert_allclose(model.body_pos[first + 2], [0, 0, leg[13]])
            centre, half = leg[6:12].reshape(3, 2).T.copy()
            if quirk:
                half[1] = half[0]
            ranges = np.stack((centre - half, centre + half), 1)
            joints = np.arange(3) + 3 * number
            np.testing.assert_allclose(model.jnt_range[6 + joints], ranges)
            np.testing.assert_allclose(model.actuator_ctrlrange[joints], ranges)


def slow_episode(design, policy, steps):
    """Frame by frame, angles and reward written out."""
    model = mujoco.MjModel.from_xml_string(robot_xml(design))
    data = mujoco.MjData(model)
    legs = design.reshape(4, 14)[:, 6:12].reshape(12, 2)
    low, high = np.float32(legs[:, 0] - legs[:, 1]), np.float32(legs[:, 0] + legs[:, 1])
    data.qpos[6:] = np.clip(0, low, high)
    mujoco.mj_forward(model, data)
    lower, upper = np.tile(SPACE.leg_lower, 4), np.tile(SPACE.leg_upper, 4)
    shown = 2 * (design - lower) / np.where(upper > lower, upper - lower, 1e-5) - 1
    before = np.zeros(12)

    def observe():
        turned = Rotation.from_euler("XYZ", data.qpos[3:6])
        matrix = turned.as_matrix()
        way = np.array([0, 2]) - data.qpos[:2]
        ahead = matrix[:2, 1]
        cosine = ahead @ way / np.sqrt((ahead @ ahead) * (way @ way))
        parts = [data.qpos[:3], turned.as_euler("XYZ"), data.qpos[6:], data.qvel, before]
        return np.concatenate([*parts, [matrix[2, 2], cosine], way, shown])

    observation, rewards = observe(), []
    for _ in range(steps):
        before = policy(observation)
        goal = (low + high) / 2 + before * (high - low) / 2
        change = np.clip(goal - data.qpos[6:], -0.1 * np.pi, 0.1 * np.pi)
        data.ctrl[:] = data.qpos[6:] + change
        for _ in range(40):
            mujoco.mj_step(model, data)
        observation = observe()
        upright, cosine, *way = observation[48:52]
        away = np.hypot(*way)
        reward = 10 * (upright - 0.9) - 4 * away + 20 * (cosine - 0.9)
        reward += 5 if away < 0.5 or cosine > 0.9 else 0
        reward += 10 if away < 0.5 and cosine > 0.9 else 0
        rewards.append(reward - (500 if upright < 0.9 else 0))
    return observation, rewards


@pytest.mark.parametrize("number", [4, 15])
def test_an_episode_against_one_written_out(number):
    design, policy = case(ROBOT, number)
    design = SPACE.clip(design)
    episode = run_policy(DKitty(design), policy, steps=25)
    observation, rewards = slow_episode(design, policy, len(episode.rewards))
    # ROBEL rounds the ranges to float32, and so do both of these, but not in the same order.
    np.testing.assert_allclose(episode.observations[-1], observation, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(episode.rewards, rewards, rtol=1e-4, atol=1e-5)


def test_the_original_robot_stands_unless_its_thighs_are_held():
    nothing = zero_policy(108, 12)
    standing = run_policy(DKitty(SPACE.default, thigh_quirk=False), nothing)
    # Upright 1, heading 2, small bonus 5, and twice 4 for two metres.
    assert len(standing.rewards) == 100 and abs(standing.rewards).max() < 0.5
    fallen = run_policy(DKitty(SPACE.default), nothing)
    assert len(fallen.rewards) < 20 and fallen.rewards[-1] < -490


def test_near_the_mark_both_bonuses_are_paid():
    kitty = DKitty(SPACE.default, thigh_quirk=False)
    kitty.reset()
    kitty.data.qpos[1] = 1.8
    _, reward, over = kitty.step(np.zeros(12))
    assert not over and reward == pytest.approx(1 + 2 + 5 + 10 - 4 * 0.2, abs=0.3)
    assert kitty.distance == pytest.approx(1.8, abs=0.05)


def test_a_simulation_that_blows_up_ends_the_episode():
    kitty = DKitty(SPACE.default)
    kitty.reset()
    kitty.data.qvel[:] = 1e12
    _, reward, over = kitty.step(np.zeros(12))
    assert over and reward == 0.0


def test_worker_processes_give_the_same_bits(tmp_path):
    weights = write_weights(tmp_path / "dkitty.safetensors", case(ROBOT, 4)[1])
    designs = np.array([case(ROBOT, number)[0] for number in range(3)])
    expected = [rollout(design, weights) for design in designs]
    np.testing.assert_array_equal(evaluate(rollout, designs, weights, workers=2), expected)
    assert rollout(designs[0], weights) == expected[0]


def test_a_number_that_cannot_change_stays(tmp_path):
    heights = [14 * leg + 2 for leg in range(LEGS)]
    design = SPACE.denormalise(np.random.default_rng(0).standard_normal(56))
    assert not design[heights].any()
    np.testing.assert_array_equal(SPACE.normalise(design)[heights], -1)


def test_oracle_in_design_benchs_slot(tmp_path):
    weights = find_policy(ROBOT, tmp_path).path
    x = np.array([case(ROBOT, number)[0] for number in range(5)], dtype=np.float32)
    folder = tmp_path / "dkitty_morphology"
    folder.mkdir()
    np.save(folder / "dkitty_morphology-x-0.npy", x)
    np.save(folder / "dkitty_morphology-y-0.npy", np.arange(5, dtype=np.float32)[:, None])
    task = load_design_bench(tmp_path).make("DKittyMorphology-Exact-v0")
    assert type(task.oracle) is importlib.import_module(DKITTY_SLOT).DKittyMorphologyOracle
    assert task.predict(x[:1])[0, 0] == np.float32(rollout(x[0], weights))
