"""From a student's name to their own planted model: a public seed, and a file name."""

from __future__ import annotations

import hashlib
import unicodedata

from labkit.errors import LabError


def challenge_seed(lab: str, student: str) -> int:
    """Return the public seed of a student's challenge in a lab: 63 bits of a sha256.

    Anyone can recompute it, so it is for studying alone. A course draws its seeds from a secret.

    Args:
        lab: the lab's folder name, such as ``"01_logit_lens"``.
        student: any name; case and blanks around it do not count.

    Raises:
        LabError: the name is empty.
    """
    text = f"interp-labs challenge\n{lab}\n{spelling(student)}"
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def challenge_file(student: str) -> str:
    """Return the name of a student's weights file: it tells nothing of who they are.

    Raises:
        LabError: the name is empty.
    """
    name = spelling(student).encode(errors="surrogatepass")
    return f"{hashlib.sha256(name).hexdigest()[:16]}.safetensors"


def spelling(student: str) -> str:
    """Return the one spelling of a student's name, without case and outer blanks.

    Raises:
        LabError: the name is empty.
    """
    # Whatever the keyboard: an accent can be one character or two.
    spelled = " ".join(unicodedata.normalize("NFKC", str(student)).split()).casefold()
    if not spelled:
        raise LabError("the challenge is made from your name: type it where the notebook asks")
    return spelled
