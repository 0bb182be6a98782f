"""Files are written whole or not at all, and a state knows when it is damaged."""

from __future__ import annotations

import csv
import errno
import fcntl
import json
import math
import os
import random
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from forked import PATIENCE

from torchbdi.kernels import files
from torchbdi.kernels.errors import DamagedStateError
from torchbdi.kernels.files import (
    adding_to,
    disk_of,
    in_turn,
    last_good_state,
    locked,
    read_state,
    remove_state,
    state_before,
    write_atomic,
    write_csv,
    write_state,
)


def everything(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_state_reads_back_and_the_one_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    with pytest.raises(FileNotFoundError):
        read_state(path)
    assert last_good_state(path, bytes) is None
    for content in (b"", b"one", b"two\n" * 1000):
        write_state(path, content)
        assert read_state(path) == content
    assert read_state(state_before(path)) == b"one"
    assert everything(tmp_path) == {"a.state", "a.state.before"}
    remove_state(path)
    assert not everything(tmp_path)
    remove_state(path)


def test_a_single_changed_bit_is_found_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write_state(path, bytes(range(50)))
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        with pytest.raises(DamagedStateError, match=r"a\.state is damaged"):
            read_state(path)


def test_a_state_that_was_cut_short_is_found_wherever_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    write_state(path, bytes(range(50)))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedStateError, match="does not end with a checksum"):
            read_state(path)


def test_damage_is_said_and_the_state_before_is_gone_on_from(tmp_path: Path) -> None:
    path, said = tmp_path / "a.state", []
    write_state(path, b"good")
    write_state(path, b"newer")
    path.write_bytes(path.read_bytes().replace(b"newer", b"never"))
    assert last_good_state(path, bytes.decode, said.append) == "good"
    assert len(said) == 1
    assert f"{path} is damaged" in said[0] and f"Going on from {path}.before" in said[0]
    # The good one is not given up for the damaged one when the next is written.
    write_state(path, b"next")
    assert [read_state(path), read_state(state_before(path))] == [b"next", b"good"]
    for file in (path, state_before(path)):
        file.write_bytes(b"scribble")
    assert last_good_state(path, bytes, said.append) is None
    assert f"{path}.before is damaged" in said[1] and "begins anew" in said[1]


def test_a_state_that_somebody_removed_is_not_gone_on_from(tmp_path: Path) -> None:
    path, said = tmp_path / "a.state", []
    write_state(path, b"one")
    write_state(path, b"two")
    path.unlink()
    assert last_good_state(path, bytes, said.append) is None
    write_state(path, b"another problem")
    path.write_bytes(b"scribble")
    assert last_good_state(path, bytes, said.append) is None
    assert "begins anew" in said[0]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    path = tmp_path / "a.state"
    for content in (b"one", b"two", b"three"):
        write_state(path, content)
    assert [read_state(path), read_state(state_before(path))] == [b"three", b"two"]
    assert everything(tmp_path) == {"a.state", "a.state.before"}


def test_a_content_that_means_nothing_counts_as_damage(tmp_path: Path) -> None:
    path, said = tmp_path / "a.state", []
    write_state(path, b"7")
    write_state(path, b"seven")
    assert last_good_state(path, int, said.append) == 7
    assert "a.state is of no use (ValueError" in said[0]


@pytest.mark.parametrize("dies_at", range(5))
def test_a_process_that_dies_anywhere_in_a_write_leaves_a_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    """Every call that changes a name or flushes is the last one in turn."""
    path, calls = tmp_path / "a.state", [0]
    for content in (b"first", b"second"):
        write_state(path, content)

    class Death(BaseException):
        pass

    def dying(call):  # type: ignore[no-untyped-def]
        def wrapped(*args: object) -> object:
            if calls[0] == dies_at:
                raise Death
            calls[0] += 1
            return call(*args)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", dying(os.fsync))
        patch.setattr(Path, "replace", dying(Path.replace))
        patch.setattr(Path, "hardlink_to", dying(Path.hardlink_to))
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # the dead do not tidy up
        with pytest.raises(Death):
            write_state(path, b"third")
    said: list[str] = []
    found = last_good_state(path, bytes, said.append)
    assert found == (b"third" if dies_at == 4 else b"second")
    assert not said
    write_state(path, b"fourth")
    assert read_state(path) == b"fourth"


def test_file_and_folder_are_flushed_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content before its name, the name before anybody is told."""
    path, done = tmp_path / "a.txt", []
    fsync, replace = os.fsync, Path.replace

    def flushed(handle: int) -> None:
        done.append(Path(f"/proc/self/fd/{handle}").resolve().name)
        fsync(handle)

    def moved(old: Path, new: Path) -> Path:
        done.append(f"-> {new.name}")
        return replace(old, new)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", moved)
    for write in (
        lambda: write_atomic(path, lambda f: f.write(b"x")),
        lambda: write_state(path, b""),
    ):
        done.clear()
        write()
        assert done == [f".a.txt.{os.getpid()}.part", "-> a.txt", tmp_path.name]


def test_a_full_disk_leaves_the_old_file_and_is_blamed_on_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, lambda file: file.write(b"old"))

    def full(file: BinaryIO) -> None:
        file.write(b"half of a fi")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as caught:
        write_atomic(path, full)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert everything(tmp_path) == {"a.txt"}
    missing = tmp_path / "none" / "a.txt"
    for write in (lambda: write_atomic(missing, full), lambda: write_state(missing, b"")):
        with pytest.raises(FileNotFoundError) as gone:
            write()
        assert gone.value.filename == str(missing)


def test_random_flips_in_a_large_state(tmp_path: Path) -> None:
    path, draw = tmp_path / "a.state", random.Random(0)
    write_state(path, draw.randbytes(10_000))
    whole = path.read_bytes()
    for _ in range(100):
        changed = bytearray(whole)
        changed[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(DamagedStateError):
            read_state(path)


def test_json_is_what_every_reader_takes(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    told = {"a": [math.nan, np.float64("nan"), -math.inf], "b": {"c": (1.5, None)}, 3: "NaN"}
    files.write_json(path, told)
    strict = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert strict == {"a": [None, None, "-inf"], "b": {"c": [1.5, None]}, "3": "NaN"}


def test_every_text_of_a_csv_is_read_back(tmp_path: Path) -> None:
    rows = [["a\rb", "c"], ["", 'd,"e"\n'], ["\r", ""], ["f", "g"]]
    write_csv(tmp_path / "t.csv", ["x\ry", "z"], rows)
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["x\ry", "z"], *rows]
    assert (tmp_path / "t.csv").read_bytes().endswith(b"\nf,g\n")


def test_json_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    files.write_json(path, {"a": [1, None]})
    assert files.read_json(path) == {"a": [1, None]}
    for content in (b"", b'{"a": [1', b"\xff\xfe", b"[" * 10_000):
        path.write_bytes(content)
        with pytest.raises(DamagedStateError, match=r"metrics\.json is damaged: it is not JSON"):
            files.read_json(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        files.read_json(path)
    path.mkdir()
    with pytest.raises(DamagedStateError, match=r"metrics\.json cannot be read \(Is a directory"):
        files.read_json(path)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    taken = RuntimeError("taken")
    with locked(tmp_path, taken), pytest.raises(RuntimeError, match="taken"):
        locked(tmp_path, taken).__enter__()
    with locked(tmp_path, taken):
        pass


def test_who_is_second_waits_and_is_told(
    tmp_path: Path, waiting: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    entered = threading.Event()

    def second() -> None:
        with in_turn(tmp_path, "somebody is there"):
            entered.set()

    thread = threading.Thread(target=second)
    with in_turn(tmp_path, "nobody is there"):
        thread.start()
        assert waiting.wait(PATIENCE)
        assert not entered.is_set()
    assert entered.wait(PATIENCE)
    thread.join()
    assert capsys.readouterr().out == "somebody is there\n"


def test_who_waits_for_a_file_gets_the_one_in_its_place(
    tmp_path: Path, waiting: threading.Event
) -> None:
    """Whoever has its turn replaces the file: what the next one waited for is there no more."""
    file = tmp_path / "lines"
    file.touch()

    def add(number: int) -> None:
        with in_turn(file, "somebody is there"):
            before = file.read_text()
            if number < 2:
                waiting.clear()
                threads[number + 1].start()
                assert waiting.wait(PATIENCE)
            files.write_text(file, f"{before}{number} ")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(3)]
    threads[0].start()
    for thread in threads:  # each has started the next one before it ends
        thread.join()
    assert file.read_text() == "0 1 2 "


def test_a_file_that_is_added_to_is_locked_over_a_network_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS gives no exclusive lock of what is open for reading alone: lines were lost."""
    locked_files = []

    def flock(handle: int, how: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        locked_files.append(os.fstat(handle).st_ino)

    monkeypatch.setattr(fcntl, "flock", flock)
    file = tmp_path / "lines"
    for _ in range(2):  # one that is made, and one that is there
        with adding_to(file):
            assert locked_files.pop() == file.stat().st_ino


def test_a_file_that_may_only_be_read_is_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, opened = tmp_path / "lines", os.open
    file.write_text("0 ")

    def open_(path: Path, flags: int, mode: int = 0o777) -> int:  # tests may run as root
        if Path(path) == file and flags & os.O_ACCMODE != os.O_RDONLY:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", open_)
    monkeypatch.setattr(os, "access", lambda path, how: how != os.W_OK)
    with adding_to(file):
        files.write_text(file, file.read_text() + "1 ")
    assert file.read_text() == "0 1 "


def test_a_file_that_vanishes_while_it_is_waited_for_is_made_again(
    tmp_path: Path, waiting: threading.Event
) -> None:
    file = tmp_path / "lines"

    def add() -> None:
        with adding_to(file):
            files.write_text(file, f"{file.read_text()}1 ")

    thread = threading.Thread(target=add)
    with adding_to(file):
        thread.start()
        assert waiting.wait(PATIENCE)
        file.unlink()
    thread.join()
    assert file.read_text() == "1 "


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_nobody_waits_where_there_are_no_locks(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(file: int, how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    entered = []
    with in_turn(tmp_path, "somebody is there"):
        entered.append(True)
    assert entered
    with pytest.raises(OSError, match="of the work"), in_turn(tmp_path, "somebody is there"):
        raise OSError("of the work")


def test_a_disk_is_named_by_its_mount(tmp_path: Path) -> None:
    named = disk_of(tmp_path / "not" / "there")
    mount = Path(named.removeprefix("the disk mounted at ").split(" (")[0])
    assert mount.is_mount() and tmp_path.is_relative_to(mount)
    assert "MB free" in named
    assert files.disk_of(Path("/proc/self")).startswith("the disk mounted at /proc (0.0 MB")
