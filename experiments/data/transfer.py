"""Bytes from a server into a file: only as many as were to be expected, and not too slowly."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from tqdm import tqdm

from .limits import Limits
from .watched import Watched

_REDIRECTS = 10
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class RefusedError(Exception):
    """What the server answers cannot be what is wanted; the file is as it was."""


@dataclass(frozen=True)
class Transfer:
    """A downloader for pooch that keeps what it has beside the target until it is complete.

    Attributes:
        partial: the file that grows. What is in it is gone on from.
        size: how many bytes are wanted, None where that is not known.
        limits: of time, and of bytes where their number is not known.
    """

    partial: Path
    size: int | None
    limits: Limits

    def __call__(self, url: str, output_file: str, _: Any) -> None:
        """Fetches.

        Raises:
            RefusedError: the server has something else, or more than there may be.
            requests.RequestException: it broke off, or was too slow; the bytes so far are kept.
        """
        have = self._have()
        if have > self._most:
            self.partial.unlink()
            have = 0
        if self.size is None or have < self.size:
            try:
                self._fetch(url, have)
            except _NoPartError:  # it does not go on where we are: then from the beginning
                self.partial.unlink()
                self._fetch(url, 0)
        shutil.copyfile(self.partial, output_file)

    @property
    def _most(self) -> int:
        return self.limits.largest if self.size is None else self.size

    def _have(self) -> int:
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def _fetch(self, url: str, have: int) -> None:
        watched = Watched(self.limits)
        watched.run(lambda: self._stream(url, have, watched))

    def _stream(self, url: str, have: int, watched: Watched) -> None:
        # Sizes are those of the files, so no compression on the way.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with (
            requests.Session() as session,
            _answer(session, url, headers, self.limits) as response,
        ):
            watched.response = response
            total = self._total(response, have)
            with (
                self.partial.open("ab") as file,
                tqdm(
                    total=total, initial=have, desc=Path(url).name, unit="B", unit_scale=True
                ) as bar,
            ):
                done = have
                for chunk in response.iter_content(2**14):
                    done += len(chunk)
                    if done > self._most:
                        file.truncate(have)
                        raise RefusedError(f"it is longer than {self._most:,} bytes")
                    watched.write(file, chunk)
                    bar.update(len(chunk))
        if total is not None and done != total:
            raise requests.ConnectionError(f"it ended before byte {total:,}")

    def _total(self, response: requests.Response, have: int) -> int | None:
        """How many bytes there are in all, None where the server counts as it goes (chunks).

        Raises:
            RefusedError: too many, or the answer does not say where it ends.
            _NoPartError: it is not the part that was asked for.
        """
        headers = response.headers
        if have and not _continues(response, have):
            raise _NoPartError
        response.raise_for_status()
        if response.status_code != (206 if have else 200):
            raise RefusedError(f"the server answered with status {response.status_code}")
        encoding = headers.get("Content-Encoding", "identity").lower()
        if encoding != "identity":
            raise RefusedError(f"it is sent compressed ({encoding[:20]}), which was not asked for")
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            return None
        length = headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,18}", length):
            raise RefusedError("the server does not say how long it is")
        total = have + int(length)
        if total > self._most or (self.size is not None and total != self.size):
            wanted = f"{self._most:,} are" if self.size else f"at most {self._most:,} are"
            raise RefusedError(f"it has {total:,} bytes; {wanted} wanted")
        return total


class _NoPartError(Exception):
    """The server does not go on where a partial file ends."""


def _continues(response: requests.Response, have: int) -> bool:
    """Whether the answer is all that comes after the partial file, by its own account."""
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if response.status_code != 206 or found is None:
        return False
    first, last = int(found[1]), int(found[2])
    length = response.headers.get("Content-Length")
    return (
        first == have
        and last >= first
        and found[3] in ("*", str(last + 1))
        and length in (None, str(last + 1 - first))
    )


def _answer(
    session: requests.Session, url: str, headers: dict[str, str], limits: Limits
) -> requests.Response:
    """The answer after all redirects, of whose bodies nothing is read.

    A session reads them whole, even when it is told not to follow, so its adapter is asked.
    """
    timeout = limits.connect, limits.silence
    for _ in range(_REDIRECTS):
        request = session.prepare_request(requests.Request("GET", url, headers=headers))
        settings = session.merge_environment_settings(url, {}, True, None, None)
        response = session.get_adapter(url).send(request, timeout=timeout, **settings)
        if not response.is_redirect:
            return response
        response.close()
        url = urljoin(url, response.headers["Location"])
    raise requests.TooManyRedirects(f"more than {_REDIRECTS} redirects")
