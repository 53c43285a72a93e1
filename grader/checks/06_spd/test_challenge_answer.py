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


def _pair(student, key: str) -> tuple[int, ...]:
    """Two components, in ascending order."""
    value = _entry(student, key)
    right = isinstance(value, list | tuple) and all(map(_is_whole, value))
    holds(right, f"The entry {key!r} should be a pair of plain whole numbers.")
    holds(len(value) == len(set(value)) == 2, f"The entry {key!r} should name two components.")
    return tuple(sorted(value))


def _one(student, key: str) -> int:
    value = _entry(student, key)
    holds(_is_whole(value), f"The entry {key!r} should be one plain whole number.")
    return value


def test_split(student, challenge):
    """The split mechanism is the two components that read the same direction and are open together;
    their order does not matter."""
    holds(_pair(student, "split") == tuple(challenge.truth["split"]), "This is not the split one.")


def test_pact(student, challenge):
    """The pact is the two components that cancel each other behind closed gates, of which either
    one alone would change the output; their order does not matter."""
    holds(_pair(student, "pact") == tuple(challenge.truth["pact"]), "This is not the pact.")


def test_liar(student, challenge):
    """The liar is the component whose gate is closed on inputs on which it is needed."""
    holds(_one(student, "liar") == challenge.truth["liar"], "This gate does not lie.")


def test_idle(student, challenge):
    """The idle component is the one whose gate opens and which can be cut out on every input."""
    holds(_one(student, "idle") == challenge.truth["idle"], "This component is not idle.")
