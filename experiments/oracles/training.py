"""Training a network that stands for a true function; interrupted at any moment, it goes on."""

from __future__ import annotations

import hashlib
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn
from tqdm import tqdm

from torchbdi import InputError
from torchbdi.kernels.files import last_good_state, write_state
from torchbdi.kernels.tensors import from_bytes, to_bytes

from .recipes import Recipe

#: Seconds between checkpoints.
CHECKPOINT_EVERY = 60.0


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        network: on the CPU, in evaluation mode; its outputs are standardised scores.
        mean: of all scores.
        std: of all scores.
        rows: of the table, held-out ones included.
        held_out: number of held-out rows.
        spearman: rank correlation of prediction and score on the held-out rows.
        rmse: root mean square error there, in the units of the scores.
        history: the rank correlation after each epoch.
        minutes: of training, all sittings together.
        cpu_minutes: the processor's.
        device: "cpu" or "cuda".
    """

    network: nn.Module
    mean: float
    std: float
    rows: int
    held_out: int
    spearman: float
    rmse: float
    history: list[float]
    minutes: float
    cpu_minutes: float
    device: str


def letters_hash(x: np.ndarray, y: np.ndarray) -> str:
    """SHA-256 of a table of letters and scores, as the cards of stored oracles have it.

    :func:`torchbdi.identity.table_hash` is that of float64 features, and another one.

    Args:
        x: letters, (N, L), which count as int32.
        y: scores, (N,), which count as float32.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(f"{x.shape} {y.shape}".encode())
    digest.update(np.ascontiguousarray(x, dtype="<i4").tobytes())
    digest.update(np.ascontiguousarray(y, dtype="<f4").tobytes())
    return digest.hexdigest()


def split(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers for training and held-out ones, drawn without replacement."""
    order = np.random.default_rng([seed, 0]).permutation(n)
    held_out = int(share * n)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def fit_network(
    recipe: Recipe,
    x: np.ndarray,
    y: np.ndarray,
    seed: int,
    checkpoint: Path,
    stop_after: int | None = None,
    checkpoint_every: float = CHECKPOINT_EVERY,
) -> Fitted | None:
    """Trains on the squared error of standardised scores.

    The random numbers of a step depend on the seed and the step alone, so a training that was
    killed and went on ends with the weights of one that was not.

    Args:
        recipe: network and settings.
        x: letters, (N, L), integers.
        y: scores, (N,).
        seed: seeds the split, the initial weights, the order of rows and dropout.
        checkpoint: where the state is kept; its folder must exist. A state that is found there is
            gone on with. One that is damaged, or of another recipe, table or seed, is said, and
            the training begins anew.
        stop_after: stop after this step, as a kill would; for tests.
        checkpoint_every: seconds between two writes of the state.

    Returns:
        The trained network, or None where ``stop_after`` came first.
    """
    train, held_out = split(len(y), recipe.held_out, seed)
    y = y.astype(np.float64)
    mean, std = float(y.mean()), float(y.std())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    letters = torch.from_numpy(x.astype(np.int64)).to(device)
    target = torch.from_numpy(((y - mean) / std).astype(np.float32)).to(device)
    per_epoch = math.ceil(len(train) / recipe.batch)
    steps = per_epoch * recipe.epochs
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = recipe.network().to(device)
        # Keras' epsilon.
        optimiser = torch.optim.Adam(network.parameters(), lr=recipe.lr, eps=1e-7)
        state = _State.load(checkpoint, _told(recipe, network, x, y, seed), network, optimiser)
        bar = tqdm(
            total=steps,
            initial=state.step,
            desc=f"{recipe.task}: training",
            mininterval=0.2 if sys.stderr.isatty() else 30,
        )
        order = np.empty(0, dtype=np.int64)
        while state.step < steps:
            epoch, place = divmod(state.step, per_epoch)
            if not place or not len(order):
                order = np.random.default_rng([seed, 1 + epoch]).permutation(train)
            rows = torch.from_numpy(order[place * recipe.batch :][: recipe.batch]).to(device)
            for group in optimiser.param_groups:
                group["lr"] = recipe.lr * 0.5 * (1 + math.cos(math.pi * state.step / steps))
            torch.manual_seed((seed + 1) * 10**9 + state.step)  # dropout
            network.train()
            loss = (network(letters[rows]) - target[rows]).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            state.step += 1
            bar.update()
            if state.step % per_epoch == 0:
                predicted = predict(network, letters[held_out], recipe.batch)
                state.history.append(float(spearmanr(predicted, y[held_out])[0]))
                bar.set_postfix_str(f"epoch {epoch + 1}: held-out {state.history[-1]:.4f}")
            if state.due(checkpoint_every) or state.step == steps:
                state.save(checkpoint, network, optimiser)
            if state.step == stop_after:
                return None
        bar.close()
    predicted = predict(network, letters[held_out], recipe.batch) * std + mean
    state.tick()
    return Fitted(
        network=network.cpu().eval(),
        mean=mean,
        std=std,
        rows=len(y),
        held_out=len(held_out),
        spearman=float(spearmanr(predicted, y[held_out])[0]),
        rmse=float(np.sqrt(np.mean((predicted - y[held_out]) ** 2))),
        history=state.history,
        minutes=state.seconds / 60,
        cpu_minutes=state.cpu_seconds / 60,
        device=device,
    )


def predict(network: nn.Module, letters: Tensor, batch: int) -> np.ndarray:
    """Standardised scores (n,), float64, of letters (n, L), computed ``batch`` rows at a time."""
    network.eval()
    with torch.no_grad():
        parts = [network(part).double().cpu() for part in letters.split(batch)]
    return torch.cat(parts).numpy()


def _told(recipe: Recipe, network: nn.Module, x: np.ndarray, y: np.ndarray, seed: int) -> str:
    """All that a training depends on, as text."""
    numbers = recipe.held_out, recipe.epochs, recipe.batch, recipe.lr, seed
    return f"{numbers} {letters_hash(x, y)} {network}"


class _State:
    """Where a training is: what it is of, the step, the results so far and the time they took."""

    def __init__(self, of: str, content: dict[str, Any]):
        self.of = of
        self.step: int = content.get("step", 0)
        self.history: list[float] = content.get("history", [])
        self.seconds: float = content.get("seconds", 0.0)
        self.cpu_seconds: float = content.get("cpu_seconds", 0.0)
        self._since = (time.perf_counter(), time.process_time())
        self._saved = time.perf_counter()

    @staticmethod
    def load(path: Path, of: str, network: nn.Module, optimiser: torch.optim.Optimizer) -> _State:
        def parse(whole: bytes) -> dict[str, Any]:
            found: dict[str, Any] = from_bytes(whole)
            if found.get("of") != of:
                raise InputError("it is of another training")
            return found

        content = last_good_state(path, parse, print)
        if content is None:
            return _State(of, {})
        network.load_state_dict(content["network"])
        optimiser.load_state_dict(content["optimiser"])
        print(f"going on from step {content['step']} ({path})", flush=True)
        return _State(of, content)

    def due(self, seconds: float) -> bool:
        return time.perf_counter() - self._saved > seconds

    def tick(self) -> None:
        now = (time.perf_counter(), time.process_time())
        self.seconds += now[0] - self._since[0]
        self.cpu_seconds += now[1] - self._since[1]
        self._since = now

    def save(self, path: Path, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        self.tick()
        content = {
            "of": self.of,
            "step": self.step,
            "history": self.history,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
        }
        write_state(path, to_bytes(content))
        self._saved = time.perf_counter()
