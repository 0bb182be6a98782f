"""Checkpoints of a long solve: written atomically, refused where they belong to another problem."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import warnings
from pathlib import Path

import torch
from torch import Tensor

from ..errors import InputError
from .operator import GramOperator

PROBE_ROWS = 32
UNREADABLE = (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError)


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
            raise InputError(f"{path.parent}, the folder of the solve checkpoint, does not exist.")
        self.path = path
        data = rhs.detach().cpu().contiguous().numpy().tobytes()
        described = f"{tuple(rhs.shape)} {rhs.dtype}".encode()
        self.key = hashlib.sha256(described + data).hexdigest()
        rows = torch.linspace(0, operator.n - 1, min(operator.n, PROBE_ROWS)).long().unique()
        rows = rows.to(operator.device)
        block = torch.empty(len(rows), len(rows), dtype=rhs.dtype, device=rhs.device)
        operator.fill(rows, rows, block)
        self.probe = torch.cat([block.flatten(), block.new_tensor([ridge])]).cpu()

    def load(self) -> dict[str, Tensor] | None:
        """The saved state, on the CPU, or None where there is no file.

        Raises:
            InputError: the file is of another problem or cannot be read.
        """
        if not self.path.exists():
            return None
        remedy = "Delete it to start anew, or give another path."
        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            if not isinstance(saved, dict):
                raise TypeError(f"it holds a {type(saved).__name__}")
            key, probe, state = saved["key"], saved["probe"], saved["state"]
        except UNREADABLE as error:
            raise InputError(
                f"{self.path} is not a readable solve checkpoint ({error}). {remedy}"
            ) from error
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
                f"{', '.join(wrong)}. {remedy}"
            )
        return dict(state)

    def save(self, state: dict[str, Tensor]) -> None:
        """Replaces the file in one step.

        Where it cannot be written (a full disk), a warning says so, the file that was there stays,
        and the solve goes on.
        """
        buffer = io.BytesIO()
        torch.save({"key": self.key, "probe": self.probe, "state": state}, buffer)
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as file:
                file.write(buffer.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            kept = "the one before it stays" if self.path.exists() else "there is none yet"
            warnings.warn(
                f"the solve checkpoint {self.path} could not be written ({error}); {kept}, and the "
                "solve goes on. Free some disk space.",
                RuntimeWarning,
                stacklevel=2,
            )
