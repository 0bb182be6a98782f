"""The folder of one run: configuration, identity, versions, results."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

import torchbdi
from torchbdi import InputError, kernels
from torchbdi.kernels.files import locked, write_csv, write_json, write_text

from .as_begun import STATE, AsBegun, has_work, keep_copy
from .identity import FILE as IDENTITY
from .identity import Identity, parse_object, read_object
from .quoting import setting
from .versions import versions
from .whole import HASH, METRICS, results_hash

CONFIG = "config.yaml"


class RunFolder:
    """A run's folder; files appear in it whole.

    Attributes:
        path: the folder.
        begun: its files that say what it was begun with.
    """

    def __init__(self, path: Path):
        self.path = path
        self.begun = AsBegun(path)

    @staticmethod
    def create(cfg: DictConfig) -> RunFolder:
        """Makes a new folder in ``cfg.out_dir`` and writes the configuration and versions to it.

        Raises:
            InputError: the folder cannot be made, or would be inside the package.
        """
        refuse_folder(cfg.out_dir)
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
                write_text(path / CONFIG, OmegaConf.to_yaml(cfg))
                keep_copy(path, (CONFIG,))
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
        if not path.strip():
            raise InputError("resume=: name the folder of the run that is to go on.")
        folder = RunFolder(Path(path).resolve())
        if not folder.is_run:
            raise InputError(f"resume={path}: there is no run (no config.yaml in {folder.path}).")
        folder.refuse_complete()
        cfg = folder.config()
        older = folder.has_state and not folder.is_begun
        if older or OmegaConf.select(cfg, "method.model") is not None:
            raise InputError(
                f"resume={path}: the run was begun by torchbdi 0.1.0, or its identity.json is "
                "lost. Begin a new one."
            )
        return folder, cfg

    @property
    def is_run(self) -> bool:
        """Whether there is a configuration, in its file or in the copy of it."""
        return (self.path / CONFIG).is_file() or CONFIG in self.begun.copies

    @property
    def is_begun(self) -> bool:
        """Whether it is written down what the run is."""
        return (self.path / IDENTITY).exists() or IDENTITY in self.begun.copies

    @property
    def is_complete(self) -> bool:
        """Whether the run is over."""
        return (self.path / METRICS).exists()

    @property
    def has_state(self) -> bool:
        """Whether there is anything that a run goes on from."""
        return has_work(self.path / STATE.parent) or (self.path / "last.ckpt").is_file()

    def refuse_complete(self) -> None:
        """Raises InputError where the run is over."""
        if self.is_complete:
            raise InputError(f"{self.path}: this run is complete. Its results are there.")

    def config(self) -> DictConfig:
        """The configuration that the run was begun with, or that somebody has changed it into.

        Raises:
            InputError: config.yaml is damaged, and there is no copy of it.
            OSError: it cannot be read, and there is no copy of it.
        """
        return self.begun.read(CONFIG, _configuration)

    def identity(self) -> Identity | None:
        """What the run is; None where it is not written down, as in 0.1.0.

        Raises:
            InputError: the file is damaged, and there is no copy of it.
            OSError: it cannot be read, and there is no copy of it.
        """
        return Identity.from_json(self.beginning()) if self.is_begun else None

    def beginning(self) -> dict[str, Any]:
        """The content of identity.json; raises as :meth:`identity` does."""
        return self.begun.read(IDENTITY, _of_identity)

    def metrics(self) -> dict[str, Any]:
        """The results of a complete run.

        Raises:
            InputError: the file is damaged.
            OSError: it cannot be read.
        """
        return read_object(self.path / METRICS)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes out, and clears away what a killed one was writing.

        Raises:
            InputError: another process is at work in the folder, or has ended the run meanwhile.
            OSError: the folder cannot be written.
        """
        with locked(self.path, InputError(f"{self.path}: another process is at work there.")):
            self.refuse_complete()
            (self.path / ".probe.part").touch()  # told at once, before anything long is done
            for half in self.path.rglob(".*.part"):
                half.unlink()
            yield

    def discard(self) -> None:
        """Removes the folder of a run that could not begin."""
        shutil.rmtree(self.path)

    @property
    def resume_command(self) -> str:
        """What to type into a shell to go on with the run, whatever its folder is called."""
        return f"python -m experiments.train {setting('resume', str(self.path))}"

    def write_results(self, line: dict[str, Any]) -> dict[str, Any]:
        """Writes results.csv (a header and one row), then metrics.json, the sign of completion.

        Args:
            line: a line of results, :func:`.lines.line_of`; NaN becomes an empty cell and null.

        Returns:
            What is in metrics.json: the same, with the settings as an object.
        """
        line = {k: None if v != v else v for k, v in line.items()}
        line = {**line, HASH: results_hash(line)}
        metrics = {**line, "settings": json.loads(line["settings"])}
        write_csv(self.path / "results.csv", list(line), [list(line.values())])
        write_json(self.path / METRICS, metrics)
        return metrics


def _configuration(path: Path, content: bytes) -> DictConfig:
    """Numbers and text alone."""
    try:
        text = content.decode()
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise yaml.YAMLError("it has aliases, which a run writes none of")
        cfg = OmegaConf.create(text)
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged ({error}).") from error
    if not isinstance(cfg, DictConfig) or not cfg:
        raise InputError(f"{path} is not the configuration of a run.")
    return cfg


def _of_identity(path: Path, content: bytes) -> dict[str, Any]:
    """The content of an identity.json, which is one."""
    found = parse_object(path, content)
    try:
        Identity.from_json(found)
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}") from error
    return found


def refuse_folder(out_dir: str) -> None:
    """Keeps runs out of the package's own folders, and out of names that no configuration can hold.

    Raises:
        InputError: ``out_dir`` is empty, one of these folders or inside, or has ``${`` in it.
    """
    if not out_dir.strip():
        raise InputError("out_dir=: name a folder; out_dir=. is the one you are in.")
    if "${" in out_dir:
        raise InputError(f"out_dir={out_dir}: ${{ means something else to Hydra. Name another one.")
    own = [Path(str(torchbdi.__file__)).parent, Path(str(kernels.__file__)).parent]
    for folder in (*own, Path(__file__).parents[1]):
        if Path(out_dir).resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"out_dir={out_dir} is inside the package ({folder}). Name a folder elsewhere, for "
                "instance out_dir=runs."
            )
