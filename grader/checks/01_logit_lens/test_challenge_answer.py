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
    value = _entry(student, key)
    holds(_is_whole(value), f"The entry {key!r} should be a plain whole number.")
    return value


def _head(student, key: str) -> tuple[object, ...]:
    value = _entry(student, key)
    right = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_whole, value))
    holds(right, f"The entry {key!r} should be a pair (layer, head) of plain whole numbers.")
    return tuple(value)


def test_commit_layer(student, challenge):
    """The commit layer is the first entry of the residual stack from which on the answer is the
    lens's top token for good."""
    found = _number(student, "commit_layer")
    holds(found == challenge.truth["commit_layer"], "This is not the commit layer.")


def test_writer(student, challenge):
    """The writer is the head, as (layer, head), that writes the answer which stays: without it the
    model answers wrongly."""
    found = _head(student, "writer")
    holds(found == tuple(challenge.truth["writer"]), "This head is not the writer.")


def test_decoy_token(student, challenge):
    """The decoy is the token that the lens shows on top at the last position of every prompt for
    some layers, and that the model never says."""
    found = _number(student, "decoy_token")
    holds(found == challenge.truth["decoy_token"], "This token is not the decoy.")


def test_eraser(student, challenge):
    """The eraser is the head, as (layer, head), that takes the decoy out of the stream again:
    without it the model says the decoy."""
    found = _head(student, "eraser")
    holds(found == tuple(challenge.truth["eraser"]), "This head is not the eraser.")
