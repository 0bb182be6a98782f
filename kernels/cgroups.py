"""Memory limits of the control groups (versions 1 and 2) that Linux puts a process in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


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
        cache = field_of(group / "memory.stat", cache_name)
    except OSError:
        return None
    # The page cache is dropped before anything is killed.
    return None if limit is None else max(0, limit - usage + cache)


def field_of(path: Path, name: str) -> int:
    """The number behind a name in a file such as memory.stat, /proc/meminfo or /proc/self/status.

    Returns:
        0 where there is no such name.
    """
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[1])
    return 0
