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


def _pair(student, key: str) -> tuple[object, ...]:
    value = _entry(student, key)
    right = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_whole, value))
    holds(right, f"The entry {key!r} should be one pair of plain whole numbers.")
    return tuple(value)


def test_used(student, challenge):
    """The used feature is the one whose token, exchanged for one of the other parity, turns every
    answer about."""
    holds(_number(student, "used") == challenge.truth["used"], "This feature is not the used one.")


def test_present(student, challenge):
    """The present feature is carried to the last position in any prompts, and exchanging its token
    changes the stream there and no answer."""
    found = _number(student, "present")
    holds(found == challenge.truth["present"], "This feature is not the present one.")


def test_confounded(student, challenge):
    """The confounded feature is readable in the given prompts alone, since it equals its companion
    there: its position, and the companion's, as a pair."""
    found = _pair(student, "confounded")
    holds(found == tuple(challenge.truth["confounded"]), "This is not the confounded feature and "
          "its companion.")  # fmt: skip


def test_layers(student, challenge):
    """The first layers at which the used feature and the present one can be read at the last
    position, in that order."""
    found = _pair(student, "layers")
    holds(found == tuple(challenge.truth["layers"]), "These are not the first layers of the used "
          "and of the present feature.")  # fmt: skip
