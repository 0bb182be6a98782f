"""A transfer that is given up when it is too slow, wherever it hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from .limits import Limits


class Watched:
    """Runs a transfer in a thread, and gives it up when it is too slow.

    A server can send a byte now and then for ever: in the headers, the body, or behind it. No
    timeout of a socket notices.

    Args:
        limits: of time.

    Attributes:
        response: to be set as soon as there is one, so that its socket can be shut.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._written = 0
        self._given_up = False
        self._error: BaseException | None = None
        self.response: requests.Response | None = None

    def write(self, file: Any, chunk: bytes) -> None:
        """Writes, unless the transfer was given up."""
        with self._lock:
            if self._given_up:
                raise requests.Timeout("given up")
            file.write(chunk)
            self._written += len(chunk)

    def run(self, job: Callable[[], None]) -> None:
        """Runs to the end.

        Raises:
            requests.Timeout: it was too slow.
            Exception: whatever the job raises.
        """
        slowest, window = self._limits.slowest, self._limits.window
        thread = threading.Thread(target=self._catch, args=(job,), daemon=True)
        thread.start()
        try:
            before = 0
            while thread.is_alive():
                start = time.monotonic()
                thread.join(window)
                if thread.is_alive() and self._written - before < slowest * window:
                    raise requests.Timeout(
                        f"{(self._written - before) / (time.monotonic() - start):,.0f} bytes a "
                        f"second; fewer than {slowest:,.0f} are given up"
                    )
                before = self._written
        finally:  # also after Ctrl-C: nothing is written behind our back
            with self._lock:
                self._given_up = True
            if thread.is_alive() and self.response is not None:
                self.response.raw.shutdown()  # wakes the thread, which closes the file and ends
                thread.join(self._limits.silence)
        if self._error is not None:
            raise self._error

    def _catch(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            self._error = error
