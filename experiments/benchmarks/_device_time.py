"""How long calls take, of a whole call and on the device alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping

import torch

AHEAD = 9  # calls that the host asks for while the device sleeps
HEAD_START = 20_000_000  # cycles of that sleep, 10 ms and more


def event_medians(
    device: torch.device, works: Mapping[str, Iterator[Callable[[], object]]], rounds: int
) -> dict[str, float]:
    """Median seconds of a call of each, in turns, from before it is asked for until it is done."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 2):
        for name, calls in works.items():
            work = next(calls)
            if device.type == "cuda":
                start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                torch.cuda.synchronize(device)
                start.record()
                work()
                end.record()
                end.synchronize()
                spent = start.elapsed_time(end) / 1e3
            else:
                before = time.perf_counter()
                work()
                spent = time.perf_counter() - before
            if turn >= 2:
                seconds[name].append(spent)
    return {name: statistics.median(s) for name, s in seconds.items()}


def device_seconds(device: torch.device, calls: Iterator[Callable[[], object]]) -> float:
    """Median seconds of a call on the device, which is kept busy until the host is ahead of it."""
    next(calls)()
    events = []
    torch.cuda.synchronize(device)
    torch.cuda._sleep(HEAD_START)
    for _ in range(AHEAD):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        next(calls)()
        end.record()
        events.append((start, end))
    torch.cuda.synchronize(device)
    return statistics.median(start.elapsed_time(end) for start, end in events) / 1e3
