"""Where every random draw of grading comes from: a course secret and a student's id.

Hidden means unpredictable, not secret: whoever studies alone has every file. What cannot be copied
is an answer for inputs that depend on a key the student does not hold. Without a secret the seeds
are public; `labkit.planted.challenge_seed` is then the challenge's.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UserError

_SHORTEST = 16


@dataclass(frozen=True)
class Secret:
    """The course's key; its text never shows in a message or a record."""

    key: bytes

    def __repr__(self) -> str:
        return "Secret(...)"

    @staticmethod
    def read(path: Path) -> Secret:
        """Read the key from a file.

        Raises:
            UserError: no such file, or fewer than 16 bytes.
        """
        try:
            key = path.read_bytes().strip()
        except OSError as error:
            raise UserError(f"cannot read the secret file {path}: {error.strerror}") from error
        if len(key) < _SHORTEST:
            raise UserError(
                f"the secret in {path} is shorter than {_SHORTEST} bytes: make one with "
                f"python -c 'import secrets; print(secrets.token_hex(32))' > {path}"
            )
        return Secret(key)


PUBLIC = Secret(b"interp-labs: public seeds, no course secret")
"""Used when no secret is given: anyone can recompute these seeds."""


def draw(secret: Secret, *labels: str) -> int:
    """Derive a seed of 63 bits from the secret and any labels (HMAC-SHA256, RFC 2104)."""
    # Lengths first: a NUL that somebody typed into a name moves nothing from one label to another.
    parts = [label.encode(errors="surrogatepass") for label in labels]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    digest = hmac.new(secret.key, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def handed_over(seed: int) -> int:
    """Return the seed that a worker is given for a check's own: the check's cannot be told from it.

    A check draws its inputs around the right answers. With its seed a student's code would draw the
    answers again, and need no inputs.
    """
    digest = hashlib.sha256(f"for the worker {seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def challenge_seed(secret: Secret, student: str, lab: str) -> int:
    """Return the seed of a student's planted challenge.

    With the public secret it is the seed that `labkit` derives from the name a student types.
    """
    from labkit.planted.challenges import challenge_seed as public_seed
    from labkit.planted.challenges import spelling

    if secret == PUBLIC:
        return public_seed(lab, student)
    return draw(secret, "challenge", lab, spelling(student))
