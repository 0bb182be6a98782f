"""How the D'Kitty is taught to walk."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from robot_cases import random_designs

from experiments.policies import scaling as module
from experiments.policies.gait import LAST, PERIOD, Teacher, _along, reach, trot
from experiments.policies.imitation import add_gait
from experiments.policies.scaling import Scaling
from experiments.policies.stance import as_actions, commanded, feet, fit_stance, told
from experiments.robots.dkitty import ROBOT, SPACE, DKitty
from experiments.robots.morphology import run_policy
from experiments.robots.policy import Policy

YAW, SPEEDS = 5, slice(18, 24)


@pytest.fixture(scope="module")
def stance() -> Policy:
    return fit_stance(seed=0, steps=300, count=1500)[0]


@pytest.fixture(scope="module")
def scaling() -> Scaling:
    """By a few robots; test_ant_policy is about the whole measurement."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROBOTS", 6)
        return Scaling.measure(ROBOT)


def observations(count: int, robots: np.ndarray) -> np.ndarray:
    """Robots at rest that head straight for the mark."""
    seen = np.zeros((count, ROBOT.observation))
    seen[:, 48:52] = 1.0, 1.0, 0.0, 2.0
    seen[:, -SPACE.size :] = [SPACE.normalise(x) for x in robots]
    return seen


def test_an_action_and_the_angles_that_it_asks_for():
    robots = torch.from_numpy(random_designs(ROBOT, 6))
    actions = torch.from_numpy(np.random.default_rng(1).uniform(-0.3, 0.3, (6, 12)))
    torch.testing.assert_close(as_actions(robots, commanded(robots, actions)), actions)


def test_feet_reach_what_can_be_reached():
    robots = torch.from_numpy(random_designs(ROBOT, 20))
    rng = np.random.default_rng(2)
    start = commanded(robots, torch.from_numpy(rng.uniform(-0.3, 0.3, (20, 12))))
    goal = feet(robots, start + 0.1 * torch.from_numpy(rng.uniform(-1, 1, (20, 4, 3))))
    found = feet(robots, reach(robots, start, goal))
    before = (feet(robots, start) - goal).norm(dim=-1)
    after = (found - goal).norm(dim=-1)
    assert float(after.median()) < 2e-4 and float(before.median()) > 5e-3
    limited = reach(robots, start, goal + 10.0)
    torch.testing.assert_close(commanded(robots, as_actions(robots, limited)), limited)


def test_feet_on_the_ground_push_the_torso_where_it_should_go():
    rest = torch.tensor(
        [[[0.1, 0.2, -0.2], [-0.1, 0.2, -0.2], [-0.1, -0.2, -0.2], [0.1, -0.2, -0.2]]]
    )
    cycle = trot(rest.double())
    assert cycle.shape == (1, 3, 2, PERIOD, 4, 3)
    height = cycle[..., 2] + 0.2
    assert float(height.min()) == pytest.approx(0.0, abs=1e-7) and float(height.max()) > 0.05
    down = (height < 1e-9) & (height.roll(-1, dims=3) < 1e-9)
    moved = (cycle.roll(-1, dims=3) - cycle)[..., :2]
    # Right, straight on and left; in place and ahead.
    for turn, sign in enumerate((-1.0, 0.0, 1.0)):
        for ahead in (0, 1):
            steps = moved[0, turn, ahead][down[0, turn, ahead]]
            at = cycle[0, turn, ahead][down[0, turn, ahead]][:, :2]
            # A torso that turns left by w and goes ahead by v sees its feet go by -w x r - v.
            spin = (at[:, 0] * steps[:, 1] - at[:, 1] * steps[:, 0]).mean()
            assert np.sign(round(float(spin), 6)) == -sign
            assert float(steps[:, 1].mean()) < -0.02 if ahead else abs(float(steps.mean())) < 0.01
    # Two legs that are diagonal to each other do the same, the others half a cycle later.
    torch.testing.assert_close(height[..., 0], height[..., 2])
    assert not ((height[..., 0] > 0.02) & (height[..., 1] > 0.02)).any()


def test_what_the_teacher_says(stance):
    robots = random_designs(ROBOT, 5)
    rest = told(stance, robots)
    teacher = Teacher(robots, rest)
    who, seen = np.arange(5), observations(5, robots)
    np.testing.assert_array_equal(teacher(who, seen), rest)  # in the air
    seen[:, LAST] = rest
    assert (np.abs(teacher(who, seen) - rest).max(axis=1) > 0.05).all()
    seen[:, SPEEDS] = 0.2  # still landing
    np.testing.assert_array_equal(teacher(who, seen), rest)
    cycle = teacher.cycle(who, seen)
    seen[:, LAST] = cycle[:, 0]
    turned = np.zeros(5)
    for _ in range(PERIOD):  # it goes round, however fast the robot is
        before, seen[:, LAST] = seen[:, LAST].copy(), teacher(who, seen)
        step = _along(cycle, seen[:, LAST]) - _along(cycle, before)
        turned += (step + PERIOD / 2) % PERIOD - PERIOD / 2
    assert (np.abs(turned - PERIOD) < 1.5).all()
    # One robot alone is told the same.
    np.testing.assert_array_equal(teacher(who[3:4], seen[3:4])[0], teacher(who, seen)[3])


def test_how_far_along_a_cycle_an_action_is_and_what_comes_next(stance):
    rng = np.random.default_rng(6)
    middle, cosine, sine = rng.standard_normal((3, 4, 1, 12))
    angle = 2 * np.pi * np.arange(PERIOD)[:, None] / PERIOD
    cycle = middle + cosine * np.cos(angle) + sine * np.sin(angle)
    at = np.array([0.0, 1.25, 4.0, -2.5])
    angle = 2 * np.pi * at[:, None] / PERIOD
    actions = middle[:, 0] + 0.3 * (cosine[:, 0] * np.cos(angle) + sine[:, 0] * np.sin(angle))
    np.testing.assert_allclose(_along(cycle, actions), at, atol=1e-6)
    robots = random_designs(ROBOT, 4)
    seen = observations(4, robots)
    seen[:, LAST] = actions
    said = Teacher(robots, told(stance, robots)).follow(cycle, np.arange(4), seen)
    expected = [cycle[0, 1], 0.75 * cycle[1, 2] + 0.25 * cycle[1, 3], cycle[2, 5]]
    np.testing.assert_allclose(said[:3], expected, atol=1e-5)
    np.testing.assert_allclose(said[3], 0.5 * (cycle[3, 7] + cycle[3, 8]), atol=1e-5)


def test_the_teacher_walks_robots_to_the_mark_and_turns_them(stance):
    robots = np.vstack((SPACE.default, random_designs(ROBOT, 9, seed=4)))
    rest = told(stance, robots)
    teacher = Teacher(robots, rest)
    gained, covered = [], []
    for number, design in enumerate(robots):
        still = run_policy(DKitty(design), lambda _, i=number: rest[i])
        if len(still.rewards) < 100:  # it falls whatever it does
            continue
        taught = run_policy(DKitty(design), lambda o, i=number: teacher(np.array([i]), o[None])[0])
        gained.append(taught.total - still.total)
        covered.append(taught.distance)
    assert len(gained) > 4
    assert np.median(gained) > 20 and np.median(covered) > 0.15
    seen = observations(1, robots[:1])
    seen[:, YAW], seen[:, LAST] = 0.5, 0.0  # heads too far left
    right = teacher.cycle(np.array([0]), seen)
    seen[:, YAW] = -0.5
    left = teacher.cycle(np.array([0]), seen)
    assert np.abs(right - left).max() > 0.1
    for cycle, sign in ((right, -1), (left, 1)):
        robot = DKitty(robots[0])
        robot.reset()
        for step in range(60):
            robot.step(rest[0] if step < 10 else cycle[0, step % PERIOD])
        assert np.sign(robot.data.qpos[5]) == sign and abs(robot.data.qpos[5]) > 0.2


def test_a_network_learns_what_the_teacher_says(stance, scaling, monkeypatch):
    monkeypatch.setattr(Scaling, "measure", lambda _: scaling)
    policy = add_gait(stance, 3, robots=30, rounds=2, episodes=4, steps=50)
    rng = np.random.default_rng(3)
    robots = np.array([SPACE.vary(rng) for _ in range(30)])  # those that it learnt on
    teacher = Teacher(robots, told(stance, robots))
    who = np.arange(30)
    seen = np.array([DKitty(x).reset() for x in robots])

    def error(driver: Policy) -> float:
        said = np.array([driver(x) for x in seen])
        return float(np.square(said - teacher(who, seen)).mean())

    assert error(policy) < 0.01  # in the air, where the stance alone is right
    seen[:, LAST] = teacher.cycle(who, seen)[:, 2]
    assert error(policy) < 0.5 * error(stance)


def test_a_gait_is_learnt_alike_again(stance, scaling, monkeypatch):
    monkeypatch.setattr(Scaling, "measure", lambda _: scaling)
    one, other = (add_gait(stance, 3, robots=12, rounds=2, episodes=2, steps=5) for _ in range(2))
    for a, b in zip(one.weights + one.biases, other.weights + other.biases, strict=True):
        np.testing.assert_array_equal(a, b)
