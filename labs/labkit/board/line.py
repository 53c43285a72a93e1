"""One HTTP line to a board: JSON there, JSON back, little of it, and never for long."""

from __future__ import annotations

import json
from typing import Any

import requests

TIMEOUT = (2.0, 4.0)
"""Seconds to connect, and seconds without a byte of the answer."""

_MOST = 16_384  # bytes of an answer


class Unreachable(Exception):
    """Nobody answers there, or not as a board does; trying later may help."""


class Refused(Exception):
    """The board says no.

    Attributes:
        status: the HTTP status.
        reason: a sentence for the participant.
        wait: seconds to wait before it makes sense to ask again.
    """

    def __init__(self, status: int, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.status, self.reason, self.wait = status, reason, wait


class Line:
    """A connection to the board at an address such as ``http://192.168.1.5:8080``."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        # A proxy for the internet cannot reach a laptop in this room.
        self._session.trust_env = False

    def post(self, path: str, body: dict[str, object], key: str = "") -> dict[str, Any]:
        """Send a message and return the answer.

        Raises:
            Unreachable: the board did not get it, or its answer did not come back.
            Refused: the board says no.
        """
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            # Not redirected: what is for the board is for nobody else.
            with self._session.post(
                self._address + path, json=body, headers=headers, timeout=TIMEOUT,
                allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                text = response.raw.read(_MOST, decode_content=True)
                answer = json.loads(text)
        except (requests.RequestException, OSError, ValueError, RecursionError) as error:
            raise Unreachable(str(error)) from error
        except Exception as error:  # urllib3's own, which it lets out of a half read answer
            raise Unreachable(type(error).__name__) from error
        if not isinstance(answer, dict) or response.status_code >= 500:
            raise Unreachable(f"status {response.status_code}")
        if response.status_code != 200:
            raise Refused(response.status_code, _sentence(answer), _wait(response))
        return answer


def _sentence(answer: dict[str, Any]) -> str:
    text = "".join(c for c in str(answer.get("error", "")) if c.isprintable())[:300]
    return text or "the board says no."


def _wait(response: requests.Response) -> float:
    try:
        return min(60.0, max(0.0, float(response.headers.get("Retry-After", ""))))
    except ValueError:
        return 0.0
