"""How much memory a computation took."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import TracebackType

import torch

from .cgroups import field_of

SAMPLE_SECONDS = 0.02


class PeakMemory:
    """Measures the highest memory use while a block of code runs.

    On the CPU this is the resident memory of the whole process, on CUDA what torch has allocated.
    Two readings are taken and the higher one counts, since neither exceeds the peak: the system's
    high-water mark, where it rose inside the block, and what a thread saw that looks every 20 ms.
    The mark misses no short peak, but says nothing where an earlier computation stood higher, and
    Linux keeps it only to some 100 kB a core. So nothing has to be reset, and measurements can be
    nested.

    Attributes:
        peak_bytes: the peak, set when the block ends.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.peak_bytes = 0

    def __enter__(self) -> PeakMemory:
        self._before = self._high_water()
        self._seen = self._now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        mark = self._high_water()
        rose = mark if mark > self._before else 0
        self.peak_bytes = max(rose, self._seen, self._now())

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            self._seen = max(self._seen, self._now())

    def _now(self) -> int:
        if self.device.type == "cuda":
            return torch.cuda.memory_allocated(self.device)
        status = Path("/proc/self/status")
        return field_of(status, "VmRSS:") * 1024 if status.exists() else self._high_water()

    def _high_water(self) -> int:
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        status = Path("/proc/self/status")
        if status.exists():
            return field_of(status, "VmHWM:") * 1024
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024
