"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.answers import entry, pair, whole
from grader.assertions import holds


def test_direct(student, challenge):
    """The direct source is the position whose token's information a head carries straight to the
    last position."""
    found = whole(student, "direct")
    holds(found == challenge.truth["direct"], "This position is not the direct source.")


def test_relayed(student, challenge):
    """The relayed source is the position whose token's information goes to another position
    first."""
    found = whole(student, "relayed")
    holds(found == challenge.truth["relayed"], "This position is not the relayed source.")


def test_relay(student, challenge):
    """The relay is the position at which the relayed information waits, before it is carried on to
    the last one."""
    found = whole(student, "relay")
    holds(found == challenge.truth["relay"], "This position is not the relay.")


def test_handover(student, challenge):
    """The handover is the head, as (layer, head), that carries the information from the relay to
    the last position; and the gate is named with it, "and" or "or"."""
    found = pair(student, "handover", "(layer, head)")
    holds(found == tuple(challenge.truth["handover"]), "This head is not the handover.")
    gate = entry(student, "gate")
    holds(gate in ("and", "or"), "The entry 'gate' should be 'and' or 'or'.")
    holds(gate == challenge.truth["gate"], "This is not the gate.")
