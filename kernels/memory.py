"""How much memory there is, and what is said where something does not fit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from .cgroups import cgroup_limits, cgroup_rooms, field_of
from .errors import DoesNotFitError, TorchBDIError

# What is asked for may be at most this share of what is free: page tables, the allocator's
# rounding and the library's own work space live in the rest.
USABLE_SHARE = 0.9


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
    return min([field_of(meminfo, "MemAvailable:") * 1024, *rooms])


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
