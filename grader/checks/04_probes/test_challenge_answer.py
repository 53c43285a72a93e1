"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.assertions import holds


def _entry(student, key: str) -> object:
    """One entry of the student's answer, or a failure that says what is missing."""
    answer = student.value("challenge_answer")
    holds(isinstance(answer, dict), "`challenge_answer` should be a dict with four entries.")
    holds(key in answer, f"There is no entry {key!r}.")
    holds(answer[key] is not None, f"The entry {key!r} is not filled in yet.")
    return answer[key]


def _is_whole(value: object) -> bool:
    """A plain whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _number(student, key: str) -> object:
    """One number; a list of several is no answer."""
    value = _entry(student, key)
    holds(_is_whole(value), f"The entry {key!r} should be one plain whole number.")
    return value


def test_used(student, challenge):
    """The used feature is the one whose direction, taken away at the last position, changes the
    answer: the position whose token it belongs to."""
    found = _number(student, "used")
    holds(found == challenge.truth["used"], "This feature is not the used one.")


def test_written(student, challenge):
    """Of the two copies of the used feature one is read: the block that writes it, whose direction
    must be ablated to break the answers."""
    found = _number(student, "written")
    holds(found == challenge.truth["written"], "This block does not write the copy that is read.")


def test_idle(student, challenge):
    """The idle feature can be read at the end without an error, and taking its direction away
    changes nothing."""
    found = _number(student, "idle")
    holds(found == challenge.truth["idle"], "This feature is not the idle one.")


def test_erased(student, challenge):
    """The erased feature can be read for a while and not at the end: its position, and the block
    that takes it off, as a pair (position, block)."""
    value = _entry(student, "erased")
    right = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_whole, value))
    holds(right, "The entry 'erased' should be one pair (position, block) of plain whole numbers.")
    holds(tuple(value) == tuple(challenge.truth["erased"]), "This is not the erased feature and "
          "the block that erases it.")  # fmt: skip
