from __future__ import annotations

import gc
import mmap
import sys
import threading
import time

import pytest
import torch

from torchbdi.kernels.peak_memory import SAMPLE_SECONDS, PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peaks_are_seen_also_below_an_earlier_one():
    cpu, mib = torch.device("cpu"), 2**20
    gc.collect()  # what earlier tests left must not go while this one measures

    def hold(meter: PeakMemory, size: int) -> int:
        """Holds memory until the sampling thread has seen it; returns what was there before."""
        base = meter._now()
        # Fresh pages: malloc would hand out what earlier tests freed, which is resident already.
        pages, end = mmap.mmap(-1, size), time.monotonic() + 60
        held = torch.frombuffer(pages, dtype=torch.float64).fill_(1)
        # The system counts a process's pages to some 100 kB a core.
        while meter._seen < base + size - 5 * mib and time.monotonic() < end:
            time.sleep(SAMPLE_SECONDS)
        del held
        pages.close()
        return base

    with PeakMemory(cpu) as outer:
        base = hold(outer, 400 * mib)
        # Released, so the high-water mark stands 400 MB above what comes now.
        with PeakMemory(cpu) as inner:
            base_inside = hold(inner, 80 * mib)
    assert base + 395 * mib <= outer.peak_bytes < base + 450 * mib
    assert base_inside + 75 * mib <= inner.peak_bytes < base_inside + 130 * mib
    assert not any("_sample" in thread.name for thread in threading.enumerate())
