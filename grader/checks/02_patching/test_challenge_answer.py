"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.assertions import holds


def _entry(student, key: str) -> object:
    """One entry of the student's answer, or a failure that says what is missing."""
    answer = student.value("challenge_answer")
    holds(isinstance(answer, dict), "`challenge_answer` should be a dict with five entries.")
    holds(key in answer, f"There is no entry {key!r}.")
    holds(answer[key] is not None, f"The entry {key!r} is not filled in yet.")
    return answer[key]


def _is_whole(value: object) -> bool:
    """A plain whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _position(student, key: str) -> object:
    """One position; a list of several is no answer."""
    value = _entry(student, key)
    holds(_is_whole(value), f"The entry {key!r} should be one plain whole number.")
    return value


def test_direct(student, challenge):
    """The direct source is the position whose token's information a head carries straight to the
    last position."""
    found = _position(student, "direct")
    holds(found == challenge.truth["direct"], "This position is not the direct source.")


def test_relayed(student, challenge):
    """The relayed source is the position whose token's information goes to another position
    first."""
    found = _position(student, "relayed")
    holds(found == challenge.truth["relayed"], "This position is not the relayed source.")


def test_relay(student, challenge):
    """The relay is the position at which the relayed information waits, before it is carried on to
    the last one."""
    found = _position(student, "relay")
    holds(found == challenge.truth["relay"], "This position is not the relay.")


def test_handover(student, challenge):
    """The handover is the head, as (layer, head), that carries the information from the relay to
    the last position; and the gate is named with it, "and" or "or"."""
    value = _entry(student, "handover")
    right = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_whole, value))
    holds(right, "The entry 'handover' should be one pair (layer, head) of plain whole numbers.")
    holds(tuple(value) == tuple(challenge.truth["handover"]), "This head is not the handover.")
    gate = _entry(student, "gate")
    holds(gate in ("and", "or"), "The entry 'gate' should be 'and' or 'or'.")
    holds(gate == challenge.truth["gate"], "This is not the gate.")
