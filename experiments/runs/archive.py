"""Which runs are there already: found by their identities, whatever version made them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from torchbdi import InputError
from torchbdi.identity import canonical

from ..data.arrays import read_sealed_npy
from ..tasks import load_task
from ..tasks.assemble import request_of
from .as_begun import STATE
from .begun import identity_of
from .config import method_of
from .identity import Identity, read_object
from .results import left_out, read_runs
from .run_folder import CONFIG, RunFolder
from .settings import without_numbers
from .trajectory import is_whole, kept_designs


class Archive:
    """The run folders in one folder.

    A folder with a damaged file is named once and left out.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path):
        self.path = path
        self._outlines: dict[str, Any] = {}
        self._known: dict[Path, Identity | None] = {}
        self._damaged: set[Path] = set()
        self._checked: set[Path] = set()

    def identity(self, cfg: DictConfig) -> Identity:
        """What a run of a configuration would be, with the data that are there now.

        Raises:
            TorchBDIError: the task cannot be loaded.
        """
        name, request = request_of(cfg)
        key = canonical({"task": OmegaConf.to_container(cfg.task), "data_dir": cfg.data_dir})
        if key not in self._outlines:  # asked once: seeds change neither kind nor size
            table = load_task(cfg).data
            self._outlines[key] = without_numbers(table.space, len(table))
        method = method_of(cfg)
        return identity_of(request, name, method, self._outlines[key], int(cfg.designs))

    def finished(self, wanted: Identity, keeps: int = 0) -> Path | None:
        """The latest finished run of an identity.

        Args:
            wanted: the identity.
            keeps: steps between the designs that the run must have kept; 0 for any run.
        """
        for folder in self._same(wanted):
            if folder.is_complete and (not keeps or self._has_kept(folder, keeps)):
                return folder.path
        return None

    def interrupted(self, wanted: Identity, keeps: int = 0) -> Path | None:
        """The latest run of an identity that was begun and not finished.

        Args:
            wanted: the identity.
            keeps: steps between the designs that the run must keep; 0 for any run.
        """
        for folder in self._same(wanted):
            if not folder.is_complete and (not keeps or self._kept(folder) == keeps):
                return folder.path
        return None

    def _same(self, wanted: Identity) -> Iterator[RunFolder]:
        files = [file for name in (CONFIG, STATE) for file in self.path.glob(f"*/{name}")]
        names = {file.relative_to(self.path).parts[0] for file in files}
        for name in sorted(names, reverse=True):
            folder = RunFolder(self.path / name)
            found = self._read(folder)
            if found is not None and found.text == wanted.text:
                yield folder

    def _read(self, folder: RunFolder) -> Identity | None:
        """The identity of a folder that is whole; what is no run of now is None."""
        if folder.path in self._damaged:
            return None
        try:
            folder.config()
            if (folder.path / "versions.json").exists():
                read_object(folder.path / "versions.json")
            if folder.is_complete:
                folder.metrics()
                self._check_results(folder)
            if folder.path not in self._known:
                self._known[folder.path] = _identity(folder)
            if folder.is_complete and (lost := folder.begun.unreadable):
                raise InputError(folder.begun.damaged[min(lost)])  # one that goes on mends it
        except (InputError, OSError) as error:
            self._damaged.add(folder.path)
            left_out(str(error))
            return None
        return self._known[folder.path]

    def _check_results(self, folder: RunFolder) -> None:
        """Raises InputError where the results of a finished run cannot be read."""
        if folder.path not in self._checked:
            file = folder.path / "results.csv"
            if not file.is_file() or len(read_runs([file])) != 1:
                raise InputError(f"{file}: it has no line of results.")
            self._checked.add(folder.path)

    def _has_kept(self, folder: RunFolder, keeps: int) -> bool:
        """Whether the designs along the way are there, and whole if they are to be scored."""
        if self._kept(folder) != keeps:
            return False
        if is_whole(folder.path):
            return True
        try:
            for file in kept_designs(folder.path).values():
                read_sealed_npy(file)
        except InputError as error:
            self._damaged.add(folder.path)
            left_out(str(error))
            return False
        return True

    def _kept(self, folder: RunFolder) -> int:
        kept = OmegaConf.select(folder.config(), "trainer.trajectory_every") or 0
        return int(kept)


def _identity(folder: RunFolder) -> Identity | None:
    """What a run is; of a finished one of 0.1.0, by its line of results."""
    found = folder.identity()
    if found is None and folder.is_complete:
        runs = read_runs([folder.path / "results.csv"])
        return runs[0].identity if len(runs) == 1 else None
    return found
