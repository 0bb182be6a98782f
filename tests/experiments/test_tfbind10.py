"""TF Bind 10: the packed rows are design-bench's, and both truths are what the datasheet says."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from experiments.data import tfbind10 as module
from experiments.data.shards import write_shards
from experiments.data.sources import checksums
from experiments.data.tfbind10 import (
    HALF,
    PACKED,
    REPLICATES,
    TENMERS,
    affinity_scores,
    complement,
    decode,
    encode,
    last_scores,
    tfbind10_table,
)
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.tasks import tfbind10 as task_module
from experiments.tasks.registry import spec_of
from experiments.train import train
from torchbdi import InputError, MissingDataError

Table = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def published(real_data: Path) -> Table:
    return tfbind10_table(real_data)


@pytest.fixture(scope="module")
def table(data_dir: Path) -> Table:
    return tfbind10_table(data_dir)


@pytest.fixture(scope="module")
def by_tenmer(table: Table) -> dict[int, np.ndarray]:
    """The rows of 60 10-mers, found one by one."""
    codes, _ = table
    some = np.random.default_rng(0).choice(TENMERS, 60, replace=False)
    return {int(code): np.flatnonzero(codes == code) for code in some}


def test_codes_are_numbers_to_base_4() -> None:
    x = np.array([[0] * 9 + [1], [3] * 10, [2] + [0] * 9], dtype=np.int32)
    assert encode(x).tolist() == [1, TENMERS - 1, 2 * 4**9]
    some = np.random.default_rng(0).integers(0, 4, (500, 10), dtype=np.int32)
    assert np.array_equal(decode(encode(some)), some)
    assert decode(encode(some)).dtype == np.int32
    assert np.array_equal(decode(complement(encode(some))), 3 - some)


def test_the_rows_are_those_of_the_shards(published: Table) -> None:
    codes, y = published
    for shard in (0, 41, 83):
        rows = slice(100_000 * shard, 100_000 * (shard + 1))
        for name, array in (("x", decode(codes[rows])), ("y", y[rows, None])):
            file = io.BytesIO()
            np.save(file, array)
            path = f"tf_bind_10-pho4/tf_bind_10-{name}-{shard}.npy"
            assert hashlib.sha256(file.getvalue()).hexdigest() == checksums()[path]


def test_the_published_table(published: Table, real_data: Path, tmp_path: Path) -> None:
    codes, y = published
    assert (y.min(), y.max()) == (np.float32(-1.8585268), np.float32(2.1287067))
    visible = y <= np.percentile(y, 50)
    assert visible.sum() == 4_161_482
    counts = np.bincount(codes, minlength=TENMERS)
    assert np.bincount(counts).tolist() == [0, 0, 0, 0, 0, 14, 5720, 56060, 986782]
    scores = last_scores(codes, y)
    assert np.isfinite(scores).all()
    # The last row is replicate 4's score of the complement, whose letters are not reversed.
    fourth = np.full(TENMERS, np.nan)
    fourth[codes[HALF - REPLICATES[3] : HALF]] = y[HALF - REPLICATES[3] : HALF]
    other = fourth[complement(np.arange(TENMERS, dtype=np.uint32))]
    assert (scores != other).sum() == 2
    assert (scores == y.max()).sum() == 19
    # It is not what a method sees.
    truth = scores[codes[visible]]
    assert np.corrcoef(truth, y[visible])[0, 1] == pytest.approx(0.08, abs=0.005)
    assert (truth == y[visible]).mean() == pytest.approx(0.127, abs=0.0005)
    assert len(np.unique(codes[visible])) == 1_023_506
    assert np.isnan(affinity_scores(codes, y)).sum() == 1_134
    packed, shards = spec_of("tfbind10").sources
    assert packed.identity(real_data) == shards.identity(tmp_path)


def test_the_table_as_a_whole(table: Table) -> None:
    codes, y = table
    assert len(codes) == len(y) == 8_321_066
    start = 0
    for rows in REPLICATES * 2:
        assert np.bincount(codes[start : start + rows]).max() == 1
        start += rows
    assert np.array_equal(codes[HALF:], complement(codes[:HALF]))
    assert np.array_equal(y[HALF:], y[:HALF])


def test_last_is_a_dictionary_filled_in_row_order(
    table: Table, by_tenmer: dict[int, np.ndarray]
) -> None:
    codes, y = table
    scores = last_scores(codes, y)
    assert scores.shape == (TENMERS,)
    for code, rows in by_tenmer.items():
        assert scores[code] == y[rows[-1]] if len(rows) else np.isnan(scores[code])


def test_affinity_is_the_mean_of_a_tenmers_own_replicates(
    table: Table, by_tenmer: dict[int, np.ndarray]
) -> None:
    codes, y = table
    scores = affinity_scores(codes, y)
    start = REPLICATES[0] + REPLICATES[1]
    for code, rows in by_tenmer.items():
        own = [float(y[row]) for row in rows if start <= row < HALF]
        own = [score for score in own if score not in (float(y.min()), float(y.max()))]
        assert scores[code] == pytest.approx(-np.mean(own), abs=1e-12)
    gone = int(np.flatnonzero(np.isnan(scores))[0])
    left = y[start:HALF][codes[start:HALF] == gone]
    assert set(left) <= {y.min(), y.max()}


@pytest.fixture
def read_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task is given the table that was read before."""
    monkeypatch.setattr(task_module, "tfbind10_table", lambda folder: table)


@pytest.mark.parametrize("truth", ["last", "affinity"])
def test_a_run_on_a_slice(data_dir: Path, origin: str, tmp_path: Path, truth: str) -> None:
    metrics = train(
        compose_config(
            [
                "task=tfbind10", "task.rows=300", f"task.truth={truth}", f"data_dir={data_dir}",
                f"out_dir={tmp_path}", "method.steps=5", "designs=16", "trainer.progress_bar=false",
            ]
        )
    )  # fmt: skip
    assert (metrics["rows"], metrics["dimensions"]) == (300, 30)
    assert metrics["data_source"] == origin
    assert 0 <= metrics["median_after_normalised"] <= metrics["best_after_normalised"] <= 1


def test_rows_and_truth(read_once: None, data_dir: Path, table: Table) -> None:
    codes, y = table
    words = ["task=tfbind10", "task.rows=400", f"data_dir={data_dir}"]
    first, again, other = (
        load_task(compose_config([*words, f"seed={seed}"])) for seed in (0, 0, 1)
    )
    assert np.array_equal(first.decode(first.data.x), again.decode(again.data.x))
    assert not np.array_equal(first.y_raw, other.y_raw)
    visible = y <= np.percentile(y, 50)
    assert first.y_raw.max() <= y[visible].max()
    assert np.array_equal(
        first.predict(first.decode(first.data.x)),
        last_scores(codes, y)[encode(first.decode(first.data.x))],
    )
    own = load_task(compose_config([*words, "task.truth=affinity"]))
    designs = own.decode(own.data.x)
    assert np.array_equal(own.predict(designs), own.y_raw)  # data and truth alike
    scores = affinity_scores(codes, y)
    assert (own.y_min, own.y_max) == (np.nanmin(scores), np.nanmax(scores))
    assert own.y_raw.max() <= np.nanpercentile(scores, 50)
    gone = decode(np.flatnonzero(np.isnan(scores))[:5].astype(np.uint32))
    assert len(gone) and not own.normalise(own.predict(gone)).any()
    with pytest.raises(InputError, match=f"{visible.sum():,} rows are visible"):
        load_task(compose_config(["task=tfbind10", "task.rows=5000000", f"data_dir={data_dir}"]))


def test_shards_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "require", lambda *_: None)
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 4, (30, 10), dtype=np.int32), rng.normal(size=30).astype(np.float32)
    write_shards(tmp_path / module.FOLDER, module.STEM, x, y, rows=12)
    codes, scores = tfbind10_table(tmp_path, half=15)
    assert np.array_equal(decode(codes), x)
    assert np.array_equal(scores, y)
    with pytest.raises(MissingDataError, match="30 rows, design-bench's has 28"):
        tfbind10_table(tmp_path, half=14)


def test_data_that_is_missing_or_damaged(tmp_path: Path) -> None:
    words = ["task=tfbind10", f"data_dir={tmp_path}"]
    with pytest.raises(MissingDataError, match=r"168 of 168 files.*\n.*download tfbind10"):
        load_task(compose_config(words))
    (tmp_path / PACKED).write_bytes(b"no archive")
    with pytest.raises(MissingDataError, match=r"tf_bind_10-pho4\.npz is damaged"):
        load_task(compose_config(words))
