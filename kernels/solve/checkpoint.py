"""Checkpoints of a long solve: states that are refused where they belong to another problem."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..files import disk_of, last_good_state, write_state
from ..tensors import from_bytes, to_bytes
from .operator import GramOperator, sampled

PROBE_ROWS = 32


class SolveCheckpoint:
    """The state of a solve in one file.

    A file is taken for the same problem where the hash of the right-hand side and the sizes are
    equal and a sample of the matrix, with its ridge, agrees to 1e-9.

    Args:
        path: the file; its folder exists.
        operator: K.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.

    Raises:
        InputError: the folder does not exist.
    """

    def __init__(self, path: Path, operator: GramOperator, rhs: Tensor, ridge: float) -> None:
        if not path.parent.is_dir():
            raise InputError(
                f"{path.parent}, the folder of the solve checkpoint, does not exist. Make it first."
            )
        self.path = path
        data = rhs.detach().cpu().contiguous().numpy().tobytes()
        described = f"{tuple(rhs.shape)} {rhs.dtype}".encode()
        self.key = hashlib.sha256(described + data).hexdigest()
        _, block = sampled(operator, PROBE_ROWS)
        self.probe = torch.cat([block.flatten(), block.new_tensor([ridge])]).cpu()

    def load(self) -> dict[str, Tensor] | None:
        """The saved state, on the CPU, or None where there is none that is whole.

        What is damaged is said in a warning.

        Raises:
            InputError: the file is of another problem.
        """
        saved = last_good_state(self.path, _parse, _warn)
        if saved is None:
            return None
        key, probe, state = saved["key"], saved["probe"], saved["state"]
        same = probe.shape == self.probe.shape and torch.allclose(
            probe, self.probe, rtol=1e-9, atol=1e-9 * float(self.probe.abs().max())
        )
        ridge_same = abs(float(probe[-1]) - float(self.probe[-1])) <= 1e-9 * float(self.probe[-1])
        wrong = [
            name
            for name, fine in (
                ("right-hand side or sizes", key == self.key),
                ("matrix", same),
                ("ridge", ridge_same),
            )
            if not fine
        ]
        if wrong:
            raise InputError(
                f"{self.path} is the checkpoint of another problem; not the same: "
                f"{', '.join(wrong)}. Delete it to start anew, or give another path."
            )
        found: dict[str, Tensor] = state
        return found

    def save(self, state: dict[str, Tensor]) -> None:
        """Replaces the file in one step; the state before it is kept beside it.

        Where it cannot be written (a full disk), a warning says so, the file that was there stays,
        and the solve goes on.
        """
        content = to_bytes({"key": self.key, "probe": self.probe, "state": state})
        try:
            write_state(self.path, content)
        except OSError as error:
            kept = "the one before it stays" if self.path.exists() else "there is none yet"
            _warn(
                f"the solve checkpoint {self.path} could not be written to {disk_of(self.path)}: "
                f"{error.strerror}; {kept}, and the solve goes on. Free some disk space."
            )


def _parse(content: bytes) -> dict[str, Any]:
    saved = from_bytes(content)
    if not isinstance(saved, dict):
        raise TypeError(f"it holds a {type(saved).__name__}")
    names = set(saved["state"])
    if wanted := {"d", "r", "p", "rz", "numbers", "preconditioner"} - names:
        raise KeyError(", ".join(sorted(wanted)))
    return {"key": saved["key"], "probe": saved["probe"], "state": dict(saved["state"])}


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)
