"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from grader.answers import pair, whole
from grader.assertions import holds


def test_commit_layer(student, challenge):
    """The commit layer is the first entry of the residual stack from which on the answer is the
    lens's top token for good."""
    found = whole(student, "commit_layer")
    holds(found == challenge.truth["commit_layer"], "This is not the commit layer.")


def test_writer(student, challenge):
    """The writer is the head, as (layer, head), that writes the answer which stays: without it the
    model answers wrongly."""
    found = pair(student, "writer", "(layer, head)")
    holds(found == tuple(challenge.truth["writer"]), "This head is not the writer.")


def test_decoy_token(student, challenge):
    """The decoy is the token that the lens shows on top at the last position of every prompt for
    some layers, and that the model never says."""
    found = whole(student, "decoy_token")
    holds(found == challenge.truth["decoy_token"], "This token is not the decoy.")


def test_eraser(student, challenge):
    """The eraser is the head, as (layer, head), that takes the decoy out of the stream again:
    without it the model says the decoy."""
    found = pair(student, "eraser", "(layer, head)")
    holds(found == tuple(challenge.truth["eraser"]), "This head is not the eraser.")
