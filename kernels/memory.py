"""How much memory there is, and how much a computation took."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import torch

from .errors import DoesNotFitError, TorchBDIError

# What is asked for may be at most this share of what is free: page tables, the allocator's
# rounding and the library's own work space live in the rest.
USABLE_SHARE = 0.9
SAMPLE_SECONDS = 0.02


def available_bytes(device: torch.device) -> int:
    """Bytes that can be allocated now without swapping or being killed.

    On the CPU the smallest of MemAvailable and the room under every control group (versions 1 and
    2) that this process is in; without /proc, the physical memory. On CUDA what the driver calls
    free plus what torch has cached and not in use.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + cached)
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    rooms = cgroup_rooms(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
    return min([_field(meminfo, "MemAvailable:") * 1024, *rooms])


def total_bytes(device: torch.device) -> int:
    """Bytes of the machine, whatever is in use: what a plan goes by.

    On the CPU the smallest of the physical memory and the limits of the control groups (versions 1
    and 2) that this process is in, on CUDA the memory of the card.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([physical, *cgroup_limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])


def require(nbytes: int, device: torch.device, what: str, ways_out: str) -> None:
    """Raises before an allocation that would not fit.

    Raises:
        DoesNotFitError: ``nbytes`` exceed nine tenths of what is available.
    """
    free = available_bytes(device)
    if nbytes > USABLE_SHARE * free:
        raise DoesNotFitError(
            f"{what} needs {show_bytes(nbytes)}, but {show_bytes(free)} are available on {device} "
            f"(nine tenths of them are used at most). {ways_out}"
        )


def what_did_not_fit(error: BaseException) -> str | None:
    """What an allocation that failed asked for, in words; None where the error is another.

    torch says it on the CPU by a RuntimeError with words alone.
    """
    text = str(error)
    if found := re.search(r"tried to allocate (\d+) bytes", text):
        return f"an array of {show_bytes(int(found[1]))}"
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "size calculation over" in text:
        return "an array"
    return None


@contextmanager
def allocations_told(name: str, ways_out: str) -> Iterator[None]:
    """Says of an allocation that fails inside who asked for it, and what to do.

    Raises:
        DoesNotFitError: in the place of torch's or Python's own error.
    """
    try:
        yield
    except TorchBDIError:
        raise
    except (MemoryError, RuntimeError) as error:
        what = what_did_not_fit(error)
        if what is None:
            raise
        raise DoesNotFitError(f"{name}: {what} does not fit into memory. {ways_out}") from error


def show_bytes(nbytes: float) -> str:
    """A size for people: ``4.33 GB``."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if nbytes >= size:
            return f"{nbytes / size:.3g} {unit}"
    return f"{nbytes / 1e3:.3g} kB"


def cgroup_rooms(membership: Path, mount: Path) -> list[int]:
    """Bytes left under each memory limit of the control groups of a process.

    Args:
        membership: /proc/self/cgroup, lines of ``id:controllers:path``.
        mount: where the hierarchies are mounted, /sys/fs/cgroup.
    """
    groups = (_room(*group) for group in _groups(membership, mount))
    return [room for room in groups if room is not None]


def cgroup_limits(membership: Path, mount: Path) -> list[int]:
    """Each memory limit, in bytes, of the control groups of a process; see :func:`cgroup_rooms`."""
    groups = (_limit(folder, name) for folder, name, _, _ in _groups(membership, mount))
    return [limit for limit in groups if limit is not None]


def _groups(membership: Path, mount: Path) -> Iterator[tuple[Path, str, str, str]]:
    """Folder, and names of the files of limit and usage and of the field of the page cache."""
    if not membership.exists():
        return
    for line in membership.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            roots = [mount, mount / "unified"]
            names = ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            roots = [mount / "memory"]
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        # In a container the path can be the host's; the limit then sits at the root of the mount.
        steps = [part for part in path.split("/") if part not in ("", "..")]
        for root in roots:
            for depth in range(len(steps), -1, -1):
                yield root.joinpath(*steps[:depth]), *names


def _limit(group: Path, name: str) -> int | None:
    try:
        limit = (group / name).read_text().strip()
    except OSError:
        return None
    return None if limit == "max" else int(limit)


def _room(group: Path, limit_name: str, usage_name: str, cache_name: str) -> int | None:
    limit = _limit(group, limit_name)
    try:
        usage = int((group / usage_name).read_text())
        cache = _field(group / "memory.stat", cache_name)
    except OSError:
        return None
    # The page cache is dropped before anything is killed.
    return None if limit is None else max(0, limit - usage + cache)


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[1])
    return 0


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
        return _field(status, "VmRSS:") * 1024 if status.exists() else self._high_water()

    def _high_water(self) -> int:
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        status = Path("/proc/self/status")
        if status.exists():
            return _field(status, "VmHWM:") * 1024
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used if sys.platform == "darwin" else used * 1024
