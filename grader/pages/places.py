"""Where each student's feedback lies: file names that every system can hold and tell apart."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from grader.records import LabResult

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # Windows: never a file name
_HASHED = re.compile(r"-[0-9a-f]{10}$")


def links(results: Iterable[LabResult]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Where each (student, lab) has its page: the parts of its path in the run's folder."""
    pairs = sorted({(result.student, result.lab) for result in results})
    students = file_names(student for student, _ in pairs)
    labs = file_names(lab for _, lab in pairs)
    return {
        (student, lab): ("feedback", students[student], f"{labs[lab]}.html")
        for student, lab in pairs
    }


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name for each name: the name itself where every system can hold it and tell it apart.

    Any other becomes what is left of its letters and digits, with a hash of the whole name.
    """
    wanted = sorted(set(names))
    # Some file systems do not tell upper case from lower.
    folded = Counter(name.casefold() for name in wanted)
    return {
        name: name if folded[name.casefold()] == 1 and _is_plain(name) else _hashed(name)
        for name in wanted
    }


def _is_plain(name: str) -> bool:
    """Whether a file of this name lies where it should and can be told apart, on every system."""
    return (
        all(letter.isalnum() or letter in " ._-+@,'()" for letter in name)
        and name[:1].isalnum()
        and not name.endswith((" ", "."))
        and len(name.encode()) <= 100
        and unicodedata.is_normalized("NFC", name)
        and not _RESERVED.fullmatch(name)
        and not _HASHED.search(name)  # or it could be the name that another student's id gets
    )


def _hashed(name: str) -> str:
    rest = re.sub(r"[^0-9A-Za-z]+", "-", name).strip("-")[:40]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{rest or 'name'}-{digest}"
