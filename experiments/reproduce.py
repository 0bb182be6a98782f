"""Runs what a table or figure needs and is not there yet.

    python -m experiments.reproduce table3 tasks=tfbind8
    python -m experiments.reproduce tasks=tfbind8,hopper methods=bdi,rbf seeds=0,1

What can be named: table1 to table3, a1 to a4, fig2 to fig4, steps, alpha, scores, exact, affinity,
paired, checks, defects (docs/paper.md says what each is), and ``all``; or tasks and methods. Other
words are settings, as of experiments.train. Runs go to ``out_dir=``, runs/reproduce by itself.

A run counts as done when a finished folder in ``out_dir`` has the same identity: task, method,
their revisions and settings, the source of the table, and the seed; an interrupted one is resumed.
Without ``seeds=`` two seeds are run, and eight where those two differ. A run that fails is named
at the end, after all others. ``jobs=2`` runs two at a time, each with its share of the cores, and
``collect=docs/results/runs.csv`` adds the lines of finished runs to that file as it goes on.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from torchbdi import InputError, MissingDataError, MissingDependencyError, TorchBDIError
from torchbdi.kernels.files import locked

from .oracles.pool import available_cores
from .paper.cells import SEEDS
from .paper.plans import PLANS, varied
from .paper.wanted import plans_of, wanted_cells
from .runs.apart import each_apart
from .runs.archive import Archive
from .runs.collection import add_runs, check_collection
from .runs.config import compose_config
from .runs.failing import print_traceback
from .runs.identity import Identity
from .runs.overrides import check_overrides, check_shared, takes
from .runs.published import published_words
from .runs.results import read_runs
from .runs.run_folder import refuse_folder
from .runs.spread import same_computation
from .runs.trajectory import is_whole, score_trajectory
from .runs.words import run_command, seed_words, split_words
from .train import RunInterruptedError, train

KEYS = ("tasks", "methods", "seeds", "out_dir", "jobs", "collect")
DIED = (
    "its process was killed, as a system does that is short of memory, or it crashed. The same "
    "command goes on from there; fewer jobs= take less memory."
)


@dataclass(frozen=True)
class Outcome:
    """What runs of one cell of a table ended in.

    Attributes:
        paths: the results.csv of those that are finished.
        failed: the others, one line each.
    """

    paths: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def reproduce(
    names: Sequence[str],
    tasks: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    seeds: Sequence[int] | None = None,
    out_dir: str = "runs/reproduce",
    jobs: int = 1,
    collect: str | None = None,
    overrides: Sequence[str] = (),
) -> list[str]:
    """Runs what is missing.

    Args:
        names: sets of PLANS; none means the grid of ``tasks`` and ``methods``.
        tasks: only these tasks.
        methods: only these methods.
        seeds: these seeds; None means two, and eight where the two differ.
        out_dir: where the folders of the runs are.
        jobs: cells worked on at once, in processes that share the cores. A run's designs depend
            on the threads in their last digits, so that they may differ from those of one job.
        collect: CSV file to which the lines of finished runs are added, cell by cell.
        overrides: further words for every run, such as ``data_dir=...``.

    Returns:
        What failed, one line a run.

    Raises:
        InputError: a name is wrong, or another process is at work in ``out_dir``.
        RunInterruptedError: Ctrl-C; the same command goes on.
    """
    failed: list[str] = []
    refuse_folder(out_dir)
    out = Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    if collect is not None:
        check_collection(Path(collect))
    grid = list(wanted_cells(names, tasks, methods))
    check_shared(overrides, [(task, method) for task, method, _ in grid], varied(plans_of(names)))
    cells = [
        [f"task={task}", f"method={method}", *published_words(method, task), *setting, *overrides]
        for task, method, setting in grid
    ]
    with locked(out, InputError(f"out_dir={out}: another process is at work there.")):
        for ended in _work(out, cells, seeds, jobs):
            failed += ended.failed
            if collect is not None and ended.paths:
                add_runs(Path(collect), read_runs(ended.paths))
    return failed


def _work(
    out: Path, cells: Sequence[Sequence[str]], seeds: Sequence[int] | None, jobs: int
) -> Iterable[Outcome]:
    """Every cell as it is finished; in processes of their own where there are several jobs."""
    if jobs == 1:
        archive = Archive(out)
        for words in cells:
            yield _cell(archive, words, seeds)
        return
    threads = os.environ.setdefault("OMP_NUM_THREADS", str(max(1, available_cores() // jobs)))
    print(f"{jobs} at a time, {threads} threads each", flush=True)
    pieces = [(out, words, seeds) for words in cells]
    yield from each_apart(_cell_apart, pieces, jobs, lambda piece: _died(piece[1]))


def _died(words: Sequence[str]) -> Outcome:
    """What a cell comes to whose process was killed."""
    return Outcome(failed=[_told(words, TorchBDIError(DIED))])


def _cell_apart(out: Path, words: Sequence[str], seeds: Sequence[int] | None) -> Outcome:
    """A cell in a process of its own, without progress bars, which would mix."""
    return _cell(Archive(out), [*words, "trainer.progress_bar=false"], seeds)


def _cell(archive: Archive, words: Sequence[str], seeds: Sequence[int] | None) -> Outcome:
    """The runs of one cell, seed by seed."""
    ended = Outcome()
    for seed in seeds if seeds is not None else range(SEEDS):
        if seeds is None and len(ended.paths) == 2 and same_computation(read_runs(ended.paths)):
            print(f"{' '.join(words)}: deterministic", flush=True)
            break
        try:
            ended.paths.append(_run(archive, [*words, f"seed={seed}"]))
        except RunInterruptedError:
            raise
        except Exception as error:
            ended.failed.append(_told([*words, f"seed={seed}"], error))
            if isinstance(error, MissingDataError | MissingDependencyError):
                break  # every other seed lacks it too
    return ended


def _told(words: Sequence[str], error: Exception) -> str:
    """Says at once what failed; what is no error of ours with its traceback."""
    print_traceback(error)
    told = f"{' '.join(words)}: {error or type(error).__name__}"
    print(f"failed: {told}", file=sys.stderr, flush=True)
    return told


def _run(archive: Archive, words: Sequence[str]) -> Path:
    task, method = (word.partition("=")[2] for word in words[:2])
    for word in words[2:]:
        if not takes(task, method, word):  # it is meant for other cells
            check_overrides([*words[:2], word])
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
    if keeps and not is_whole(folder):
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
    chosen["seeds"] = seed_words(values)
    if "jobs" in values:
        if not values["jobs"].isdecimal() or not int(values["jobs"]):
            raise InputError(f"jobs={values['jobs']}: write jobs=2.")
        chosen["jobs"] = int(values["jobs"])
    if "collect" in values:
        chosen["collect"] = values["collect"]
    out_dir = values.get("out_dir", "runs/reproduce")
    try:
        failed = reproduce(names, **chosen, out_dir=out_dir, overrides=rest)
    except RunInterruptedError as stop:
        raise KeyboardInterrupt(
            f"{stop}\nThe same command of experiments.reproduce does that too."
        ) from stop
    runs = shlex.quote(f"runs={out_dir}")
    print(f"\nnext: python -m experiments.table {runs}", flush=True)
    print(f"      python -m experiments.figures {runs}", flush=True)
    if failed:
        sys.exit("failed:\n" + "\n".join(failed))


if __name__ == "__main__":
    run_command(main, __doc__)
