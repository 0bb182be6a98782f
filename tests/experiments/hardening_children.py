"""What the tests of interrupted runs and downloads do in processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from forked import like_everybody_else, logged, with_little_room

from experiments.data.download import download
from experiments.data.sources import DataSet


def train(
    words: list[str],
    log: str,
    cache: str,
    room: int = 0,
    deadly: bool = False,
    plain: bool = False,
    slow: bool = False,
) -> None:
    """``python -m experiments.train``, perhaps with little room or without the rights of root.

    Args:
        words: of the command line.
        log: what it prints.
        cache: a folder for coefficients.
        room: bytes that a file may have; 0 for as many as there are.
        deadly: whether the write that goes beyond kills.
        plain: whether it may write only where everybody may.
        slow: whether its steps take long enough for others to meet it at work.
    """
    import torchbdi
    from experiments.train import main

    steps, step = [0], torchbdi.BDI.training_step

    def counted(self: torchbdi.BDI, *batch: Any) -> Any:
        steps[0] += 1
        time.sleep(0.01 if slow else 0)
        return step(self, *batch)

    torchbdi.BDI.training_step = counted  # type: ignore[method-assign]
    Path(cache).mkdir(exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = tempfile.tempdir = cache
    sys.argv = ["train", *words]

    def job() -> None:
        if plain:
            like_everybody_else()
        if room:
            with_little_room(room, deadly)
        main()
        print(f"steps done here: {steps[0]}")

    logged(job, log)


def killed_at_step(step: int, run: int = 1) -> None:
    """From now on a process is killed before some step of its n-th run of BDI."""
    import torchbdi

    runs, original = [0], torchbdi.BDI.training_step

    def killed(self: torchbdi.BDI, *batch: Any) -> Any:
        runs[0] += self.global_step == 0
        if runs[0] == run and self.global_step == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *batch)

    torchbdi.BDI.training_step = killed  # type: ignore[method-assign]


def with_folders(**folders: str) -> None:
    """From now on the tasks or methods have the files of one more folder, as if it were theirs."""
    import experiments.tasks
    from torchbdi import methods

    for package in (experiments.tasks, methods):
        name = package.__name__.rpartition(".")[2]
        package.__path__ += [folders[name]] if name in folders else []


def whose_folder_goes(
    words: list[str], log: str, cache: str, runs: str, moment: str, how: str
) -> None:
    """``python -m experiments.train``, whose folder fails under it at some moment.

    Args:
        words: of the command line.
        log: what it prints.
        cache: a folder for coefficients.
        runs: where its folder is.
        moment: "solving", "stepping" or "scoring".
        how: "vanishes", "is a file" or "turns read-only".
    """
    import torchbdi
    from experiments.runs import coefficients, finish

    def before(holder: Any, name: str, calls: int) -> None:
        original, left = getattr(holder, name), [calls]

        def going(*args: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                (folder,) = (path.parent for path in Path(runs).glob("*/config.yaml"))
                if how == "turns read-only":
                    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
                        path.chmod(0o555)
                else:
                    shutil.rmtree(folder)
                    if how == "is a file":
                        folder.touch()
            return original(*args, **options)

        setattr(holder, name, going)

    if moment == "solving":
        before(coefficients, "cached_fit", 1)
    elif moment == "stepping":
        before(torchbdi.BDI, "training_step", 8)
    else:
        before(finish, "score_designs", 1)
    train(words, log, cache, plain=True)


def search_long(policy: Path, checkpoint: Path) -> None:
    """A search for an Ant, of which the first generations are wanted."""
    from experiments.data.search import SearchConfig, search

    config = SearchConfig("ant", 0.075, 0.02, 4, 50)
    search(config, (0, 0), policy, checkpoint, tick=lambda: None)


def generate_hopper(folder: Path, config: Any, log: str) -> None:
    """A Hopper's table."""
    from experiments.data.hopper import generate

    logged(lambda: generate(0, folder, workers=1, config=config), log)


def fetch(data_set: DataSet, folder: Path, log: str, room: int = 0, plain: bool = False) -> None:
    """Fetches a data set."""

    def job() -> None:
        if plain:
            like_everybody_else()
        if room:
            with_little_room(room, deadly=False)
        try:
            download(data_set, folder)
        except Exception as error:
            sys.exit(f"{type(error).__name__}: {error}")

    logged(job, log)
