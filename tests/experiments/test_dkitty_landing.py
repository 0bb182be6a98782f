"""How it is learnt which poses let a D'Kitty land."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from robot_cases import one_by_one, random_designs

from experiments.policies import landing as module
from experiments.policies.landing import Landing, Landings, _way, falls, learn_landing, try_landings
from experiments.policies.stance import commanded, feet, fit_stance, told
from experiments.robots.dkitty import ROBOT, SPACE, DKitty
from experiments.robots.morphology import run_policy
from experiments.robots.policy import Policy


@pytest.fixture(scope="module")
def stance() -> Policy:
    return fit_stance(seed=0, steps=200, count=500)[0]


def test_a_fall_is_one_within_twelve_steps():
    rng = np.random.default_rng(1)
    found, expected = [], []
    for design in random_designs(ROBOT, 6):
        poses = rng.uniform(-0.5, 0.5, (3, 12))
        found += falls(design, poses)
        episodes = [run_policy(DKitty(design), lambda _, p=pose: p, steps=12) for pose in poses]
        expected += [bool(episode.rewards[-1] < -400) for episode in episodes]
    assert found == expected and 0 < sum(found) < len(found)


def test_a_landing_begins_where_an_episode_does():
    designs = random_designs(ROBOT, 5)
    actions = np.random.default_rng(2).uniform(-0.5, 0.5, (5, 12))
    seen = _way(torch.from_numpy(designs), torch.from_numpy(actions)).reshape(5, 4, 24)
    starts = []
    for design in designs:
        robot = DKitty(design)
        robot.reset()
        starts.append(robot.data.qpos[6:].copy())
    start = torch.from_numpy(np.array(starts)).reshape(5, 4, 3)
    torch.testing.assert_close(seen[..., 18:21], start, atol=1e-6, rtol=0)
    torch.testing.assert_close(
        seen[..., :3], 10 * feet(torch.from_numpy(designs), start), atol=1e-5, rtol=0
    )


def test_the_gradient_of_the_logit_is_exact():
    designs = torch.from_numpy(random_designs(ROBOT, 4))
    actions = torch.from_numpy(np.random.default_rng(3).uniform(-0.4, 0.4, (4, 12)))
    network = Landing(designs, actions).double().eval()
    actions.requires_grad_()
    assert torch.autograd.gradcheck(lambda a: network(designs, a), (actions,))


def test_who_falls_can_be_learnt(stance, monkeypatch):
    monkeypatch.setattr(module, "run_all", one_by_one)
    first = try_landings(stance, seed=0, robots=70)
    robots = first.designs[~first.held_out][::6].double().numpy()
    poses = first.actions[~first.held_out].reshape(-1, 6, 12).double().numpy()
    np.testing.assert_allclose(poses[:3, 0], told(stance, robots[:3]), atol=1e-5)
    fell = first.fell[~first.held_out].reshape(-1, 6).tolist()
    found = [falls(robot, pose) for robot, pose in zip(robots[:4], poses[:4], strict=True)]
    assert (np.array(found) == fell[:4]).mean() > 0.9  # float32 can settle a close one otherwise
    network, auc = learn_landing([first], seed=0)
    assert auc > 0.65
    assert not any(weight.requires_grad for weight in network.parameters())


def test_all_rounds_are_learnt_from_and_the_last_is_judged():
    rng = np.random.default_rng(5)
    designs = torch.from_numpy(random_designs(ROBOT, 700)).float()
    actions = torch.from_numpy(rng.uniform(-0.5, 0.5, (700, 12))).float()
    held_out = torch.arange(700) % 7 == 0
    hip = commanded(designs, actions)[:, 0, 0]
    one = Landings(designs, actions, hip > hip.median(), held_out)
    reverse = Landings(designs, actions, hip < hip.median(), held_out)
    assert learn_landing([one], 0)[1] > 0.8
    # What three rounds agree in outweighs the last, by which they are judged.
    assert learn_landing([*[one] * 3, reverse], 0)[1] < 0.2


def test_a_stance_avoids_falls(stance):
    # Who moves the first joint forward falls.
    careful, _ = fit_stance(0, lambda _, action: 10 + 20 * action[:, 0], steps=200, count=500)
    seen = np.zeros(stance.sizes[0])
    seen[-SPACE.size :] = SPACE.normalise(SPACE.default)
    before, after = stance(seen), careful(seen)
    assert after[0] < before[0] - 0.2
    assert after[6] == pytest.approx(before[6], abs=0.25)  # another leg's
