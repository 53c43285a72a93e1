"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.answers import pair, whole
from grader.assertions import holds


def test_used(student, challenge):
    """The used feature is the one whose direction, taken away at the last position, changes the
    answer: the position whose token it belongs to."""
    found = whole(student, "used")
    holds(found == challenge.truth["used"], "This feature is not the used one.")


def test_written(student, challenge):
    """Of the two copies of the used feature one is read: the block that writes it, whose direction
    must be ablated to break the answers."""
    found = whole(student, "written")
    holds(found == challenge.truth["written"], "This block does not write the copy that is read.")


def test_idle(student, challenge):
    """The idle feature can be read at the end without an error, and taking its direction away
    changes nothing."""
    found = whole(student, "idle")
    holds(found == challenge.truth["idle"], "This feature is not the idle one.")


def test_erased(student, challenge):
    """The erased feature can be read for a while and not at the end: its position, and the block
    that takes it off, as a pair (position, block)."""
    found = pair(student, "erased", "(position, block)")
    holds(found == tuple(challenge.truth["erased"]), "This is not the erased feature and "
          "the block that erases it.")  # fmt: skip
