"""The Ant and the D'Kitty task through design-bench, with small regenerated tables."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig
from robot_cases import case, one_by_one, write_weights

from experiments.data import morphology
from experiments.data.shards import read_shards
from experiments.oracles import pool
from experiments.robots import stored_policy
from experiments.robots.policy import NAMES, load_policy
from experiments.robots.robots import ROBOTS
from experiments.robots.stored_policy import find_policy, original_path
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.train import train
from torchbdi import MissingDataError


def config(folder: Path, *overrides: str, task: str = "ant") -> DictConfig:
    return compose_config(
        [f"task={task}", f"data_dir={folder}", f"out_dir={folder / 'runs'}", *overrides]
    )


@pytest.fixture(autouse=True)
def no_policies(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder in place of the policies that come with the code."""
    folder = tmp_path_factory.mktemp("policies")
    monkeypatch.setattr(stored_policy, "POLICIES", folder)
    return folder


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Robots are driven in this process; test_ant_generator and test_hopper_task take several."""
    for module in (morphology, pool):
        monkeypatch.setattr(module, "run_all", one_by_one)


@pytest.fixture(scope="module")
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for all tests here, so that each table is made once."""
    return tmp_path_factory.mktemp("one_cache")


@pytest.fixture(params=["ant", "dkitty"])
def name(
    request: pytest.FixtureRequest,
    no_policies: Path,
    one_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """A task, with a policy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(one_cache))
    write_weights(no_policies / f"{request.param}.safetensors", case(ROBOTS[request.param], 4)[1])
    return str(request.param)


def write_pickle(folder: Path, name: str) -> Path:
    """A policy as design-bench stores it: names with a prefix, a last layer of twice the size."""
    _, policy = case(ROBOTS[name], 3)
    parts = [part for pair in zip(policy.weights, policy.biases, strict=True) for part in pair]
    parts[4:] = [np.concatenate([part, part + 1]) for part in parts[4:]]
    content = {
        f"base_network.network.{n}": p.astype(np.float32) for n, p in zip(NAMES, parts, strict=True)
    }
    path = original_path(folder, name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps(content))
    return path


def test_a_run_on_a_regenerated_table_says_so(
    name: str, tmp_path: Path, one_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("task.rows=24", "method.steps=2", "designs=4", "trainer.progress_bar=false")
    metrics = train(config(tmp_path, *words, task=name))
    assert (metrics["data_source"], metrics["oracle_source"]) == ("regenerated", "regenerated")
    assert metrics["dimensions"] == {"ant": 60, "dkitty": 56}[name]
    assert "Data: regenerated. True function: regenerated." in capsys.readouterr().out
    (folder,) = (tmp_path / "runs").iterdir()
    title = json.loads((folder / "metrics.json").read_text())["title"]
    assert title == f"{ROBOTS[name].title}, regenerated table 0, 24 rows"
    saved = np.load(folder / "proposals.npz")
    weights = find_policy(ROBOTS[name], tmp_path).path
    assert saved["score_after"][3] == ROBOTS[name].rollout(saved["designs"][3], weights)
    (written,) = one_cache.glob(f"**/*-rows24-*/**/{name}_morphology-x-0.npy")
    before = written.stat().st_mtime_ns
    again = load_task(config(tmp_path, *words, task=name))
    assert written.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.predict(saved["designs"]), saved["score_after"])


def test_the_worse_part_is_seen_and_all_is_normalised_by(
    name: str, tmp_path: Path, one_cache: Path
) -> None:
    task = load_task(config(tmp_path, "task.rows=24", task=name))
    (written,) = one_cache.glob(f"**/*-rows24-*/**/{name}_morphology-x-0.npy")
    x, y = read_shards(written.parent, f"{name}_morphology")
    np.testing.assert_array_equal(np.sort(task.y_raw), np.sort(y)[: len(task.y_raw)])
    assert 9 <= len(task.y_raw) <= 11
    assert task.normalise(y).min() == 0 and task.normalise(y).max() == 1
    designs = task.decode(task.data.x)
    assert designs.dtype == np.float64
    rows = [int(np.flatnonzero(np.isclose(x, row, atol=1e-6).all(1))[0]) for row in designs]
    np.testing.assert_allclose(task.predict(designs[:4]), y[rows[:4]], rtol=1e-3)


def test_without_a_policy_the_commands_are_named(tmp_path: Path) -> None:
    for task in ("ant", "dkitty"):
        with pytest.raises(MissingDataError) as caught:
            load_task(config(tmp_path, task=task))
        message = str(caught.value)
        assert f"python -m experiments.policies.make {task}" in message
        install = "--no-deps -c constraints.txt stable-baselines3"  # the Ant learns to walk by it
        assert (install in message) == (task == "ant")
        assert f"{task}_oracle.pkl" in message


def test_a_damaged_policy_is_refused(name: str, no_policies: Path, tmp_path: Path) -> None:
    path = no_policies / f"{name}.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(MissingDataError, match="damaged"):
        load_task(config(tmp_path, task=name))


def test_the_original_policy_comes_first(name: str, tmp_path: Path) -> None:
    path = write_pickle(tmp_path, name)
    found = find_policy(ROBOTS[name], tmp_path)
    assert (found.path, found.source) == (path, "original")
    _, policy = case(ROBOTS[name], 3)
    observation = np.random.default_rng(0).standard_normal(ROBOTS[name].observation)
    np.testing.assert_allclose(load_policy(path)(observation), policy(observation), atol=1e-5)
    # Its table is regenerated with it.
    task = load_task(config(tmp_path, "task.rows=5", task=name))
    assert (task.data_source, task.oracle_source) == ("regenerated", "original")


def test_a_malicious_policy_does_not_run(name: str, tmp_path: Path) -> None:
    class Bad:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "marker",))

    path = write_pickle(tmp_path, name)
    path.write_bytes(pickle.dumps({"base_network.network.0.weight": Bad()}))
    with pytest.raises(MissingDataError, match="not part of an array"):
        load_task(config(tmp_path, task=name))
    assert not (tmp_path / "marker").exists()


def test_a_policy_for_another_robot_is_refused(tmp_path: Path) -> None:
    write_pickle(tmp_path, "dkitty")
    target = original_path(tmp_path, "ant")
    target.parent.mkdir()
    original_path(tmp_path, "dkitty").rename(target)
    with pytest.raises(MissingDataError, match="108 observations and 12 actions"):
        load_task(config(tmp_path))


def write_shards(folder: Path, name: str, rows: int) -> None:
    rng = np.random.default_rng(0)
    space = ROBOTS[name].space
    x = space.default + 0.01 * rng.standard_normal((rows, space.size)) * (space.upper - space.lower)
    target = folder / f"{name}_morphology"
    target.mkdir(exist_ok=True)
    np.save(target / f"{name}_morphology-x-0.npy", x.astype(np.float32))
    y = rng.standard_normal((rows, 1)).astype(np.float32)
    np.save(target / f"{name}_morphology-y-0.npy", y)


def test_the_original_table_needs_its_policy(name: str, tmp_path: Path) -> None:
    write_shards(tmp_path, name, 25_009)
    with pytest.raises(MissingDataError, match=rf"1 of 3 .*{name}_oracle.pkl.*\n.*download {name}"):
        load_task(config(tmp_path, task=name))
    write_pickle(tmp_path, name)
    task = load_task(config(tmp_path, task=name))
    assert (task.data_source, task.oracle_source) == ("original", "original")
    assert (
        task.title
        == {
            "ant": "AntMorphology-Exact-v0",
            "dkitty": "DKittyMorphology-Exact-v0",
        }[name]
    )
    assert len(task.y_raw) == pytest.approx(0.4 * 25_009, abs=2)
    limits = {"ant": (-386.90036, 590.24445), "dkitty": (-880.4585, 340.90985)}
    assert (task.y_min, task.y_max) == limits[name]


def test_a_table_of_another_size_is_not_the_original(name: str, tmp_path: Path) -> None:
    write_shards(tmp_path, name, 100)
    write_pickle(tmp_path, name)
    with pytest.raises(MissingDataError, match=r"has shape \(100, .*design-bench's has \(25009"):
        load_task(config(tmp_path, task=name))
