"""Hidden checks for challenge_answer: one planted head each, right or wrong, nothing between."""

from grader.answers import is_pair, pair
from grader.assertions import holds

NAMES = ("previous_token", "induction", "idle", "opposing")


def _head(student, key: str) -> tuple[object, ...]:
    """One entry of the student's answer, or a failure that says what is wrong with it."""
    value = pair(student, key, "(layer, head)")
    # Naming one head for everything is a guess, and so is naming many.
    answer = student.value("challenge_answer")
    others = [answer[name] for name in NAMES if name != key and name in answer]
    twice = any(is_pair(other) and tuple(other) == value for other in others)
    holds(not twice, f"The head of entry {key!r} is named for something else as well.")
    return value


def test_previous_token_head(student, challenge):
    """The previous-token head is the one, as (layer, head), that looks at the position before and
    whose output the induction head reads: without it the model answers wrongly."""
    found = _head(student, "previous_token")
    right = found == tuple(challenge.truth["previous_token"])
    holds(right, "This head is not the previous-token head of the circuit.")


def test_induction_head(student, challenge):
    """The induction head is the one, as (layer, head), that looks at what came after the earlier
    copy and writes it: without it the model answers wrongly."""
    found = _head(student, "induction")
    holds(found == tuple(challenge.truth["induction"]), "This head is not the induction head.")


def test_idle_head(student, challenge):
    """The idle head is the one, as (layer, head), that looks at the position before and whose
    output nobody reads: without it nothing changes."""
    holds(
        _head(student, "idle") == tuple(challenge.truth["idle"]), "This head is not the idle one."
    )


def test_opposing_head(student, challenge):
    """The opposing head is the one, as (layer, head), that looks at what came after the earlier
    copy and writes against it: without it the answer's logit is larger."""
    found = _head(student, "opposing")
    holds(found == tuple(challenge.truth["opposing"]), "This head is not the opposing one.")
