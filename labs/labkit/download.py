"""Downloads one file with a progress bar, and goes on where an earlier attempt stopped."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Never
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from requests.exceptions import SSLError
from tqdm import tqdm

ATTEMPTS = 6
PAUSE = 0.5
"""Seconds before the second attempt; doubled each time, to 5 at most."""
CHUNK = 1 << 16
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and seconds without a byte."""


class Refused(Exception):
    """The file could not be had; the text says why in a few words."""


def download(url: str, part: Path, size: int, label: str) -> None:
    """Bring ``part`` to ``size`` bytes, starting from the bytes it already has.

    It does not look at what the bytes are: that is the caller's. ``PIP_CERT`` and ``PIP_PROXY``
    are honoured besides the environment that requests itself reads.

    Args:
        url: http, https or file.
        part: the partial file; kept when this fails or is killed.
        size: of the whole file, in bytes.
        label: the progress bar's name.

    Raises:
        Refused: the server cannot be reached, says no, or stops sending time and again.
    """
    address = urlsplit(url)
    if address.scheme == "file":
        try:
            shutil.copyfile(url2pathname(address.path), part)
        except OSError as error:
            raise Refused(f"{url2pathname(address.path)}: {error.strerror}") from error
        return
    with requests.Session() as session, _bar(part, size, label) as bar:
        failures = 0
        while _length(part) != size:
            before = _length(part)
            try:
                _go_on(session, url, part, size, bar)
            except requests.RequestException as error:
                failures = 1 if _length(part) > before else failures + 1
                hopeless = error.response is not None or isinstance(error, SSLError)
                if hopeless or failures == ATTEMPTS:
                    raise Refused(_reason(error, address.hostname)) from error
                time.sleep(min(PAUSE * 2 ** (failures - 1), 5.0))


def _go_on(session: requests.Session, url: str, part: Path, size: int, bar: tqdm[Never]) -> None:
    """Ask for the bytes that are missing and append them as they come."""
    if _length(part) > size:
        part.unlink()
    have = _length(part)
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    proxy = os.environ.get("PIP_PROXY")
    with session.get(
        url,
        headers=headers,
        stream=True,
        timeout=TIMEOUT,
        verify=os.environ.get("PIP_CERT") or None,
        proxies={"http": proxy, "https": proxy} if proxy else None,
    ) as answer:
        answer.raise_for_status()
        # A server without ranges answers 200 with the whole file, whatever was asked.
        resumed = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        with part.open("ab" if resumed else "wb") as file:
            bar.n = file.tell()
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > size:
                    raise Refused("the server sends more than the file should have")
    if _length(part) == have:
        raise requests.ConnectionError("the server sent nothing")


def _bar(part: Path, size: int, label: str) -> tqdm[Never]:
    return tqdm(
        total=size, initial=_length(part), desc=label, unit="B", unit_scale=True, mininterval=0.2
    )


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _reason(error: requests.RequestException, host: str | None) -> str:
    if error.response is not None:
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    return f"{host} cannot be reached: {type(error).__name__}"
