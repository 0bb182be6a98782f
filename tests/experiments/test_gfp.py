"""GFP: the protein-level table, design-bench's shards in its place, and its transformer."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from oracle_networks import check_resumption, stand_in, tiny
from scipy.stats import spearmanr
from torch import Tensor, nn

from experiments.data.shards import write_shards
from experiments.data.whole import gfp_table
from experiments.oracles.recipes import RECIPES
from experiments.oracles.stored import load_oracle
from experiments.oracles.training import split
from experiments.oracles.transformer import Dropout, Transformer
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.train import train
from torchbdi import MissingDataError


def config(data_dir: Path, *overrides: str) -> DictConfig:
    return compose_config(["task=gfp", f"data_dir={data_dir}", *overrides])


def test_the_visible_rows_are_drawn_by_the_seed(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, title = gfp_table(data_dir)
    stand_in("gfp", x, y, monkeypatch)
    assert title == "GFP, protein level"
    task = load_task(config(data_dir, "seed=3"))
    assert task.title == title
    assert (task.data_source, task.oracle_source) == ("regenerated", "retrained")
    assert task.data.x.shape == (5000, 237 * 19)
    low, high = np.percentile(y, [50, 60])
    assert ((y >= low) & (y <= high)).sum() == 5172
    assert low <= task.y_raw.min() <= task.y_raw.max() <= high
    # Every row is one of the table, with its score, and none comes twice.
    known = {row.tobytes(): score for row, score in zip(x, y, strict=True)}
    designs = task.decode(task.data.x)
    assert len({row.tobytes() for row in designs}) == 5000
    assert all(known[row.tobytes()] == s for row, s in zip(designs, task.y_raw, strict=True))
    assert task.text(designs[0])[0] in "ARNDCQEGHILKMFPSTWYV"
    # The range of this table is that of design-bench's.
    assert (np.float32(task.y_min), np.float32(task.y_max)) == (y.min(), y.max())
    again, other = (load_task(config(data_dir, f"seed={s}", "task.max_rows=99")) for s in (3, 4))
    assert np.array_equal(again.y_raw, task.y_raw[:99])
    assert not np.array_equal(other.y_raw, task.y_raw[:99])


def test_design_benchs_shards_are_used_where_they_are(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, _ = gfp_table(data_dir)
    some = np.random.default_rng(0).choice(len(y), 120, replace=False)
    write_shards(tmp_path / "gfp", "gfp", x[some], y[some], rows=10)
    found_x, found_y, title = gfp_table(tmp_path)
    assert title == "GFP-Transformer-v0"
    assert np.array_equal(found_x, x[some])
    with pytest.raises(MissingDataError, match=r"no network for this table.*\n.*fit gfp"):
        load_task(config(tmp_path))
    stand_in("gfp", found_x, found_y, monkeypatch)
    task = load_task(config(tmp_path))
    assert (task.title, task.data_source) == ("GFP-Transformer-v0", "original")
    (tmp_path / "gfp/gfp-y-11.npy").unlink()
    with pytest.raises(MissingDataError, match=r"1 of 24 files are missing \(gfp/gfp-y-11"):
        load_task(config(tmp_path))


def slow_transformer(network: Transformer, x: Tensor) -> Tensor:
    """BERT by its definition: every position of every block, one sequence and head at a time."""
    w = {name: value.double() for name, value in network.state_dict().items()}

    def linear(h: Tensor, name: str) -> Tensor:
        return h @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(h: Tensor, name: str) -> Tensor:
        centred = h - h.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-12).sqrt()
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    scores = []
    for sequence in x:
        h = norm(w["letters.weight"][sequence] + w["positions.weight"] + w["segment"], "norm")
        for block in (f"blocks.{i}" for i in range(4)):
            q = linear(h, f"{block}.query")
            k, v = linear(h, f"{block}.key_value").chunk(2, dim=1)
            heads = []
            for head in (slice(0, 32), slice(32, 64)):
                logits = q[:, head] @ k[:, head].T / math.sqrt(32)
                heads.append(torch.softmax(logits, dim=1) @ v[:, head])
            attended = linear(torch.cat(heads, dim=1), f"{block}.attention_output")
            h = norm(h + attended, f"{block}.attention_norm")
            inner = linear(h, f"{block}.inner").clamp(min=0)
            h = norm(h + linear(inner, f"{block}.outer"), f"{block}.norm")
        scores.append(linear(torch.tanh(linear(h[0], "pooler")), "head")[0])
    return torch.stack(scores)


def test_the_network_is_the_registered_one() -> None:
    torch.manual_seed(1)
    network = Transformer().eval().double()
    # Embeddings and norm; four blocks of four projections, two layers and two norms; pooler, head.
    block = 4 * (64 * 64 + 64) + (64 * 256 + 256) + (256 * 64 + 64) + 2 * 128
    count = (20 + 237 + 1) * 64 + 128 + 4 * block + (64 * 64 + 64) + 65
    assert sum(p.numel() for p in network.parameters()) == count
    assert 0.016 < network.letters.weight.std() < 0.019  # a normal of 0.02, cut at two sigmas
    for module in network.modules():  # far from a uniform attention, with biases that count
        for name, p in module.named_parameters(recurse=False):
            if name == "bias" or isinstance(module, nn.LayerNorm):
                nn.init.normal_(p, mean=0.5)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(p, std=0.2)
    x = torch.randint(0, 20, (3, 237))
    torch.testing.assert_close(network(x), slow_transformer(network, x), rtol=1e-9, atol=1e-9)


def test_dropout_drops_a_tenth() -> None:
    torch.manual_seed(0)
    layer = Dropout(0.1).train()
    h = torch.ones(1001, 999, requires_grad=True)  # a number of elements that no four divide
    out = layer(h)
    dropped = out == 0
    assert dropped.float().mean().item() == pytest.approx(0.1, abs=0.002)
    kept = out[~dropped]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / 0.9), rtol=1e-4, atol=0)
    out.sum().backward()
    assert h.grad is not None
    assert torch.equal(h.grad == 0, dropped)
    # Neighbours share a random word, but not their fate.
    pairs = dropped.flatten()[:-1].reshape(-1, 2).float()
    assert pairs.prod(1).mean().item() == pytest.approx(0.01, abs=0.001)
    assert not torch.equal(layer(h) == 0, dropped)
    assert torch.equal(layer.eval()(h), h)


def test_a_killed_training_goes_on_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 20, (60, 12)), rng.normal(size=60)
    recipe = tiny("gfp", network=lambda: Transformer(20, 12, 8, 16, 2, 2, 0.1))
    fitted = check_resumption(recipe, x, y, tmp_path, monkeypatch, capsys)
    assert fitted.held_out == 6


def test_a_run(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, _ = gfp_table(data_dir)
    stand_in("gfp", x, y, monkeypatch)
    metrics = train(
        config(
            data_dir, "task.max_rows=100", "method.steps=2", "designs=8",
            f"out_dir={tmp_path}", "trainer.progress_bar=false",
        )
    )  # fmt: skip
    assert metrics["title"] == "GFP, protein level"
    assert metrics["data_source"] == "regenerated"
    assert metrics["oracle_spearman"] == 0.125
    (folder,) = tmp_path.iterdir()
    assert np.load(folder / "proposals.npz")["designs"].shape == (8, 237)


def test_without_data_or_network(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingDataError, match=r"python -m experiments\.data download gfp"):
        load_task(config(tmp_path))
    monkeypatch.setattr("experiments.oracles.stored.WEIGHTS", tmp_path)
    with pytest.raises(MissingDataError, match=r"python -m experiments\.oracles\.fit gfp"):
        load_task(config(data_dir))


def test_the_committed_network(data_dir: Path) -> None:
    x, y, title = gfp_table(data_dir)
    oracle = load_oracle("gfp", x, y)
    recipe = RECIPES["gfp"]
    assert oracle.card["data"]["title"] == title
    assert oracle.card["training"]["epochs"] == recipe.epochs
    _, held_out = split(len(y), recipe.held_out, oracle.card["seed"])
    some = held_out[::10]
    found = spearmanr(oracle.predict(x[some]), y[some])[0]
    assert found == pytest.approx(oracle.spearman, abs=0.03)
    assert oracle.spearman == pytest.approx(0.8269, abs=1e-4)
