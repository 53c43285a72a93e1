"""What a student found in a planted challenge: entries of one dict, each of a plain form.

Hidden checks ask for an entry and get it in that form, or fail with a sentence that says what is
wrong with its form. Whether it is *right* is for the check to say.
"""

from __future__ import annotations

from grader.assertions import holds
from grader.student import Student


def entry(student: Student, key: str) -> object:
    """Return one entry of the student's ``challenge_answer``.

    Raises:
        AssertionError: it is no dict, lacks the entry, or has None there.
    """
    answer = student.value("challenge_answer")
    holds(isinstance(answer, dict), "`challenge_answer` should be a dict.")
    holds(key in answer, f"There is no entry {key!r}.")
    holds(answer[key] is not None, f"The entry {key!r} is not filled in yet.")
    return answer[key]


def is_whole(value: object) -> bool:
    """Say whether a value is a plain whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_pair(value: object) -> bool:
    """Say whether a value is a list or tuple of two plain whole numbers."""
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(is_whole, value))


def whole(student: Student, key: str) -> int:
    """Return an entry that is one plain whole number; a list of several is no answer.

    Raises:
        AssertionError: it is something else, or not there.
    """
    value = entry(student, key)
    holds(is_whole(value), f"The entry {key!r} should be one plain whole number.")
    assert isinstance(value, int)
    return value


def pair(student: Student, key: str, names: str = "") -> tuple[int, int]:
    """Return an entry that is one pair of plain whole numbers, in its order.

    Args:
        names: what the two are, for the sentence, such as "(layer, head)".

    Raises:
        AssertionError: it is something else, or not there.
    """
    value = entry(student, key)
    said = " ".join(filter(None, ("one pair", names, "of plain whole numbers")))
    holds(is_pair(value), f"The entry {key!r} should be {said}.")
    assert isinstance(value, list | tuple)
    first, second = value
    return first, second
