"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.answers import entry, is_whole, whole
from grader.assertions import holds


def _pair(student, key: str) -> tuple[int, ...]:
    """Two components, in ascending order."""
    value = entry(student, key)
    right = isinstance(value, list | tuple) and all(map(is_whole, value))
    holds(right, f"The entry {key!r} should be a pair of plain whole numbers.")
    holds(len(value) == len(set(value)) == 2, f"The entry {key!r} should name two components.")
    return tuple(sorted(value))


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
    holds(whole(student, "liar") == challenge.truth["liar"], "This gate does not lie.")


def test_idle(student, challenge):
    """The idle component is the one whose gate opens and which can be cut out on every input."""
    holds(whole(student, "idle") == challenge.truth["idle"], "This component is not idle.")
