"""Which runs are there already: found by their configuration, data and version."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

import torchbdi

from ..tasks import load_task
from .results import neutral_title

Source = tuple[str, str, str, int]


class Archive:
    """The run folders in one folder.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path):
        self.path = path
        self._sources: dict[str, Source] = {}
        self._identities: dict[Path, list[Any]] = {}

    def finished(self, cfg: DictConfig) -> Path | None:
        """The latest finished run of a configuration, made with this version from today's data.

        A run whose data or true function is not what the task would load now does not count.
        """
        for folder in self._same(cfg):
            if not (folder / "metrics.json").is_file():
                continue
            metrics = json.loads((folder / "metrics.json").read_text())
            if metrics["version"] != torchbdi.__version__:
                continue
            title = neutral_title(metrics["title"], metrics["seed"])
            source = (title, metrics["data_source"], metrics["oracle_source"], metrics["rows"])
            if source == self._source(cfg):
                return folder
        return None

    def interrupted(self, cfg: DictConfig) -> Path | None:
        """The latest run of a configuration that was begun with this version and not finished."""
        here = importlib.metadata.version("torchbdi")
        for folder in self._same(cfg):
            versions = folder / "versions.json"
            if (folder / "metrics.json").is_file() or not versions.is_file():
                continue
            if json.loads(versions.read_text())["torchbdi"] == here:
                return folder
        return None

    def _same(self, cfg: DictConfig) -> Iterator[Path]:
        wanted = _identity(cfg)
        for file in sorted(self.path.glob("*/config.yaml"), reverse=True):
            if file not in self._identities:  # a run's config.yaml never changes
                found = OmegaConf.load(file)
                assert isinstance(found, DictConfig)
                self._identities[file] = _identity(found)
            if self._identities[file] == wanted:
                yield file.parent

    def _source(self, cfg: DictConfig) -> Source:
        """What the task would load now; asked once a task, since seeds do not change it."""
        key = json.dumps([OmegaConf.to_container(cfg.task), cfg.data_dir])
        if key not in self._sources:
            task = load_task(cfg)
            title = neutral_title(task.title, cfg.seed)
            self._sources[key] = (title, task.data_source, task.oracle_source, len(task.y_raw))
        return self._sources[key]


def _identity(cfg: DictConfig) -> list[Any]:
    """The part of a configuration that makes its result."""
    parts = [OmegaConf.select(cfg, name) for name in ("task", "method")]
    return [
        *(OmegaConf.to_container(part) for part in parts if part is not None),
        OmegaConf.select(cfg, "seed"),
        OmegaConf.select(cfg, "trainer.trajectory_every") or 0,
    ]
