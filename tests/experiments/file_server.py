"""A local HTTP server that serves a folder well, badly, half, slowly or not at all."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """``/MODE/path``: good, noranges, bad (wrong bytes), truncated (ends early), stalling, slow."""

    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Range")))
        _, mode, path = self.path.split("/", 2)
        file = self.server.folder / path
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and mode != "noranges" else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        part = content[start:]
        if mode == "bad":
            part = b"\x00" * len(part)
        if mode in ("truncated", "stalling"):
            part = part[: len(part) // 2]
        with contextlib.suppress(ConnectionError):
            if mode == "slow":
                for i in range(0, len(part), 2**16):
                    self.wfile.write(part[i : i + 2**16])
                    time.sleep(0.01)
                return
            self.wfile.write(part)
            if mode == "stalling":
                self.wfile.flush()
                self.server.over.wait()

    def log_message(self, *_: Any) -> None:
        """No lines on stderr."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder: Path):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.requests: list[tuple[str, str | None]] = []
        self.over = threading.Event()

    def url(self, mode: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{mode}"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
