"""Runs what a table or figure needs and is not there yet.

    python -m experiments.reproduce table3 tasks=tfbind8
    python -m experiments.reproduce tasks=tfbind8,hopper methods=bdi,rbf seeds=0,1

A run counts as done when a finished folder in ``out_dir`` has the same identity: task, method,
their revisions and settings, the source of the table, and the seed; an interrupted one is resumed.
Without ``seeds=`` two seeds are run, and eight where those two differ. A run that fails is named
at the end, after all others.
"""

from __future__ import annotations

import itertools
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from torchbdi import InputError, MissingDataError, MissingDependencyError, TorchBDIError
from torchbdi.kernels.files import locked
from torchbdi.methods import registry

from .paper.cells import SEEDS
from .paper.plans import GPU_METHODS, PLANS, Plan
from .paper.settings import published_words
from .runs.archive import Archive
from .runs.config import compose_config
from .runs.identity import Identity
from .runs.results import read_runs
from .runs.run_folder import refuse_package
from .runs.spread import same_computation
from .runs.trajectory import FILE, score_trajectory
from .runs.words import run_command, split_words
from .tasks.registry import task_names
from .train import RunInterruptedError, train

KEYS = ("tasks", "methods", "seeds", "out_dir")


def method_names() -> list[str]:
    """The methods that can be named on the command line."""
    return registry.names()


def reproduce(
    names: Sequence[str],
    tasks: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    out_dir: str = "runs/reproduce",
    overrides: Sequence[str] = (),
) -> list[str]:
    """Runs what is missing.

    Args:
        names: sets of PLANS; none means the grid of ``tasks`` and ``methods``.
        tasks: only these tasks.
        methods: only these methods.
        seeds: these seeds; None means two, and eight where the two differ.
        out_dir: where the folders of the runs are.
        overrides: further words for every run, such as ``data_dir=...``.

    Returns:
        What failed, one line a run.

    Raises:
        InputError: a name is wrong, or another process is at work in ``out_dir``.
        RunInterruptedError: Ctrl-C; the same command goes on.
    """
    failed: list[str] = []
    out = Path(out_dir)
    refuse_package(out)
    out.mkdir(parents=True, exist_ok=True)
    with locked(out, InputError(f"out_dir={out}: another process is at work there.")):
        archive = Archive(out)
        for task, method, setting in _grid(names, tasks, methods):
            own = published_words(method, task)
            words = [f"task={task}", f"method={method}", *own, *setting, *overrides]
            paths: list[Path] = []
            for seed in seeds if seeds is not None else range(SEEDS):
                if seeds is None and len(paths) == 2 and same_computation(read_runs(paths)):
                    print(f"{task} {method} {' '.join(setting)}: deterministic", flush=True)
                    break
                try:
                    paths.append(_run(archive, [*words, f"seed={seed}"]))
                except RunInterruptedError:
                    raise
                except Exception as error:
                    failed.append(_told([*words, f"seed={seed}"], error))
                    if isinstance(error, MissingDataError | MissingDependencyError):
                        break  # every other seed lacks it too
    return failed


def _told(words: Sequence[str], error: Exception) -> str:
    """Says at once what failed; what is no error of ours with its traceback."""
    if not isinstance(error, TorchBDIError | OSError):
        traceback.print_exception(error)
    told = f"{' '.join(words)}: {error or type(error).__name__}"
    print(f"failed: {told}", file=sys.stderr, flush=True)
    return told


def _grid(
    names: Sequence[str], tasks: Sequence[str] | None, methods: Sequence[str] | None
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for known, wanted, what in (
        (task_names(), tasks or (), "task"),
        (method_names(), methods or (), "method"),
    ):
        wrong = [name for name in wanted if name not in known]
        if wrong:
            raise InputError(f"no {what} {wrong[0]!r}. Valid: {', '.join(known)}.")
    if not names and not (tasks and methods):
        raise InputError(f"name one of {', '.join(PLANS)}, all; or give tasks= and methods=.")
    usual = [name for name in method_names() if name not in GPU_METHODS]
    seen = set()
    for plan in [PLANS[n] for n in (PLANS if "all" in names else names)] or [Plan(())]:
        missing = [task for task in plan.tasks if task not in task_names()]
        if missing and not tasks:
            print(f"left out, not there: task {', '.join(missing)}", flush=True)
        there = tasks or [task for task in plan.tasks if task in task_names()]
        for item in itertools.product(there, methods or plan.methods or usual, plan.settings):
            if item not in seen:
                seen.add(item)
                yield item


def _run(archive: Archive, words: Sequence[str]) -> Path:
    cfg, label = compose_config(words), " ".join(words)
    cfg.out_dir = str(archive.path)
    wanted, keeps = archive.identity(cfg), int(cfg.trainer.trajectory_every)
    folder = archive.finished(wanted, keeps)
    if folder is None:
        _train(archive, cfg, wanted, label)
        folder = archive.finished(wanted, keeps)
        if folder is None:
            raise TorchBDIError(f"the run has ended, and {archive.path} holds none of its identity")
    else:
        print(f"done already, in {folder.name}: {label}", flush=True)
    if keeps and not (folder / FILE).is_file():
        score_trajectory(folder)
    return folder / "results.csv"


def _train(archive: Archive, cfg: DictConfig, wanted: Identity, label: str) -> None:
    interrupted = archive.interrupted(wanted, int(cfg.trainer.trajectory_every))
    if interrupted is not None:
        print(f"\nresuming {interrupted.name}: {label}", flush=True)
        again = compose_config([])
        again.resume = str(interrupted)
        try:
            train(again)
            return
        except InputError as error:  # its rows are not today's, or its state is of another kind
            print(f"{interrupted.name} cannot be resumed ({error}).", flush=True)
    print(f"\nrunning: {label}", flush=True)
    train(cfg)


def main(words: Sequence[str]) -> None:
    """The command line."""
    names, values, rest = split_words(words, [*PLANS, "all"], KEYS)
    chosen: dict[str, Any] = {
        key: values[key].split(",") for key in ("tasks", "methods") if key in values
    }
    if "seeds" in values:
        try:
            chosen["seeds"] = [int(seed) for seed in values["seeds"].split(",")]
        except ValueError as error:
            raise InputError(f"seeds={values['seeds']}: write seeds=0,1,2.") from error
    out_dir = values.get("out_dir", "runs/reproduce")
    try:
        failed = reproduce(names, **chosen, out_dir=out_dir, overrides=rest)
    except RunInterruptedError as stop:
        raise KeyboardInterrupt(
            f"{stop}\nThe same command of experiments.reproduce does that too."
        ) from stop
    print(f"\nnext: python -m experiments.table runs={out_dir}", flush=True)
    print(f"      python -m experiments.figures runs={out_dir}", flush=True)
    if failed:
        sys.exit("failed:\n" + "\n".join(failed))


if __name__ == "__main__":
    run_command(main, __doc__)
