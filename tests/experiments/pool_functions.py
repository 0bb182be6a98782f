"""What test_pool.py runs in worker processes; apart, so that these need not import torch."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np


def double(design, offset=0.0):
    # The later an item starts the earlier it ends, so that order has to be restored.
    time.sleep(0.002 * (10 - design[0]))
    return 2 * design[0] + offset


def die_on_some(design):
    if design[0] == 3:
        os._exit(7)
    if design[0] == 5:
        raise ValueError("design five is odd")
    if design[0] == 8:
        os.kill(os.getpid(), signal.SIGSEGV)
    return design[0]


def tell_surroundings(design):
    return {
        "pid": os.getpid(),
        "threads": os.environ["OMP_NUM_THREADS"],
        "main_file": getattr(sys.modules["__main__"], "__file__", None),
    }


def count_up(n, tick=None):
    for _ in range(n):
        tick()
    return n


def matrix_power(design):
    rng = np.random.default_rng(int(design[0]))
    a = rng.standard_normal((300, 300)) / 17
    return float((a @ a @ a).sum())


def begin(folder, number):
    (folder / str(number)).touch()
    if number == 5:
        raise ValueError("number five is odd")
    time.sleep(0.2)
    return number


class TwoPartError(Exception):
    """Pickle writes it, and cannot make it again of the one argument that it kept."""

    def __init__(self, where, what):
        super().__init__(f"{where}: {what}")


def raise_two_parts(number):
    raise TwoPartError("here", number)
