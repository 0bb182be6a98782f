"""The main job: ``python -m experiments.train task=tfbind8 method=bdi [name=value ...]``."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hydra
import torch
from omegaconf import DictConfig

from torchbdi import InputError, TorchBDIError
from torchbdi.streams import printable

from .runs.begun import check_same, identity_of, keep_as_begun, write_identity
from .runs.config import method_of, register_choices, validate
from .runs.failing import MethodFailedError, method_told, print_traceback
from .runs.finish import finish
from .runs.identity import Identity
from .runs.overrides import check_overrides, flags_first
from .runs.published import departure
from .runs.recorder import Recorder
from .runs.run_folder import CONFIG, RunFolder
from .runs.stopping import stop_by_sigterm
from .runs.sweep import failures_of_sweep, note_failure
from .runs.usage import usage
from .tasks import load_task
from .tasks.assemble import request_of, seeded
from .tasks.task import Task


class RunInterruptedError(TorchBDIError):
    """Ctrl-C ended a run, which can be resumed."""


def train(cfg: DictConfig) -> dict[str, Any]:
    """Runs one job from data to scored proposals.

    Args:
        cfg: the composed configuration (conf/config.yaml).

    Returns:
        The metrics, as in metrics.json.

    Raises:
        TorchBDIError: bad configuration, missing data, a method that failed, or an interrupted run.
    """
    start = time.perf_counter()
    fresh = cfg.resume is None
    if fresh:
        cfg = validate(cfg)
        folder = RunFolder.create(cfg)
    else:
        folder, cfg = RunFolder.reopen(str(cfg.resume))
        cfg = _validated(folder, cfg)
    recorder: Recorder | None = None
    try:
        # The rest of a grid works where it did, wherever a method or a simulator went.
        with contextlib.chdir(Path()), _ways_on(folder), folder.alone():
            print(f"run folder: {folder.path}", flush=True)
            folder.begun.mend()
            try:
                device = device_of(cfg)
                task = load_task(cfg)
                recorder = Recorder(
                    seed=cfg.seed,
                    device=device,
                    checkpoint_every=cfg.trainer.checkpoint_every,
                    path=folder.path,
                    trajectory_every=cfg.trainer.trajectory_every,
                    designs=cfg.designs,
                    width=task.data.x.shape[1],
                    bars=cfg.trainer.progress_bar,
                    start=start,
                )
                with method_told(cfg.method.name):
                    identity = _begin(cfg, folder, task)
                    with seeded(cfg.seed):
                        result = method_of(cfg).solve(task.data, cfg.designs, recorder)
            except TorchBDIError as error:
                if fresh and (recorder is None or not recorder.begun):
                    folder.discard()  # nothing has been done that could be gone on with
                elif isinstance(error, MethodFailedError):
                    _add_way_on(error, folder)
                raise
            try:
                return finish(cfg, folder, task, recorder, identity, result)
            except TorchBDIError as error:  # of what a task or a method gives: to be mended there
                _add_way_on(error, folder)
                raise
    finally:
        if recorder is not None:
            with contextlib.suppress(OSError):  # of a disk that has failed already
                recorder.close()


@contextlib.contextmanager
def _ways_on(folder: RunFolder) -> Iterator[None]:
    """Says how a run goes on that Ctrl-C ends, or a file that cannot be read or written.

    Raises:
        RunInterruptedError: Ctrl-C came.
        TorchBDIError: a file cannot be read or written, or the folder has vanished.
    """
    try:
        yield
    except KeyboardInterrupt as stop:
        raise RunInterruptedError(
            f"{' '.join(['stopped', str(stop)]).strip()}; nothing is lost. Go on with:\n"
            f"  {folder.resume_command}"
        ) from stop
    except OSError as error:
        if isinstance(error, TorchBDIError):
            raise
        if not folder.path.is_dir():
            raise TorchBDIError(
                f"{folder.path}: the folder vanished while the run was at work in it "
                f"({error.strerror or error}). Give the command of its beginning again."
            ) from error
        raise TorchBDIError(
            f"{error.filename or folder.path}: cannot be read or written "
            f"({error.strerror or error}). "
            f"Nothing is lost. Once it can, go on with:\n  {folder.resume_command}"
        ) from error


def _add_way_on(error: TorchBDIError, folder: RunFolder) -> None:
    error.args = (f"{error}\nThen go on with:\n  {folder.resume_command}",)


def _validated(folder: RunFolder, cfg: DictConfig) -> DictConfig:
    """The checked configuration of a run that goes on."""
    try:
        return validate(cfg)
    except InputError as error:
        if CONFIG not in folder.begun.changed:
            raise
        raise InputError(
            f"{error} {folder.path / CONFIG} was changed by hand since the run began: mend it, or "
            "remove it, and the run goes on as it was begun."
        ) from error


def _begin(cfg: DictConfig, folder: RunFolder, task: Task) -> Identity:
    """Writes down what the run is, or compares it with what it was when it began."""
    n, d = task.data.x.shape
    print(f"task {task.name} ({task.title}): {n} rows, D = {d}. {task.sources}", flush=True)
    if not 1 <= cfg.designs <= n:
        raise InputError(f"designs={cfg.designs}: the table has {n} rows. Ask for fewer.")
    name, request = request_of(cfg)
    identity = identity_of(request, name, method_of(cfg), task.data, cfg.designs)
    if folder.is_begun:
        try:
            check_same(folder, identity, task.data)
        finally:
            folder.begun.mend()
        keep_as_begun(folder)
    else:
        write_identity(folder, identity, task.data)
        if told := departure(cfg.method.name, task.name, identity.settings):
            print(told, flush=True)
    return identity


def device_of(cfg: DictConfig) -> torch.device:
    """Where the large solve and the training are done. Other GPUs than CUDA's have no float64.

    Raises:
        InputError: a GPU is asked for and there is none.
    """
    wanted, there = cfg.trainer.accelerator, torch.cuda.is_available()
    if wanted == "gpu" and not there:
        raise InputError("trainer.accelerator=gpu: torch finds no CUDA GPU. Use auto or cpu.")
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


@hydra.main(version_base="1.3", config_path="conf", config_name="config")
def _job(cfg: DictConfig) -> None:
    try:
        train(cfg)
    except RunInterruptedError as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if note_failure(error):  # one of several: the others are done all the same
            return
        if not isinstance(error, TorchBDIError):
            raise
        print_traceback(error)
        sys.exit(f"error: {error}")


def main() -> None:
    """The command line."""
    printable()
    words = sys.argv[1:]
    try:
        if {"-h", "--help"} & set(words):
            print(usage(words))
            return
        check_overrides(words)
        sys.argv[1:] = flags_first(words)
        register_choices()
    except TorchBDIError as error:
        sys.exit(f"error: {error}")
    stop_by_sigterm()
    with failures_of_sweep() as failures:
        _job()
    if failed := failures():
        sys.exit("failed:\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
