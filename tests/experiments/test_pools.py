"""Pools of designs that no method has thought about, on real rows of TF Bind 8."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig

from experiments.paper.distributions import distribution_figure
from experiments.paper.yardstick_rows import lines_of, yardstick_table
from experiments.runs import pools as module
from experiments.runs.config import compose_config
from experiments.runs.pools import SETS, YARDSTICKS, Pool, pool_of, score_pool
from experiments.runs.scores import LABELS
from experiments.tasks.task import Task
from experiments.yardsticks import main
from torchbdi import InputError, OfflineData
from torchbdi.space import Choice, Number, Space


def words(data_dir: Path) -> list[str]:
    return ["task=tfbind8", "task.max_rows=2000", f"data_dir={data_dir}", "designs=40"]


def test_a_pool_is_asked_once(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pool_of(compose_config(words(data_dir)), size=100)
    assert first.random.shape == (100,)
    assert first.one_changed.shape == first.two_changed.shape == (SETS, 40)
    assert (np.diff(first.best_rows) <= 0).all()
    x = np.load(data_dir / "tf_bind_8-SIX6_REF_R1" / "tf_bind_8-y-0.npy").ravel()
    assert first.best_rows[0] == np.sort(x[x <= np.percentile(x, 50)][:2000])[-1]

    def refuse(*_: object) -> None:
        raise AssertionError("the true function was asked again")

    (kept,) = (module.cache_folder() / "yardsticks").glob("tfbind8-*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-100])  # it is damaged, so the scores are asked for again
    assert np.array_equal(pool_of(compose_config(words(data_dir)), size=100).random, first.random)
    assert kept.read_bytes() == whole
    monkeypatch.setattr(module, "load_task", refuse)
    again = pool_of(compose_config(words(data_dir)), size=100)
    for name in ("random", "known", "best_rows", "one_changed", "two_changed"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert (again.title, again.problem) == (first.title, first.problem)
    for other in ("task.max_rows=1000", "seed=1", "designs=30"):
        with pytest.raises(AssertionError, match="asked again"):
            pool_of(compose_config([*words(data_dir), other]), size=100)
    for yardstick in YARDSTICKS:
        assert first.told(yardstick)["best"][0] >= first.told(yardstick)["median"][0]


def test_a_cache_that_cannot_be_written_to_loses_no_scores(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = pool_of(compose_config(words(data_dir)), size=100)
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    pool = pool_of(compose_config(words(data_dir)), size=100)
    assert np.array_equal(pool.random, known.random)
    (told,) = capsys.readouterr().err.splitlines()[-1:]
    assert "the scores cannot be kept (Not a directory)" in told


def numbers(n: int = 30) -> Task:
    """A task whose score is the sum of its three numbers."""
    rng = np.random.default_rng(0)
    x = rng.normal(5.0, 2.0, (n, 3))
    data = OfflineData.from_raw(x, x.sum(1), Space.numbers(3))
    return Task(
        "sum", "Sum", data, (3,), x.sum(1), 0.0, 10.0, "original", "original",
        lambda designs: designs.sum(1),
    )  # fmt: skip


def test_numbers_are_drawn_within_the_table_and_changed_by_its_rows() -> None:
    task = numbers()
    arrays = score_pool(task, 10, 500)
    raw = task.decode(task.data.x)
    assert arrays["random"].min() >= raw.min(0).sum() / 10 - 1e-9
    assert arrays["random"].max() <= raw.max(0).sum() / 10 + 1e-9
    assert not arrays["known"].any()
    assert arrays["best_rows"] == pytest.approx(np.sort(task.y_raw)[::-1][:10] / 10)
    for name in ("one_changed", "two_changed"):
        moved = np.abs(arrays[name] - arrays["best_rows"])
        assert (moved > 1e-9).mean() > 0.8
    with pytest.raises(InputError, match="30 rows"):
        score_pool(task, 31, 5)


def test_what_stands_in_the_table_is_known() -> None:
    """All 16 words of two letters but one: the share of new ones is 1 in 16."""
    words = np.array([[i, j] for i in range(4) for j in range(4)])[:15]
    y = np.arange(15.0)
    data = OfflineData.from_raw(words, y, Space.sequence(2, "ACGT"))
    task = Task(
        "words", "Words", data, (2,), y, 0.0, 15.0, "original", "original",
        lambda designs: designs @ np.array([4.0, 1.0]),
    )  # fmt: skip
    arrays = score_pool(task, 5, 1000)
    assert np.array_equal(arrays["known"], arrays["random"] != 1.0)  # TT is the only new one
    assert (~arrays["known"]).mean() == pytest.approx(1 / 16, abs=0.03)
    assert isinstance(task.data.x, torch.Tensor)


def own_task(space: Space, raw: np.ndarray, truth: Callable[[np.ndarray], np.ndarray]) -> Task:
    y = truth(raw)
    data = OfflineData.from_raw(raw, y, space)
    return Task("own", "Own", data, raw.shape[1:], y, 0.0, 9.0, "regenerated", "original", truth)


def test_what_has_levels_and_categories_is_known_too() -> None:
    """Random designs of such columns counted as new, though the table held them."""
    space = Space((Choice("metal", ("iron", "zinc", "lead")), Number("amount", 0, 0.9, step=0.3)))
    all_of_them = np.array([[i, 0.3 * j] for i in range(3) for j in range(4)])
    task = own_task(space, all_of_them[:-1], lambda designs: designs @ np.array([1.0, 10.0]))
    arrays = score_pool(task, 5, 600)
    assert np.array_equal(arrays["known"], arrays["random"] < 11 / 9 - 1e-9)  # one is new, the best
    assert (~arrays["known"]).mean() == pytest.approx(1 / 12, abs=0.04)
    assert arrays["known"].sum() > 500
    pool = Pool("own", "Own", "p", **{**arrays, "known": np.ones(600, dtype=bool)})
    told = {line["yardstick"] for line in lines_of(pool)}
    assert told == set(YARDSTICKS) - {"random_new"}  # there are none of which sets could be drawn


@pytest.mark.parametrize("last", ["ACGT", "ACG"])
def test_places_drawn_anew_are_those_of_the_space(last: str) -> None:
    """Fixed letters were changed, and all sites had the alphabet of the first."""
    sites = [Choice("s0", ("A", "C", "G", "T"), "s", fixed=2), Choice("s1", tuple("ACGT"), "s")]
    sites += [Choice("s2", tuple("ACGT"), "s"), Choice("s3", tuple(last), "s")]
    raw = np.random.default_rng(0).integers(0, (4, 4, 4, len(last)), (40, 4))
    raw[:, 0] = 2
    asked: list[np.ndarray] = []

    def truth(designs: np.ndarray) -> np.ndarray:
        asked.append(designs)
        return designs @ np.array([0.0, 1.0, 2.0, 3.0])

    score_pool(own_task(Space(tuple(sites)), raw, truth), 10, 30)
    best, designs = asked[1][30:40], asked[1][40:].reshape(2, SETS, 10, 4)
    assert (designs[..., 0] == 2).all()
    assert designs[..., 3].max() == len(last) - 1
    if last == "ACGT":  # other letters, not those of other rows, which may be the same
        assert ((designs[0] != best).sum(-1) == 1).all()
        assert ((designs[1] != best).sum(-1) == 2).all()


def test_yardsticks_that_another_command_writes_meanwhile_stay(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"data_dir={data_dir}", f"out={tmp_path}"]

    def pool(cfg: DictConfig) -> Pool:
        if cfg.task.name == "rna1":
            main(["rna2", *words])
        return made_up(str(cfg.task.name))

    monkeypatch.setattr("experiments.yardsticks.pool_of", pool)
    main(["rna1", *words])
    with (tmp_path / "yardsticks.csv").open() as file:
        assert {line["problem"] for line in csv.DictReader(file)} == {"rna1", "rna2"}


def made_up(problem: str = "p") -> Pool:
    rng = np.random.default_rng(0)
    scores = rng.uniform(size=400)
    changed = scores[:320].reshape(2, SETS, 20)
    return Pool(problem, "Toy", problem, scores, scores > 0.5, scores[:20], *changed)


def test_lines_table_and_picture() -> None:
    lines = lines_of(made_up())
    assert len(lines) == len(YARDSTICKS) * (len(LABELS) - 1)  # 20 designs: no best of 32
    table = yardstick_table(lines)
    assert "**Toy**, 20 designs" in table
    assert table.count("\n| ") == 1 + len(YARDSTICKS)
    left, right = distribution_figure(made_up()).axes
    assert left.get_title() == "Toy"
    assert len(right.patches) == 120


@pytest.mark.filterwarnings("error")
def test_a_picture_has_no_curve_of_no_new_designs() -> None:
    """Of a small space all random designs may stand in the table: a density of none was drawn."""
    left, _ = distribution_figure(replace(made_up(), known=np.ones(400, dtype=bool))).axes
    labels = left.get_legend_handles_labels()[1]
    assert labels == ["random designs", "best row, by true function"]


def test_problems_of_one_title_have_a_table_each() -> None:
    shared = {"revision": 1, "task_revision": 1, "source": "files 0"}
    lines = []
    for rows in (None, 5):
        pool = made_up(json.dumps({**shared, "task_settings": {"max_rows": rows}}))
        lines += lines_of(replace(pool, task="tfbind8", random=pool.random + (rows or 0)))
    table = yardstick_table(lines)
    assert table.count("\n| ") == 2 * (1 + len(YARDSTICKS))
    whole, few = table.split("**Toy, max_rows=5**")
    assert whole.startswith("**Toy**")
    assert "| random designs | 0." in whole
    assert "| random designs | 5." in few


def test_the_command_line(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.yardsticks.pool_of", lambda cfg: made_up(str(cfg.task.name)))
    folder = f"data_dir={data_dir}"
    main(["rna1", "tfbind8", folder, f"out={tmp_path}"])
    main(["tfbind8", folder, "task.max_rows=5", f"out={tmp_path}"])
    with (tmp_path / "yardsticks.csv").open() as file:
        problems = [line["problem"] for line in csv.DictReader(file)]
    each = len(lines_of(made_up()))
    assert problems == ["rna1"] * each + ["tfbind8"] * each  # the second took the first's place
    assert {path.name for path in tmp_path.iterdir()} == {
        "yardsticks.csv", "yardsticks.md", "yardsticks-rna1.png", "yardsticks-tfbind8.png",
        "yardsticks-tfbind8-max_rows=5.png",
    }  # fmt: skip
    main(["tfbind8", "tfbind8", folder, f"out={tmp_path}"])
    with (tmp_path / "yardsticks.csv").open() as file:
        assert [line["problem"] for line in csv.DictReader(file)] == problems
    whole = (tmp_path / "yardsticks.csv").read_text()
    again = f"{whole}{whole.splitlines()[1]}\n"
    for damaged in ("a,b\n1,2\n", again, whole.replace(",0.", ",0x", 1), whole[:-30]):
        (tmp_path / "yardsticks.csv").write_text(damaged)
        with pytest.raises(InputError, match=r"yardsticks\.csv: not a file of yardsticks"):
            main(["rna1", folder, f"out={tmp_path}"])
        assert (tmp_path / "yardsticks.csv").read_text() == damaged
    for wrong, message in (
        ([], "name a task"),
        (["rna1", "rna2", "task.max_rows=5"], "several without settings"),
        (["rna1", "seed=3"], "seed=3: not known here"),
    ):
        with pytest.raises(InputError, match=message):
            main([*wrong, folder])
