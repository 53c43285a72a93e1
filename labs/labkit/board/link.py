"""Where a board is and the code that opens it, as a link or as 12 letters to type.

A link is ``http://192.168.1.5:8080/#k7wq2``. The letters hold the same: Crockford's base 32 of the
IPv4 address and, where it is 8080 to 8087, the port, then the code. What people mistype (O for 0,
I or L for 1, small letters, hyphens, spaces) reads the same.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

PORT = 8080
"""The usual port; the letters can say this one and the seven after it."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SAME = str.maketrans("OIL", "011", "- \t")
_CODE = 5  # letters: 25 bits, behind a limit on wrong guesses
_PLACE = 7  # letters: 32 bits of address and 3 of port


@dataclass(frozen=True)
class Link:
    """A board's address, without a path, and the code that lets people in."""

    address: str
    code: str

    @property
    def url(self) -> str:
        """The link as a browser opens it; what follows # is in no request's address."""
        return f"{self.address}/#{self.code.lower()}"

    @property
    def letters(self) -> str:
        """The 12 letters, in groups of four; empty when the address does not fit in them."""
        parts = urlsplit(self.address)
        steps = (parts.port or 80) - PORT
        try:
            number = int(ipaddress.IPv4Address(parts.hostname or ""))
        except ValueError:
            return ""
        if parts.scheme != "http" or not 0 <= steps < 8 or len(self.code) != _CODE:
            return ""
        text = _spelled(number << 3 | steps, _PLACE) + self.code
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def new_code() -> str:
    """Draw a code to join with."""
    return _spelled(secrets.randbits(5 * _CODE), _CODE)


def normal(code: str) -> str:
    """A code as it is compared: mistyped letters put right."""
    return code.upper().translate(_SAME)


def parse(text: str) -> Link:
    """Read a link or the letters.

    Raises:
        ValueError: it is neither; the message is a sentence for the participant.
    """
    text = str(text).strip()
    letters = normal(text)
    if len(letters) == _PLACE + _CODE and not set(letters) - set(_ALPHABET):
        number = _number(letters[:_PLACE])
        address = ipaddress.IPv4Address(number >> 3)
        return Link(f"http://{address}:{PORT + (number & 7)}", letters[_PLACE:])
    if not re.match(r"[a-z]+://", text, re.IGNORECASE):
        text = "http://" + text
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.fragment:
        raise ValueError(
            "this is no link to a board: type it as on the host's page, with all that follows #, "
            "or the 12 letters that stand there."
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Link(f"{parts.scheme}://{host}" + (f":{port}" if port else ""), normal(parts.fragment))


def _spelled(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    return number
