"""UTR: design-bench's rows, its ResNet in PyTorch, and how a trained network is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from oracle_networks import check_resumption, stand_in, tiny
from scipy.stats import spearmanr
from torch import Tensor, nn

from experiments.data import whole
from experiments.oracles import fit as fit_module
from experiments.oracles.recipes import RECIPES
from experiments.oracles.resnet import ResNet
from experiments.oracles.stored import load_oracle, own_weights
from experiments.oracles.training import fit_network, letters_hash, predict, split
from experiments.runs.config import compose_config
from experiments.tasks import load_task, utr
from experiments.train import train
from torchbdi import NTK, InputError, MissingDataError, OfflineData
from torchbdi.kernels.solve.pcg import ConjugateGradient


def config(data_dir: Path, *overrides: str) -> DictConfig:
    return compose_config(["task=utr", f"data_dir={data_dir}", *overrides])


@pytest.fixture(scope="module")
def table(data_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return whole.utr_table(data_dir)


def test_the_visible_half(data_dir: Path, table: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = table
    assert x.shape == (280000, 50)
    assert (y.min(), y.max()) == (0, 12)
    visible = y <= np.percentile(y, 50)
    assert visible.sum() == 140000
    designs, scores = utr.visible_rows(data_dir)
    assert np.array_equal(scores.ravel(), y[visible])
    data = OfflineData.from_raw(designs, scores, utr.TASK.space_of(designs))
    space = data.space
    assert space.mean is not None
    assert space.std is not None
    assert data.x.shape == (140000, 150)
    some = np.random.default_rng(0).choice(140000, 500, replace=False)
    p = 0.6 * np.eye(4)[x[visible][some]] + 0.1
    logits = (np.log(p)[..., 1:] - np.log(p)[..., :1]).reshape(500, 150)
    np.testing.assert_allclose(data.x[some].numpy(), (logits - space.mean) / space.std, atol=1e-5)
    assert np.array_equal(space.decode(data.x[some]), x[visible][some])
    assert space.text(x[0]) == "".join("ACGT"[i] for i in x[0])


def slow_resnet(network: ResNet, x: Tensor) -> Tensor:
    """The registered network, one sequence and one position after the other, by its definition."""
    w = {name: value.double() for name, value in network.state_dict().items()}
    scores = []
    for sequence in x:
        rows = []
        for position, letter in enumerate(sequence):
            angle = [position / 10000 ** (2 * i / 120) for i in range(60)]
            wave = torch.tensor([*np.sin(angle), *np.cos(angle)], dtype=torch.float64)
            rows.append(norm(w["embedding.weight"][letter] + wave, w, "norm"))
        h = torch.stack(rows)
        for block in range(2):
            inner = h
            for layer in range(2):
                name = f"blocks.{block}.layers.{layer}"
                weight, bias = w[f"{name}.conv.weight"][:, :, 0], w[f"{name}.conv.bias"]
                out = []
                for position in range(50):
                    total = bias.clone()
                    for tap in range(8):  # three positions before, four after
                        if 0 <= position + tap - 3 < 50:
                            total += weight[:, :, tap] @ inner[position + tap - 3]
                    out.append(norm(total, w, f"{name}.norm").clamp(min=0))
                inner = torch.stack(out)
            h = h + inner
        attention = torch.softmax(h @ w["attention.weight"][0] + w["attention.bias"], dim=0)
        scores.append((attention @ h) @ w["head.weight"][0] + w["head.bias"][0])
    return torch.stack(scores)


def norm(h: Tensor, w: dict[str, Tensor], name: str) -> Tensor:
    centred = h - h.mean()
    scaled = centred / (centred.square().mean() + 1e-3).sqrt()
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


def test_the_network_is_the_registered_one(table: tuple[np.ndarray, np.ndarray]) -> None:
    torch.manual_seed(1)
    network = ResNet()
    # 4 letters; embedding and norm; four convolutions with norm; attention and head.
    count = 4 * 120 + 240 + 4 * (8 * 120 * 120 + 120 + 240) + 2 * 121
    assert sum(p.numel() for p in network.parameters()) == count
    for module in network.modules():  # make biases and norms count
        for name, p in module.named_parameters(recurse=False):
            if name == "bias" or isinstance(module, nn.LayerNorm):
                nn.init.normal_(p, mean=0.5)
    x = torch.from_numpy(table[0][:3].astype(np.int64))
    fast = network.double()(x)
    torch.testing.assert_close(fast, slow_resnet(network, x), rtol=1e-6, atol=1e-6)


def test_a_killed_training_goes_on_to_the_bit(
    table: tuple[np.ndarray, np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tiny("utr", network=lambda: ResNet(hidden=8, blocks=1))
    fitted = check_resumption(recipe, table[0][:150], table[1][:150], tmp_path, capsys)
    assert fitted.held_out == int(0.07142857142 * 150)


@pytest.mark.parametrize(
    "changes", [{"lr": 1e-2}, {"epochs": 3}, {"network": lambda: ResNet(hidden=12, blocks=1)}]
)
def test_the_state_of_another_training_is_not_gone_on_with(
    table: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, object],
) -> None:
    x, y = table[0][:60], table[1][:60]
    recipe = tiny("utr", network=lambda: ResNet(hidden=8, blocks=1))
    assert fit_network(recipe, x, y, 0, tmp_path / "state", 2, checkpoint_every=0) is None
    other = replace(recipe, **changes)  # type: ignore[arg-type]
    found = fit_network(other, x, y, 0, tmp_path / "state")
    assert "is of no use (InputError: it is of another training" in capsys.readouterr().out
    whole = fit_network(other, x, y, 0, tmp_path / "whole")
    assert found is not None and whole is not None
    assert found.history == whole.history


def test_training_learns(tmp_path: Path) -> None:
    """Scores that are a sum over the first letters are found from 600 sequences."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (600, 12))
    y = rng.normal(size=(3, 4))[np.arange(3), x[:, :3]].sum(1).astype(np.float32) * 3 + 7
    recipe = tiny("utr", network=lambda: ResNet(4, 12, 16, 4, 1), epochs=12, lr=1e-2, held_out=0.2)
    fitted = fit_network(recipe, x, y, 0, tmp_path / "state")
    assert fitted is not None
    _, held_out = split(600, 0.2, 0)
    letters = torch.from_numpy(x[held_out])
    predicted = predict(fitted.network, letters, 7) * fitted.std + fitted.mean
    assert fitted.spearman == pytest.approx(spearmanr(predicted, y[held_out])[0])
    assert fitted.spearman > 0.9
    assert fitted.rmse == pytest.approx(np.sqrt(np.mean((predicted - y[held_out]) ** 2)), rel=1e-5)


def test_the_split_is_a_partition() -> None:
    train_rows, held_out = split(280000, RECIPES["utr"].held_out, 0)
    assert len(held_out) == 19999  # as design-bench rounds
    assert np.array_equal(np.sort(np.concatenate([train_rows, held_out])), np.arange(280000))
    assert not np.array_equal(held_out, split(280000, RECIPES["utr"].held_out, 1)[1])


def test_a_stored_network_is_checked(
    table: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = table[0][:200], table[1][:200]
    card = stand_in("utr", x, y, monkeypatch)
    oracle = load_oracle("utr", x, y)
    torch.manual_seed(0)
    expected = predict(ResNet(), torch.from_numpy(x.astype(np.int64)), 128)
    np.testing.assert_allclose(oracle.predict(x), expected * y.std() + y.mean(), rtol=1e-6)
    assert oracle.card["published"]["spearman"] == 0.8617
    with pytest.raises(MissingDataError, match=r"no network for this table.*\n.*fit utr"):
        load_oracle("utr", x[:199], y[:199])
    other = y.copy()
    other[7] += 1
    with pytest.raises(MissingDataError, match="no network for this table"):
        load_oracle("utr", x, other)
    whole = card.read_bytes()
    for damage in (b"", whole[:-40], b"[]", whole.replace(b'"std"', b'"stb"'), b"\xff"):
        card.write_bytes(damage)
        with pytest.raises(MissingDataError, match=r"utr-.*json is damaged.*\n.*fit utr"):
            load_oracle("utr", x, y)
    card.write_bytes(whole)
    weights = card.with_suffix(".safetensors")
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(MissingDataError, match=r"missing or damaged.*\n.*fit utr"):
        load_oracle("utr", x, y)


def test_the_training_command(
    table: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    x, y = table[0][:150], table[1][:150]
    recipe = tiny("utr", network=lambda: ResNet(hidden=8, blocks=1))
    monkeypatch.setitem(fit_module.RECIPES, "utr", recipe)
    monkeypatch.setattr(whole, "utr_table", lambda folder: (x, y))
    fit_module.main(["utr", f"data_dir={tmp_path}"])
    out = capsys.readouterr().out
    assert "held-out rank correlation" in out
    assert "design-bench's own: 0.8617" in out
    (path,) = own_weights().glob("utr-*.json")
    card = json.loads(path.read_text())
    assert card["data"] == {"title": "UTR", "rows": 150, "sha256": letters_hash(x, y)}
    assert card["held_out"]["rows"] == 10
    assert sorted(p.suffix for p in own_weights().iterdir()) == [".json", ".safetensors"]
    fit_module.main(["utr", f"data_dir={tmp_path}"])
    assert "is there already" in capsys.readouterr().out
    own_weights().rename(tmp_path / "elsewhere")
    fit_module.main(["utr", f"data_dir={tmp_path}", f"out={tmp_path / 'elsewhere'}"])
    assert "is there already" in capsys.readouterr().out
    for words in ([], ["utr", "epochs=3"]):
        with pytest.raises(InputError, match="give at least one of utr, gfp"):
            fit_module.main(words)


def test_a_run(
    data_dir: Path,
    origin: str,
    table: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in("utr", *table, monkeypatch)
    metrics = train(
        config(
            data_dir, "task.max_rows=300", "method.steps=2", "designs=8",
            f"out_dir={tmp_path}", "trainer.progress_bar=false",
        )
    )  # fmt: skip
    assert metrics["title"] == "UTR-ResNet-v0"
    assert metrics["oracle_source"] == "retrained"
    assert metrics["oracle_spearman"] == 0.125
    text = f"Data: {origin}. True function: retrained (held-out rank correlation 0.1250)."
    assert capsys.readouterr().out.count(text) == 2
    # Normalised by the range of the full data.
    assert metrics["best_after_normalised"] == metrics["best_after_raw"] / 12


def test_without_data_or_network(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingDataError, match=r"python -m experiments\.data download utr"):
        load_task(config(tmp_path))
    monkeypatch.setattr("experiments.oracles.stored.WEIGHTS", tmp_path)
    with pytest.raises(MissingDataError, match=r"python -m experiments.oracles.fit utr"):
        load_task(config(data_dir))


def test_the_committed_network(real_data: Path, table: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = table
    oracle = load_oracle("utr", x, y)
    recipe = RECIPES["utr"]
    assert oracle.card["training"]["epochs"] == recipe.epochs
    assert oracle.card["held_out"]["rows"] == 19999
    _, held_out = split(len(y), recipe.held_out, oracle.card["seed"])
    some = held_out[::10]  # spread over the table, whose first rows are the best measured
    found = spearmanr(oracle.predict(x[some]), y[some])[0]
    assert found == pytest.approx(oracle.spearman, abs=0.02)
    assert oracle.spearman == pytest.approx(0.8641, abs=1e-4)


def test_2500_rows_matrix_free(data_dir: Path) -> None:
    """What the whole table's solve does, on a part of it: K is never stored."""
    designs, scores = (part[:2500] for part in utr.visible_rows(data_dir))
    data = OfflineData.from_raw(designs, scores, utr.TASK.space_of(designs))
    kernel, y = NTK(), data.y[:, None]
    matrix, ridge = kernel.matrix(data.x), 1e-6 * float(kernel.diagonal(data.x).mean())
    d, stats = ConjugateGradient().prepare(matrix, ridge).solve(y)
    assert stats.residual <= 1e-6
    assert 5 < stats.iterations < 30
    left = y - kernel.gram(data.x, None) @ d - ridge * d
    assert float(left.norm() / y.norm()) == pytest.approx(stats.residual, rel=1e-3)
