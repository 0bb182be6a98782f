"""The folder of one run: configuration, versions, results."""

from __future__ import annotations

import importlib.metadata
import os
import pickle
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from torchbdi import InputError
from torchbdi.kernels.files import locked, write_csv, write_json, write_text

PACKAGES = ("torch", "lightning", "numpy", "design-bench", "scikit-learn", "gymnasium", "mujoco")


class RunFolder:
    """A run's folder; files appear in it whole.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path):
        self.path = path

    @staticmethod
    def create(cfg: DictConfig) -> RunFolder:
        """Makes a new folder in ``cfg.out_dir`` and writes the configuration and versions to it.

        Raises:
            InputError: the folder cannot be made.
        """
        stamp = time.strftime("%Y%m%d-%H%M%S")
        stem = f"{cfg.task.name}-{cfg.method.name}-seed{cfg.seed}-{stamp}"
        for attempt in range(1000):
            path = Path(cfg.out_dir).resolve() / (stem + (f"-{attempt + 1}" if attempt else ""))
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue  # another run of the same second
            except OSError as error:
                raise InputError(f"out_dir: cannot make {path} ({error}).") from error
            try:
                write_json(path / "versions.json", versions())
                write_text(path / "config.yaml", OmegaConf.to_yaml(cfg))
            except OSError as error:
                shutil.rmtree(path, ignore_errors=True)
                raise InputError(f"out_dir: cannot write to {path} ({error}).") from error
            return RunFolder(path)
        raise InputError(f"out_dir: a thousand runs named {stem} are there already.")

    @staticmethod
    def reopen(path: str) -> tuple[RunFolder, DictConfig]:
        """Opens the folder of an interrupted run.

        Raises:
            InputError: there is no run, nothing to resume, or the run is complete.
            OSError: config.yaml cannot be read.
        """
        folder = RunFolder(Path(path).resolve())
        if not (folder.path / "config.yaml").is_file():
            raise InputError(f"resume={path}: there is no run (no config.yaml in {folder.path}).")
        if (folder.path / "metrics.json").is_file():
            raise InputError(f"resume={path}: this run is complete. Its results are there.")
        try:
            cfg = OmegaConf.load(folder.path / "config.yaml")  # it makes numbers and text alone
        except (yaml.YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
            raise InputError(f"resume={path}: config.yaml is damaged ({error}).") from error
        if not isinstance(cfg, DictConfig):
            raise InputError(f"resume={path}: config.yaml is not the configuration of a run.")
        return folder, cfg

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes out, and clears away what a killed one was writing.

        Raises:
            InputError: another process is at work in the folder.
            OSError: the folder cannot be written.
        """
        with locked(self.path, InputError(f"{self.path}: another process is at work there.")):
            (self.path / ".probe.part").touch()  # told at once, before anything long is done
            for half in self.path.rglob(".*.part"):
                half.unlink()
            yield

    def discard(self) -> None:
        """Removes the folder of a run that could not begin."""
        shutil.rmtree(self.path)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint that a resumed run starts from."""
        return self.path / "last.ckpt"

    @property
    def resume_command(self) -> str:
        """What to type to go on with the run."""
        return f"python -m experiments.train resume={self.path}"

    def checkpoint_step(self) -> int:
        """Steps done when the checkpoint was written.

        Raises:
            InputError: the file is damaged, or holds more than tensors and plain values.
        """
        try:
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            return int(state["global_step"])
        except (pickle.UnpicklingError, RuntimeError, KeyError, TypeError, EOFError) as error:
            reason = str(error).split("\n")[0]
            raise InputError(
                f"{self.checkpoint} is no checkpoint of a run ({reason}). Delete it, and "
                "the run begins anew."
            ) from error

    def write_results(self, metrics: dict[str, Any]) -> None:
        """Writes results.csv (a header and one row), then metrics.json, the sign of completion."""
        write_csv(self.path / "results.csv", list(metrics), [list(metrics.values())])
        write_json(self.path / "metrics.json", metrics)


def versions() -> dict[str, str]:
    """Versions of the code and of what it stands on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in ("torchbdi", *PACKAGES):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    found["commit"] = _commit()
    found["threads"] = os.environ.get("OMP_NUM_THREADS", "") or str(os.cpu_count())
    return found


def _commit() -> str:
    root = Path(__file__).parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
