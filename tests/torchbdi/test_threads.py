"""Methods at work beside others in a process: what it has once for all of them disturbs none."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from torchbdi.methods._process import undisturbed
from torchbdi.network import seeded
from torchbdi.shared import (
    Together,
    alone_with_draws,
    draws_forgotten,
    float32_default,
    ignore_warnings,
    warnings_handled,
    warnings_told,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize("first", [0, 1])
def test_the_default_dtype_stays_until_the_last_has_left(first: int) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        threads = [float32_default(), float32_default()]
        for thread in threads:
            thread.__enter__()
        threads[first].__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float32  # the other is still at work
        threads[1 - first].__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float64
        with pytest.raises(RuntimeError, match="failed"), float32_default():
            raise RuntimeError("failed")
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_forked_process_does_not_wait_for_threads_that_it_does_not_have() -> None:
    begun, leaving = threading.Event(), threading.Event()

    def other() -> None:
        with float32_default():
            begun.set()
            leaving.wait(10)

    torch.set_default_dtype(torch.float64)
    thread = threading.Thread(target=other)
    try:
        thread.start()
        assert begun.wait(10)
        with warnings.catch_warnings(action="ignore"):  # of threads beside a fork
            process = os.fork()
        if not process:  # nothing but this: pytest is not to go on here
            found = [torch.get_default_dtype()]
            with float32_default():
                found.append(torch.get_default_dtype())
            found.append(torch.get_default_dtype())
            os._exit(found != [torch.float64, torch.float32, torch.float64])
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        assert torch.get_default_dtype() == torch.float32
    finally:
        leaving.set()
        thread.join(10)
        torch.set_default_dtype(torch.float32)


def test_signals_that_a_host_handles_are_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchbdi.methods._descent import _caught_signals  # Lightning takes seconds to import

    taken: list[int] = []
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    monkeypatch.setattr(signal, "signal", lambda number, handler: taken.append(number))
    with _caught_signals() as caught:
        assert not caught
    assert not taken


@pytest.mark.parametrize("first", [0, 1])
def test_what_was_silenced_speaks_again_when_the_last_has_left(first: int) -> None:
    from torchbdi.methods._descent import _LOGGER, _quiet

    level, filters = _LOGGER.level, [*warnings.filters]
    threads = [_quiet(), warnings_handled(lambda: warnings.simplefilter("ignore")), _quiet()]
    for thread in threads:
        thread.__enter__()
    threads.pop(first).__exit__(None, None, None)
    assert _LOGGER.level == logging.ERROR  # another is still at work
    for thread in threads:
        thread.__exit__(None, None, None)
    assert (_LOGGER.level, [*warnings.filters]) == (level, filters)


def test_warnings_are_told_to_whom_their_thread_names() -> None:
    before = warnings.showwarning
    told: dict[str, list[str]] = {"one": [], "other": []}
    both = threading.Barrier(2)

    def warn(name: str, wait: float) -> None:
        with warnings_told(told[name].append):
            both.wait(10)
            warnings.warn(name, RuntimeWarning, stacklevel=1)
            time.sleep(wait)  # the first to come is the first to go

    with warnings.catch_warnings(record=True) as others:
        warnings.simplefilter("always")
        shown = warnings.showwarning
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(warn, told, (0.0, 0.1)))
            with warnings_told(told["one"].append):
                pool.submit(warnings.warn, "a third").result()
        assert warnings.showwarning is shown
    assert told == {"one": ["one"], "other": ["other"]}
    assert [str(w.message) for w in others] == ["a third"]
    assert warnings.showwarning is before


def test_who_goes_takes_what_was_silenced_along() -> None:
    """What one has ignored stayed ignored until all others had left."""
    told: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with warnings_told(told.append):
            with warnings_handled(ignore_warnings):
                warnings.warn("ignored", stacklevel=1)
            warnings.warn("told", stacklevel=1)
            others = [warnings_handled(ignore_warnings), warnings_handled(ignore_warnings)]
            for other in others:
                other.__enter__()
            others[0].__exit__(None, None, None)
            warnings.warn("the other wants silence", stacklevel=1)
            others[1].__exit__(None, None, None)
            warnings.warn("told again", stacklevel=1)
    assert told == ["told", "told again"]


def test_a_change_that_fails_is_taken_back() -> None:
    done: list[str] = []
    together = Together(lambda: lambda: done.append("back"))

    def fails() -> None:
        raise RuntimeError("failed")

    with pytest.raises(RuntimeError, match="failed"), together(fails):
        pass
    assert done == ["back"]
    assert not together.inside


def draw(seed: int) -> list[float]:
    with undisturbed(seeded(seed), CPU):
        found = []
        for _ in range(5):
            found.append(float(torch.rand(())))
            time.sleep(1e-3)  # another thread has its turn
        return found


def test_draws_are_those_of_the_seed_in_every_thread() -> None:
    before = torch.get_rng_state()
    expected = [draw(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, range(4))) == expected
    assert torch.equal(torch.get_rng_state(), before)


def test_who_forgets_its_draws_waits_for_who_is_alone_with_them() -> None:
    begun, leaving, left = threading.Event(), threading.Event(), threading.Event()
    before = torch.get_rng_state()

    def other() -> None:
        with draws_forgotten([]):
            begun.set()
            assert leaving.wait(10)
        left.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert begun.wait(10)
    with alone_with_draws([]):
        torch.manual_seed(0)
        one = torch.rand(3)
        leaving.set()
        assert not left.wait(0.2)
        other_half = torch.rand(3)
    thread.join(10)
    assert left.is_set()
    expected = torch.rand(6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat([one, other_half]), expected)
    assert torch.equal(torch.get_rng_state(), before)
