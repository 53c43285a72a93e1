"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.answers import pair, whole
from grader.assertions import holds


def test_used(student, challenge):
    """The used feature is the one whose token, exchanged for one of the other parity, turns every
    answer about."""
    holds(whole(student, "used") == challenge.truth["used"], "This feature is not the used one.")


def test_present(student, challenge):
    """The present feature is carried to the last position in any prompts, and exchanging its token
    changes the stream there and no answer."""
    found = whole(student, "present")
    holds(found == challenge.truth["present"], "This feature is not the present one.")


def test_confounded(student, challenge):
    """The confounded feature is readable in the given prompts alone, since it equals its companion
    there: its position, and the companion's, as a pair."""
    found = pair(student, "confounded")
    holds(found == tuple(challenge.truth["confounded"]), "This is not the confounded feature and "
          "its companion.")  # fmt: skip


def test_layers(student, challenge):
    """The first layers at which the used feature and the present one can be read at the last
    position, in that order."""
    found = pair(student, "layers")
    holds(found == tuple(challenge.truth["layers"]), "These are not the first layers of the used "
          "and of the present feature.")  # fmt: skip
