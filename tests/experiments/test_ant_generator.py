"""The regenerated tables of the Ant and the D'Kitty."""

from __future__ import annotations

import functools
import json
import os
import shutil
import time
from pathlib import Path

import cma
import numpy as np
import pytest
from another_process import made_meanwhile
from forked import PATIENCE, child
from hardening_children import search_long
from robot_cases import case, one_by_one, write_weights

from experiments.data import morphology
from experiments.data.arrays import write_npz
from experiments.data.morphology import file_names, generate, is_complete, plan
from experiments.data.recipes import FULL_ROWS
from experiments.data.search import SearchConfig, search
from experiments.robots import ant, dkitty
from experiments.robots.stored_policy import StoredPolicy
from torchbdi import InputError
from torchbdi.kernels.files import sha256

ROWS = 40
X_NAME, Y_NAME, CARD_NAME = file_names(ant.ROBOT)
make = functools.partial(generate, ant.ROBOT)


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> StoredPolicy:
    path = write_weights(
        tmp_path_factory.mktemp("policy") / "ant.safetensors", case(ant.ROBOT, 1)[1]
    )
    return StoredPolicy(path, "regenerated", sha256(path))


@pytest.fixture(scope="module")
def table(tmp_path_factory, policy) -> Path:
    folder = tmp_path_factory.mktemp("table")
    make(policy, 0, folder, ROWS, workers=2)
    return folder


@pytest.fixture
def alone(monkeypatch) -> None:
    """Tables are made in this process."""
    monkeypatch.setattr(morphology, "run_all", one_by_one)


def read(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_full_table_is_design_benchs_in_size():
    # 1,563 generations of 16 in runs of 250: six whole runs and a part of one.
    assert FULL_ROWS == 1 + 16 * 1563
    assert plan(FULL_ROWS) == (1563, 250)
    assert plan(FULL_ROWS - 15) == (1563, 250)
    total, longest = plan(5009)
    assert (total, longest) == (313, 50) and -(-total // longest) == 7
    assert plan(2) == (1, 1)
    with pytest.raises(InputError, match=r"task\.rows"):
        plan(1)


def test_shards_have_design_benchs_layout(table, policy):
    assert sorted(read(table)) == sorted([X_NAME, Y_NAME, CARD_NAME])
    x, y = np.load(table / X_NAME), np.load(table / Y_NAME)
    assert (x.shape, x.dtype) == ((ROWS, 60), np.float32)
    assert (y.shape, y.dtype) == ((ROWS, 1), np.float32)
    assert len(np.unique(x, axis=0)) == ROWS
    np.testing.assert_array_equal(x[0], ant.SPACE.default.astype(np.float32))
    for row in range(0, ROWS, 13):
        assert np.float32(ant.rollout(x[row], policy.path)) == y[row, 0]


def test_card_describes_the_table(table, policy):
    card = json.loads((table / CARD_NAME).read_text())
    y = np.load(table / Y_NAME)
    assert card["recipe"]["policy_sha256"] == policy.sha256
    assert (card["recipe"]["seed"], card["rows"]) == (0, ROWS)
    assert set(card["recipe"]["versions"]) == {"cma", "mujoco", "numpy"}
    assert card["sha256"] == {name: sha256(table / name) for name in (X_NAME, Y_NAME)}
    assert np.float32(card["returns"]["max"]) == y.max()
    assert np.float32(card["returns"]["original_robot"]) == y[0, 0]


def test_starts_lie_around_the_original_robot(table):
    x = ant.SPACE.normalise(np.load(table / X_NAME).astype(np.float64))
    away = x - x[0]
    # One generation a run here, of which two are whole; candidates are 0.02 around their start.
    runs = away[1:33].reshape(2, 16, 60)
    starts = runs.mean(axis=1, keepdims=True)
    assert starts.std() == pytest.approx(0.075, rel=0.25)
    assert (runs - starts).std() == pytest.approx(0.02, rel=0.1)


def test_same_bytes_without_workers(alone, table, policy, tmp_path):
    make(policy, 0, tmp_path, ROWS)
    assert read(tmp_path) == read(table)


def test_another_seed_gives_other_designs(alone, table, policy, tmp_path):
    make(policy, 1, tmp_path, 8)
    assert not np.isin(np.load(tmp_path / X_NAME)[1:], np.load(table / X_NAME)).any()


def test_a_complete_table_is_left_alone_and_a_damaged_one_is_made_again(table, policy, tmp_path):
    shutil.copytree(table, tmp_path, dirs_exist_ok=True)
    os.utime(tmp_path / CARD_NAME, (1, 1))
    make(policy, 0, tmp_path, ROWS)
    assert (tmp_path / CARD_NAME).stat().st_mtime == 1
    other = StoredPolicy(policy.path, policy.source, "0" * 64)
    for changed in ((policy, 1, ROWS), (policy, 0, ROWS + 1), (other, 0, ROWS)):
        assert not is_complete(ant.ROBOT, changed[0], changed[1], tmp_path, changed[2])
    np.save(tmp_path / Y_NAME, np.load(tmp_path / Y_NAME) + 1)
    assert not is_complete(ant.ROBOT, policy, 0, tmp_path, ROWS)


def test_a_table_that_another_process_makes_is_waited_for(table, policy, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(morphology, "run_all", lambda *_, **__: asked.append(1))
    folder = tmp_path / "table"
    made_meanwhile(
        monkeypatch, morphology, "is_complete", folder,
        lambda: make(policy, 0, folder, ROWS),
        lambda: shutil.copytree(table, folder, dirs_exist_ok=True),
    )  # fmt: skip
    assert not asked
    assert read(folder) == read(table)


def slow_search(robot, config, seed, policy):
    """The same by ask and tell, with nothing kept between."""
    rng = np.random.default_rng(seed)
    start = robot.space.normalise(robot.space.default) + rng.normal(
        0, config.start_noise, robot.space.size
    )
    options = {
        "popsize": config.population,
        "randn": lambda *n: rng.standard_normal(n),
        "seed": np.nan,
    }
    es = cma.CMAEvolutionStrategy(start, 0.02, {**options, "verbose": -9})
    x, y = [], []
    for _ in range(config.generations):
        asked = es.ask()
        rows = [np.float32(robot.space.denormalise(row)) for row in asked]
        told = [robot.rollout(row, policy) for row in rows]
        es.tell(asked, [-score for score in told])
        x += rows
        y += told
    return np.array(x), np.array(y)


def test_search_against_one_written_out_and_from_a_checkpoint(policy, tmp_path, capsys):
    config = SearchConfig("ant", 0.075, 0.02, 4, 3)
    ticks: list[int] = []
    go = functools.partial(search, tick=lambda: ticks.append(1))
    state = np.random.get_state()[1].copy()
    x, y = go(config, (3, 1), policy.path, tmp_path / "a.npz")
    assert len(ticks) == 3
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    slow_x, slow_y = slow_search(ant.ROBOT, config, (3, 1), policy.path)
    np.testing.assert_array_equal(x, slow_x)
    np.testing.assert_array_equal(y, slow_y)
    # From the scores of two generations; that they are used shows when they are marked.
    write_npz(tmp_path / "b.npz", {"y": y[:8]})
    resumed = go(config, (3, 1), policy.path, tmp_path / "b.npz")
    np.testing.assert_array_equal(resumed[0], x)
    np.testing.assert_array_equal(resumed[1], y)
    write_npz(tmp_path / "c.npz", {"y": y[:8] + 1000})
    marked = go(config, (3, 1), policy.path, tmp_path / "c.npz")
    np.testing.assert_array_equal(marked[1], y + 1000 * (np.arange(12) < 8))
    for damage in (b"", (tmp_path / "b.npz").read_bytes()[:-9]):
        (tmp_path / "b.npz").write_bytes(damage)
        again = go(config, (3, 1), policy.path, tmp_path / "b.npz")
        np.testing.assert_array_equal(again[1], y)
        assert "b.npz is damaged" in capsys.readouterr().out


def test_killed_and_started_again_gives_the_same_bytes(policy, tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    process = child(search_long, policy.path, killed / "run.npz")
    try:
        deadline = time.monotonic() + PATIENCE
        while not (killed / "run.npz").exists():
            assert process.is_alive() and time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.kill()
        process.join()
    with np.load(killed / "run.npz") as saved:
        assert len(saved["y"]) % 20 == 0  # after every fifth generation
    config = SearchConfig("ant", 0.075, 0.02, 4, 6)
    whole.mkdir()
    go = functools.partial(search, config, (0, 0), policy.path, tick=lambda: None)
    for a, b in zip(go(killed / "run.npz"), go(whole / "run.npz"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_dkitty_has_a_table_too(alone, tmp_path):
    path = write_weights(tmp_path / "dkitty.safetensors", case(dkitty.ROBOT, 4)[1])
    policy = StoredPolicy(path, "regenerated", sha256(path))
    generate(dkitty.ROBOT, policy, 0, tmp_path, 10)
    x, y = (np.load(tmp_path / name) for name in file_names(dkitty.ROBOT)[:2])
    assert x.shape == (10, 56) and np.float32(dkitty.rollout(x[-1], path)) == y[-1, 0]
    assert not x[:, 2::14].any()  # heights cannot change
