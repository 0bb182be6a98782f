"""Training, judging and storing a policy."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
from robot_cases import case, one_by_one, write_weights

from experiments.policies import make as script
from experiments.policies import scaling as policy_scaling
from experiments.policies import soften as policy_soften
from experiments.policies import trial as policy_trial
from experiments.policies.env import VariedRobot
from experiments.policies.recipes import RECIPE, TASK, Lesson
from experiments.policies.scaling import Scaling
from experiments.policies.trial import random_policy, trial, trial_designs, write_policy
from experiments.robots import stored_policy
from experiments.robots.morphology import run_policy
from experiments.robots.policy import Policy, load_policy, zero_policy
from experiments.robots.robots import ROBOTS
from torchbdi import InputError, MissingDataError, MissingDependencyError, TorchBDIError

ANT = ROBOTS["ant"]
PLAIN = {
    name: Scaling(np.zeros(robot.observation), np.ones(robot.observation))
    for name, robot in ROBOTS.items()
}


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Robots are driven in this process; ten of them show how what they see is to be scaled."""
    for module in (policy_soften, policy_trial):
        monkeypatch.setattr(module, "run_all", one_by_one)
    monkeypatch.setattr(policy_scaling, "_ROBOTS", 10)


def test_an_action_is_what_the_network_says():
    _, policy = case(ANT, 0)
    x = np.random.default_rng(0).standard_normal(179)
    hidden = x
    for weight, bias in zip(policy.weights[:2], policy.biases[:2], strict=True):
        hidden = np.array([max(0.0, sum(weight[i] * hidden) + bias[i]) for i in range(len(bias))])
    expected = np.tanh(policy.weights[2] @ hidden + policy.biases[2])
    np.testing.assert_allclose(policy(x), expected, atol=1e-12)
    assert policy.sizes == (179, 12)
    assert not zero_policy(179, 12)(x).any()


def test_a_file_that_is_no_policy_is_an_error(tmp_path):
    from safetensors.numpy import load_file, save_file

    path = write_weights(tmp_path / "ant.safetensors", case(ANT, 0)[1])
    arrays = load_file(path)
    save_file({k: v for k, v in arrays.items() if k != "2.bias"}, tmp_path / "less.safetensors")
    with pytest.raises(ValueError, match=r"no 2\.bias"):
        load_policy(tmp_path / "less.safetensors")
    save_file({**arrays, "2.bias": arrays["2.bias"][1:]}, tmp_path / "short.safetensors")
    with pytest.raises(ValueError, match="do not fit"):
        load_policy(tmp_path / "short.safetensors")


@pytest.mark.parametrize("name", ROBOTS)
def test_scaled_observations_are_standard_and_designs_weigh_half(name):
    robot = ROBOTS[name]
    scaling = Scaling.measure(robot)
    rng = np.random.default_rng(0)
    x = np.array([scaling(robot.simulate(robot.space.vary(rng)).reset()) for _ in range(100)])
    design = x[:, -robot.space.size :]
    changing = scaling.factor[-robot.space.size :] > 0
    assert changing.sum() > robot.space.size / 2
    np.testing.assert_allclose(design[:, changing].std(axis=0), 0.5, rtol=0.3)
    assert not design[:, ~changing].any()
    env = VariedRobot(robot, scaling, 1.0)
    plain = VariedRobot(robot, PLAIN[name], 1.0)
    np.testing.assert_allclose(env.reset(seed=1)[0], scaling(plain.reset(seed=1)[0]), atol=1e-5)


@pytest.mark.parametrize("name", ROBOTS)
def test_every_episode_has_another_robot(name):
    env = VariedRobot(ROBOTS[name], PLAIN[name], 1.0)
    size = ROBOTS[name].space.size
    first, _ = env.reset(seed=0)
    second, _ = env.reset()
    assert (first[-size:] != second[-size:]).sum() > size / 2
    again, _ = env.reset(seed=0)
    np.testing.assert_array_equal(first, again)
    assert env.observation_space.contains(first)


def test_the_environment_ends_after_100_steps_and_takes_actions_before_the_tanh():
    env = VariedRobot(ANT, PLAIN["ant"], 0.4)
    env.reset(seed=3)
    design = ANT.space.vary(gymnasium.utils.seeding.np_random(3)[0])
    raw = np.random.default_rng(0).standard_normal((100, 12)).astype(np.float32)
    actions = iter(np.tanh(0.4 * raw.astype(np.float64)))
    expected = run_policy(ANT.simulate(design), lambda _: next(actions))
    total = 0.0
    for step, action in enumerate(raw):
        _, reward, over, late, _ = env.step(action)
        total += reward
        assert (over, late) == (False, step == 99)
    assert total == pytest.approx(expected.total, abs=1e-9)


def test_lessons_begin_with_the_original_robot_and_cheap_actions():
    env = VariedRobot(ANT, PLAIN["ant"], 0.4)
    env.set_lesson(Lesson(0.0, 0.25))
    env.reset(seed=3)
    simulation = ANT.simulate(ANT.space.default)
    simulation.reset()
    action = np.linspace(-1, 1, 12).astype(np.float32)
    _, reward, *_ = env.step(action)
    taken = np.tanh(0.4 * action.astype(np.float64))
    _, expected, _ = simulation.step(taken)
    assert reward == pytest.approx(expected + 0.75 * 0.5 * sum(taken**2), abs=1e-9)
    env.set_lesson(Lesson(0.5, 1.0))
    env.reset(seed=3)
    design = ANT.space.vary(gymnasium.utils.seeding.np_random(3)[0], spread=0.5)
    simulation = ANT.simulate(design)
    simulation.reset()
    _, reward, *_ = env.step(action)
    assert reward == pytest.approx(simulation.step(taken)[1], abs=1e-9)


def test_lessons_become_harder():
    assert RECIPE.lesson(0.0) == Lesson(0.0, 0.05)
    assert RECIPE.lesson(0.11) == Lesson(pytest.approx(0.5), pytest.approx(0.05 + 0.95 / 60))
    assert RECIPE.lesson(0.4).action_cost == pytest.approx(0.525)
    assert RECIPE.lesson(1.0) == TASK
    assert [RECIPE.noise(share) for share in (0.0, 0.5, 1.0)] == pytest.approx([-0.5, -0.85, -1.2])


def test_a_policy_is_softened_as_far_as_that_serves_it():
    _, strong = case(ANT, 1)  # a random one, which only costs
    softer, factor = policy_soften.soften(ANT, strong, workers=1, designs=3)
    rng = np.random.default_rng(7)
    designs = [ANT.space.vary(rng) for _ in range(3)]
    means = {}
    for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4):
        (w0, w1, w2), (b0, b1, b2) = strong.weights, strong.biases
        weaker = Policy((w0, w1, share * w2), (b0, b1, share * b2)).rounded()
        means[share] = np.mean(
            [run_policy(ANT.simulate(design), weaker).total for design in designs]
        )
        if share == factor:
            np.testing.assert_array_equal(softer.weights[2], weaker.weights[2])
    assert factor == max(means, key=means.get) < 1.0


@pytest.fixture
def short_trials(monkeypatch):
    for name, value in (("DESIGNS", 4), ("RANDOM_POLICIES", 2), ("_DESIGNS_EACH", 2)):
        monkeypatch.setattr(policy_trial, name, value)


def test_a_trial_compares_with_nothing_and_with_chance(short_trials):
    nothing = trial(ANT, zero_policy(179, 12), workers=1)
    assert nothing.mean == nothing.zero_mean == pytest.approx(100, abs=20)
    assert nothing.ahead == nothing.ahead_unpaired == 0.0 and not nothing.passed
    assert "not good enough" in nothing.text(ANT)
    rng = np.random.default_rng(2022)
    designs = [ANT.space.vary(rng) for _ in range(4)]
    others = [random_policy(ANT, rng) for _ in range(2)]
    means = [
        np.mean([run_policy(ANT.simulate(design), other).total for design in designs[:2]])
        for other in others
    ]
    assert nothing.best_random == pytest.approx(max(means))
    bad = trial(ANT, others[0], workers=1)
    assert bad.mean < bad.zero_mean and not bad.passed
    theirs, none = (
        np.array([run_policy(ANT.simulate(design), driver).total for design in designs])
        for driver in (others[0], zero_policy(179, 12))
    )
    lost = theirs - none
    assert bad.ahead == pytest.approx(np.mean(lost) / (np.std(lost, ddof=1) / 2))


ODD = np.arange(100.0) % 2


@pytest.mark.parametrize(
    ("ours", "none", "random", "passed"),
    [
        (10 + 3 * ODD, ODD, 5.0, True),
        (10 + 3 * ODD, ODD, 20.0, False),
        (np.where(np.arange(100) < 10, -1.0, 2.0), -100 - ODD, 0.0, False),  # worse on those ten
        (10 + 50.1 * ODD, 50 * ODD, 5.0, False),  # 2.8 standard errors, unpaired
        (10 * ODD - 5.5, -10 * ODD, -20.0, False),  # 4.5, paired
    ],
)
def test_who_passes(monkeypatch, ours, none, random, passed):
    def returns(function, items, **_):
        chance = np.full(len(items) - 200, random)
        return [(value, 0.0) for value in np.concatenate((ours, none, chance))]

    monkeypatch.setattr(policy_trial, "run_all", returns)
    assert trial(ANT, zero_policy(179, 12)).passed is passed


def test_a_stored_policy_is_found_and_is_the_same(tmp_path, short_trials):
    policy = case(ANT, 1)[1].rounded()
    result = trial(ANT, policy, workers=1)
    card = write_policy(tmp_path, ANT, policy, result, {"steps": 3})
    content = json.loads(card.read_text())
    assert content["trial"]["mean"] == result.mean and content["training"] == {"steps": 3}
    found = stored_policy.find_policy(ANT, tmp_path, shipped=tmp_path)
    x = np.random.default_rng(0).standard_normal(179)
    np.testing.assert_array_equal(load_policy(found.path)(x), policy(x))


@pytest.mark.parametrize("name", sorted(p.stem for p in stored_policy.POLICIES.glob("*.json")))
def test_the_policy_that_comes_with_the_code_does_what_its_card_says(name):
    robot = ROBOTS[name]
    card = json.loads((stored_policy.POLICIES / f"{name}.json").read_text())
    claims = card["trial"]
    assert (claims["designs"], claims["seed"]) == (100, policy_trial.SEED)
    assert claims["ahead"] > 5 and claims["mean"] > claims["best_random"] and claims["passed"]
    apart = np.hypot(claims["standard_error"], claims["zero_standard_error"])
    unpaired = (claims["mean"] - claims["zero_mean"]) / apart
    assert claims["ahead_unpaired"] == pytest.approx(unpaired)
    assert unpaired > 5
    found = stored_policy.find_policy(robot, Path("nowhere"))
    assert (found.source, found.path.parent) == ("regenerated", stored_policy.POLICIES)
    designs = trial_designs(robot, np.random.default_rng(policy_trial.SEED))[:5]
    returns = [robot.rollout(design, found.path) for design in designs]
    # Another machine may round a matrix product differently, and an episode makes more of that.
    np.testing.assert_allclose(returns, claims["first"], rtol=1e-3)


def test_a_policy_trained_here_is_found(tmp_path):
    path = write_weights(stored_policy.own_policies("ant") / "ant.safetensors", case(ANT, 1)[1])
    assert stored_policy.find_policy(ANT, tmp_path, shipped=tmp_path / "none").path == path
    for damage in (b"", b"{}", b"[]", b"\xff"):
        path.with_suffix(".json").write_bytes(damage)
        with pytest.raises(MissingDataError, match=r"(?s)ant\.json is damaged: it is no.*make ant"):
            stored_policy.find_policy(ANT, tmp_path, shipped=tmp_path / "none")


def test_every_seed_has_a_training_of_its_own(tmp_path, monkeypatch):
    asked = []

    def train(robot, recipe, scaling, steps, out, seed):
        asked.append((seed, out))
        return SimpleNamespace(num_timesteps=steps), []

    fake = SimpleNamespace(train=train, extract=lambda *_: zero_policy(179, 12), settings=asdict)
    monkeypatch.setitem(sys.modules, "experiments.policies.training", fake)
    monkeypatch.setattr(script, "soften", lambda robot, policy: (policy, 1.0))
    failed = SimpleNamespace(passed=False, text=lambda robot: "")
    monkeypatch.setattr(script, "trial", lambda robot, policy: failed)
    for seed in (0, 1, 0):
        with pytest.raises(TorchBDIError, match=f"seed={seed} out={tmp_path}"):
            script.main(["ant", f"seed={seed}", f"out={tmp_path}"])
    (zero, one, again) = (out for _, out in asked)
    assert zero == again != one
    assert zero.parent == one.parent == tmp_path


def test_training_learns_stops_and_goes_on(tmp_path, capsys):
    training = pytest.importorskip("experiments.policies.training")
    small = {
        "environments": 2,
        "ppo": {**training.SETTINGS, "n_steps": 50, "batch_size": 50},
    }
    scaling = Scaling.measure(ANT)
    model, history = training.train(ANT, RECIPE, scaling, 200, tmp_path, seed=0, **small)
    assert model.num_timesteps == 200 and [entry["steps"] for entry in history] == [200]
    assert [path.name for path in tmp_path.iterdir()] == ["state-000000200"]
    assert float(model.policy.log_std.mean()) == pytest.approx(RECIPE.noise(0.5))
    before = training.extract(model, scaling, RECIPE.gain)
    # What was extracted is what the model does when it does not explore.
    design, _ = case(ANT, 0)
    observation = ANT.simulate(design).reset()
    expected, _ = model.predict(scaling(observation), deterministic=True)
    np.testing.assert_allclose(before(observation), np.tanh(RECIPE.gain * expected), atol=1e-3)
    assert not before.weights[0][:, 35:119].any()  # contact forces never change

    done, same = training.train(ANT, RECIPE, scaling, 200, tmp_path, seed=0, **small)
    assert done.num_timesteps == 200 and same == history
    np.testing.assert_array_equal(
        training.extract(done, scaling, RECIPE.gain).weights[0], before.weights[0]
    )
    more, longer = training.train(ANT, RECIPE, scaling, 300, tmp_path, seed=0, **small)
    assert [entry["steps"] for entry in longer] == [200, 300]
    assert (training.extract(more, scaling, RECIPE.gain).weights[0] != before.weights[0]).any()
    assert [path.name for path in tmp_path.iterdir()] == ["state-000000300"]
    assert "ant steps" in capsys.readouterr().err


def test_the_command_line(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="ant, dkitty"):
        script.main([])
    with pytest.raises(InputError, match="Did you mean ant"):
        script.main(["an"])
    with pytest.raises(InputError, match=r"for the ant also \[steps=N\]"):
        script.main(["dkitty", "steps=5"])
    for word in ("seed=one", "seed=-1", "steps=1e6"):
        with pytest.raises(InputError, match=f"{word}: must be a whole number"):
            script.main(["ant", word])
    for seed in (2021, 2022):  # the second round of landings, or all, would be on its robots
        with pytest.raises(InputError, match="robots of the trial"):
            script.main(["dkitty", f"seed={seed}"])
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    monkeypatch.delitem(sys.modules, "experiments.policies.training", raising=False)
    with pytest.raises(MissingDependencyError, match=r"--no-deps -c .* stable-baselines3"):
        script.main(["ant", f"out={tmp_path}"])
    assert not list(Path(tmp_path).iterdir())
