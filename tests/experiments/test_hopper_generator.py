from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from another_process import made_meanwhile
from forked import PATIENCE, child
from hardening_children import generate_hopper
from robot_cases import one_by_one

from experiments.data import hopper as generator
from experiments.data.arrays import write_npz
from experiments.data.evolution import EvolutionConfig, evolve, evolve_once
from experiments.data.hopper import CARD_NAME, X_NAME, Y_NAME, TableConfig, generate, is_complete
from experiments.robots.hopper import DESIGN_SIZE, rollout, run_episode
from torchbdi.kernels.files import sha256

SMALL = TableConfig(runs=4, evolution=EvolutionConfig(generations=4, pairs=3, kept_pairs=2))


def read(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    generate(0, folder, workers=2, config=SMALL)
    return folder


@pytest.fixture
def alone(monkeypatch) -> None:
    """Tables are made in this process."""
    monkeypatch.setattr(generator, "run_all", one_by_one)


def test_shards_have_design_benchs_layout(table):
    assert sorted(read(table)) == sorted([X_NAME, Y_NAME, CARD_NAME])
    x, y = np.load(table / X_NAME), np.load(table / Y_NAME)
    assert (x.shape, x.dtype) == ((64, DESIGN_SIZE), np.float32)
    assert (y.shape, y.dtype) == ((64, 1), np.float32)
    assert len(np.unique(x, axis=0)) == 64
    assert not x[:, -3:].any() and (x[:, :-3].std(axis=0) > 0).all()


def test_y_is_the_return_of_the_stored_design(table):
    x, y = np.load(table / X_NAME), np.load(table / Y_NAME)
    for row in range(0, 64, 5):
        assert np.float32(rollout(x[row])) == y[row, 0]


def test_card_describes_the_table(table):
    card = json.loads((table / CARD_NAME).read_text())
    y = np.load(table / Y_NAME)
    assert card["recipe"]["seed"] == 0
    assert card["recipe"]["generator_version"] == generator.GENERATOR_VERSION
    assert set(card["recipe"]["versions"]) == {"gymnasium", "mujoco", "numpy"}
    assert card["sha256"] == {name: sha256(table / name) for name in (X_NAME, Y_NAME)}
    assert card["rows"] == 64
    assert np.float32(card["returns"]["min"]) == y.min()
    assert np.float32(card["returns"]["max"]) == y.max()
    assert card["returns"]["percentiles"]["50"] == pytest.approx(np.median(y))


def test_same_bytes_without_workers(alone, table, tmp_path):
    generate(0, tmp_path, config=SMALL)
    assert read(tmp_path) == read(table)


def test_another_seed_gives_other_policies(alone, table, tmp_path):
    generate(1, tmp_path, config=SMALL)
    x, other = np.load(table / X_NAME), np.load(tmp_path / X_NAME)
    assert not np.isclose(x[:, :-3], other[:, :-3]).all(axis=1).any()


def test_killed_and_started_again_gives_the_same_bytes(alone, table, tmp_path):
    killed = tmp_path / "killed"
    process = child(generate_hopper, killed, SMALL, str(tmp_path / "log"))
    try:
        deadline = time.monotonic() + PATIENCE
        while not (finished := list(killed.glob("*/run-*.npz"))):
            assert process.is_alive() and time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.kill()
        process.join()
    assert not (killed / CARD_NAME).exists()
    marked = tmp_path / "marked"
    shutil.copytree(killed, marked)

    generate(0, killed, config=SMALL)
    assert read(killed) == read(table)

    # That the checkpoint was used shows when its returns are marked.
    path = marked / finished[0].relative_to(killed)
    with np.load(path) as saved:
        write_npz(path, {"x": saved["x"], "y": saved["y"] + 1000})
    generate(0, marked, config=SMALL)
    moved = np.load(marked / Y_NAME)[:, 0] - np.load(table / Y_NAME)[:, 0]
    run = int(path.stem.removeprefix("run-"))
    np.testing.assert_allclose(moved.reshape(SMALL.runs, -1)[run], 1000, rtol=1e-4)
    assert not np.delete(moved.reshape(SMALL.runs, -1), run, axis=0).any()


def test_a_damaged_checkpoint_is_named_and_made_again(tmp_path, capsys):
    config, path = EvolutionConfig(generations=2, pairs=2), tmp_path / "run-0.npz"
    first = evolve_once(config, (0, 0), path, tick=lambda: None)
    for damage in (path.read_bytes()[:-9], b""):
        path.write_bytes(damage)
        again = evolve_once(config, (0, 0), path, tick=lambda: None)
        for a, b in zip(first, again, strict=True):
            np.testing.assert_array_equal(a, b)
        assert "run-0.npz is damaged" in capsys.readouterr().out
        with np.load(path) as saved:
            np.testing.assert_array_equal(saved["y"], first[1])


def test_a_complete_table_is_left_alone_and_a_damaged_one_is_made_again(alone, table, tmp_path):
    shutil.copytree(table, tmp_path, dirs_exist_ok=True)
    os.utime(tmp_path / CARD_NAME, (1, 1))
    generate(0, tmp_path, config=SMALL)
    assert (tmp_path / CARD_NAME).stat().st_mtime == 1
    assert not is_complete(1, tmp_path, SMALL)

    np.save(tmp_path / Y_NAME, np.load(tmp_path / Y_NAME) + 1)
    assert not is_complete(0, tmp_path, SMALL)
    generate(0, tmp_path, config=SMALL)
    assert read(tmp_path) == read(table)

    for damage in (b"{", b"[]", b'{"recipe": 1}', b"\xff"):
        (tmp_path / CARD_NAME).write_bytes(damage)
        assert not is_complete(0, tmp_path, SMALL)


def test_a_table_that_another_process_makes_is_waited_for(table, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(generator, "run_all", lambda *_, **__: asked.append(1))
    folder = tmp_path / "table"
    made_meanwhile(
        monkeypatch, generator, "is_complete", folder,
        lambda: generate(0, folder, config=SMALL),
        lambda: shutil.copytree(table, folder, dirs_exist_ok=True),
    )  # fmt: skip
    assert not asked
    assert read(folder) == read(table)


def test_the_default_table_has_3200_rows():
    evolution = generator.TABLE.evolution
    assert generator.TABLE.runs * evolution.generations * evolution.kept_pairs * 2 == 3200


def slow_evolution(config, seed):
    """One run written out, member by member."""
    rng = np.random.default_rng(seed)
    centre = np.concatenate(
        [
            rng.standard_normal(11 * 64) / np.sqrt(11),
            0 * rng.standard_normal(64),
            rng.standard_normal(64 * 64) / 8,
            0 * rng.standard_normal(64),
            rng.standard_normal(64 * 3) / 8 * config.last_layer,
            0 * rng.standard_normal(6),
        ]
    )
    m, v, kept = np.zeros(DESIGN_SIZE), np.zeros(DESIGN_SIZE), []
    for t in range(1, config.generations + 1):
        noise, distances = [], []
        for pair in range(config.pairs):
            direction = rng.standard_normal(DESIGN_SIZE)
            direction[-3:] = 0
            noise.append(direction)
            for sign in (1, -1):
                design = (centre + sign * config.noise * direction).astype(np.float32)
                distances.append(run_episode(design).distance)
                if pair < config.kept_pairs:
                    kept.append(design)
        gradient = np.zeros(DESIGN_SIZE)
        for pair, direction in enumerate(noise):
            # Fitness: the share of the other members that cover less ground.
            up, down = (
                sum(other < distances[i] for other in distances) / (len(distances) - 1)
                for i in (2 * pair, 2 * pair + 1)
            )
            gradient += (up - down) * direction / (2 * config.pairs * config.noise)
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        centre = centre + config.lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return np.array(kept)


def test_evolution_against_a_version_written_out():
    config = EvolutionConfig(generations=3, pairs=4, kept_pairs=3)
    ticks = []
    x, y = evolve(config, (7, 1), lambda: ticks.append(1))
    np.testing.assert_allclose(x, slow_evolution(config, (7, 1)), rtol=1e-5, atol=1e-7)
    assert y.tolist() == [rollout(row) for row in x]
    assert len(ticks) == 3


def test_evolution_learns_to_cover_ground():
    config = EvolutionConfig(generations=15, pairs=4, kept_pairs=4, lr=0.03)
    x, _ = evolve(config, (0,), lambda: None)
    distance = np.array([run_episode(row).distance for row in x]).reshape(15, -1).mean(axis=1)
    assert distance[-3:].mean() > distance[:3].mean() + 0.2
