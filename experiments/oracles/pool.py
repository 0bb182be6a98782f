"""Run a function on many designs, spread over all cores in processes of their own.

Every worker has its own pipe and holds one item at a time. So when a simulator takes its process
down with it, the design at fault is known at once, and the others are finished by a fresh worker
before the failure is reported. Results do not depend on the number of workers: each item is
computed alone, on one thread, and the results are put back in order.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from torchbdi import InputError, TorchBDIError

from .worker import READY, TICK, light_children, serve


class EvaluationError(TorchBDIError, RuntimeError):
    """Some items failed; the results of all others are kept.

    Attributes:
        failures: what went wrong, by the index of the item.
        results: one entry an item, None where it failed.
    """

    def __init__(self, failures: dict[int, str], results: list[Any], desc: str) -> None:
        self.failures = dict(sorted(failures.items()))
        self.results = results
        first = next(iter(self.failures))
        named = ", ".join(map(str, list(self.failures)[:10]))
        super().__init__(
            f"{len(failures)} of {len(results)} {desc} failed, at index {named}"
            f"{', ...' if len(failures) > 10 else ''}; all others were finished. "
            f"Index {first}: {self.failures[first]}"
        )


class _Worker:
    """A process, the pipe to it and the index of the item it is working on."""

    def __init__(self, function: Callable[..., Any], ticking: bool) -> None:
        # Not fork: a forked child would inherit the locks of torch's threads but not the threads.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.index: int | None = None
        self.process = context.Process(target=serve, args=(theirs, function, ticking), daemon=True)
        with light_children():
            self.process.start()
        theirs.close()  # so that the death of the process shows as the end of the pipe

    def send(self, index: int, arguments: tuple[Any, ...]) -> None:
        self.index = index
        with suppress(OSError):  # a process that died meanwhile is found at the next receive
            self.pipe.send((index, arguments))

    def stop(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()

    def post_mortem(self) -> tuple[int, str]:
        """The index of the item on which the process died, and how it died."""
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode or 0
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if self.index is None:
            raise TorchBDIError(
                f"a worker process ended with {cause} before it could take work; its own message, "
                "if any, stands above. Is the memory full?"
            )
        return self.index, f"its process ended with {cause}"


def available_cores() -> int:
    """The cores this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_all(
    function: Callable[..., Any],
    items: Sequence[tuple[Any, ...]],
    *,
    workers: int | None = None,
    desc: str = "items",
    ticks: int | None = None,
) -> list[Any]:
    """Call ``function(*item)`` for every item, in worker processes.

    Args:
        function: importable by name from a fresh process, so not from ``__main__``.
        items: the arguments of each call.
        workers: number of processes; by default one a core.
        desc: what the items are, in the plural, for the progress bar and for errors.
        ticks: for long items: the function is also given ``tick=``, which it calls this many
            times to move the bar on.

    Returns:
        The results, in the order of the items.

    Raises:
        InputError: workers is less than 1.
        EvaluationError: a call raised or ended its process; all other items are finished first.
        TorchBDIError: a worker process could not start.
    """
    workers = available_cores() if workers is None else workers
    if workers < 1:
        raise InputError(f"workers must be at least 1, got {workers}")
    results: list[Any] = [None] * len(items)
    failures: dict[int, str] = {}
    todo = deque(enumerate(items))
    team: dict[Connection, _Worker] = {}

    def hire() -> None:
        worker = _Worker(function, ticks is not None)
        team[worker.pipe] = worker

    try:
        for _ in range(min(workers, len(items))):
            hire()
        with tqdm(total=len(items) * (ticks or 1), desc=desc) as bar:
            while team:
                for pipe in cast(list[Connection], wait(list(team))):
                    worker = team[pipe]
                    try:
                        message = pipe.recv()
                    except (EOFError, OSError):
                        del team[pipe]
                        index, failures[index] = worker.post_mortem()
                        if todo:
                            hire()
                        continue
                    if message == TICK:
                        bar.update()
                        continue
                    if message != READY:
                        index, results[index], error = message
                        if error is not None:
                            failures[index] = error
                        elif ticks is None:
                            bar.update()
                    if todo:
                        worker.send(*todo.popleft())
                    else:
                        team.pop(pipe).stop()
    finally:
        for worker in team.values():
            worker.stop()
    if failures:
        raise EvaluationError(failures, results, desc)
    return results


def evaluate(
    function: Callable[..., float],
    designs: Sequence[NDArray[np.generic]] | NDArray[np.generic],
    *arguments: Any,
    workers: int | None = None,
    desc: str = "designs",
) -> NDArray[np.float64]:
    """Score every design: ``function(design, *arguments)``, over all cores.

    Args:
        function: the true function; importable by name, so not from ``__main__``.
        designs: (N, ...) or a sequence of N arrays.
        arguments: passed on with every design, for example the seed of the start state.
        workers: number of processes; by default one a core.
        desc: what the designs are, in the plural, for the progress bar and for errors.

    Returns:
        (N,) scores, float64.

    Raises:
        InputError, EvaluationError, TorchBDIError: see ``run_all``.
    """
    items = [(design, *arguments) for design in designs]
    return np.array(run_all(function, items, workers=workers, desc=desc), dtype=np.float64)
