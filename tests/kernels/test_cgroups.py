from __future__ import annotations

from pathlib import Path

from torchbdi.kernels.cgroups import cgroup_limits, cgroup_rooms


def test_control_groups_of_both_versions(tmp_path):
    def write(folder: Path, **files: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text + "\n")

    member, mount = tmp_path / "cgroup", tmp_path / "mount"
    member.write_text("0::/outer/inner\n")
    stat = "anon 1\ninactive_file 100"
    write(mount / "outer", memory__max="5000", memory__current="1000", memory__stat=stat)
    write(mount / "outer/inner", memory__max="max", memory__current="900", memory__stat=stat)
    assert cgroup_rooms(member, mount) == [4100]
    assert cgroup_limits(member, mount) == [5000]
    # Version 1, in a container that sees its own group at the root of the mount.
    member.write_text("5:cpu,memory:/host/path/of/the/container\n3:pids:/x\n")
    write(
        mount / "memory",
        memory__limit_in_bytes="8000",
        memory__usage_in_bytes="9000",
        memory__stat="total_inactive_file 400",
    )
    assert cgroup_rooms(member, mount) == [0]
    assert cgroup_limits(member, mount) == [8000]
    assert cgroup_rooms(tmp_path / "none", mount) == []
