"""The pose in which the D'Kitty's policy holds a robot."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
import torch
from robot_cases import random_designs

from experiments.policies.stance import commanded, feet, fit_stance, stance_error
from experiments.robots.dkitty import ROBOT, SPACE, DKitty
from experiments.robots.morphology import run_policy
from experiments.robots.policy import Policy, zero_policy


def test_feet_are_where_the_simulator_has_them():
    rng = np.random.default_rng(1)
    for design in random_designs(ROBOT, 5):
        robot = DKitty(design)
        robot.reset()
        angles = rng.uniform(-2, 2, 12)
        robot.data.qpos[6:] = angles
        mujoco.mj_kinematics(robot.model, robot.data)
        found = feet(torch.tensor(design)[None], torch.tensor(angles).reshape(1, 4, 3))[0]
        # The capsule at the end of a leg is 0.082 m from the ankle, along the same line.
        capsules = robot.model.geom_type == mujoco.mjtGeom.mjGEOM_CAPSULE
        ends = robot.data.geom_xpos[capsules]
        axis = robot.data.geom_xmat[capsules].reshape(-1, 3, 3)[:, :, 2]
        expected = ends + 0.018 * axis - robot.data.body("torso").xpos
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_an_action_asks_for_the_angle_that_the_robot_goes_to():
    rng = np.random.default_rng(2)
    for design in random_designs(ROBOT, 4):
        robot = DKitty(design)
        action = rng.uniform(-1, 1, 12)
        asked = commanded(torch.tensor(design)[None], torch.tensor(action)[None]).numpy().ravel()
        goal = robot._middle + action * robot._half
        low, high = robot.model.actuator_ctrlrange.T
        np.testing.assert_allclose(asked, np.clip(goal, low, high), atol=1e-6)


def test_the_gradient_of_the_stance_is_exact():
    actions = torch.tensor(np.random.default_rng(3).uniform(-0.4, 0.4, (3, 12)), requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda a: stance_error(torch.tensor(random_designs(ROBOT, 3)), a), (actions,)
    )


def test_more_robots_stand_than_by_doing_nothing():
    policy, error = fit_stance(seed=0, steps=400, count=2000)
    robots = random_designs(ROBOT, 40, seed=9)
    nothing = zero_policy(*policy.sizes)
    assert error < 0.5 * float(stance_error(torch.tensor(robots), torch.zeros(40, 12)).mean())

    def standing(driver: Policy) -> int:
        return sum(len(run_policy(DKitty(x), driver, steps=15).rewards) == 15 for x in robots)

    assert standing(policy) >= standing(nothing) + 6


def test_a_policy_is_what_was_fitted_and_sees_the_design_only():
    policy, error = fit_stance(seed=1, steps=100, count=600)
    again, same = fit_stance(seed=1, steps=100, count=600)
    np.testing.assert_array_equal(policy.weights[2], again.weights[2])
    assert error == same
    assert policy.sizes == (ROBOT.observation, ROBOT.action)
    robots = random_designs(ROBOT, 600, seed=1)  # those that it was fitted to
    rng = np.random.default_rng(4)
    states = rng.standard_normal((600, ROBOT.observation - SPACE.size))
    seen = [
        np.concatenate([state, SPACE.normalise(x)]) for state, x in zip(states, robots, strict=True)
    ]
    actions = torch.from_numpy(np.array([policy(x) for x in seen]))
    assert float(stance_error(torch.from_numpy(robots), actions).mean()) == pytest.approx(
        error, rel=0.1
    )
    seen[0][: -SPACE.size] = 0.0
    np.testing.assert_array_equal(policy(seen[0]), actions[0].numpy())
