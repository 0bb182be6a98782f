from __future__ import annotations

import os
import sys

import numpy as np
import pool_functions
import pytest

from experiments.oracles.pool import EvaluationError, available_cores, evaluate, run_all
from torchbdi import InputError

DESIGNS = np.arange(10.0)[:, None]


@pytest.mark.parametrize("workers", [1, 3])
def test_scores_come_back_in_order(workers):
    scores = evaluate(pool_functions.double, DESIGNS, 0.5, workers=workers)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(scores, 2 * DESIGNS[:, 0] + 0.5)


def test_same_bits_whatever_the_number_of_workers():
    one, two = (evaluate(pool_functions.matrix_power, DESIGNS[:4], workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_no_designs_no_processes():
    assert evaluate(pool_functions.double, DESIGNS[:0]).shape == (0,)


def test_crashes_and_exceptions_name_the_design_and_keep_the_rest():
    with pytest.raises(EvaluationError) as caught:
        evaluate(pool_functions.die_on_some, DESIGNS, workers=2)
    error = caught.value
    assert list(error.failures) == [3, 5, 8]
    assert "exit code 7" in error.failures[3]
    assert "design five is odd" in error.failures[5]
    assert "SIGSEGV" in error.failures[8]
    assert error.results == [0, 1, 2, None, 4, None, 6, 7, None, 9]
    assert "3 of 10 designs failed, at index 3, 5, 8" in str(error)


def test_a_crash_of_every_worker_at_once_loses_nothing():
    designs = DESIGNS[[3, 3, 3, 3, 1]]
    with pytest.raises(EvaluationError) as caught:
        evaluate(pool_functions.die_on_some, designs, workers=2)
    assert list(caught.value.failures) == [0, 1, 2, 3]
    assert caught.value.results[4] == 1


def test_workers_are_separate_light_and_single_threaded(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    main = sys.modules["__main__"]
    told = run_all(pool_functions.tell_surroundings, [(d,) for d in DESIGNS[:1]], workers=1)[0]
    assert told["pid"] != os.getpid()
    assert told["threads"] == "1"
    assert told["main_file"] is None
    # Nothing of this is left behind in the parent.
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert sys.modules["__main__"] is main


def test_ticks_move_the_bar(capfd):
    assert run_all(pool_functions.count_up, [(4,), (4,)], workers=1, desc="runs", ticks=4) == [4, 4]
    bar = capfd.readouterr().err
    assert "runs: 100%" in bar and "8/8" in bar


def test_the_bar_counts_designs(capfd):
    evaluate(pool_functions.double, DESIGNS[:2], workers=1, desc="policies")
    assert "policies: 100%" in capfd.readouterr().err


def test_all_cores_by_default():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("workers", [0, -1])
def test_less_than_one_worker_is_an_error(workers):
    with pytest.raises(InputError, match="workers"):
        evaluate(pool_functions.double, DESIGNS, workers=workers)
