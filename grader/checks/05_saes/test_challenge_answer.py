"""Hidden checks for challenge_answer: one planted fact each, right or wrong, nothing between."""

from labkit.planted.dictionary_challenge import one_way_round

from grader.answers import entry, is_whole, whole
from grader.assertions import holds


def _latents(student, key: str, length: int | None = None) -> list[int]:
    """A list or pair of latents, each named once."""
    value = entry(student, key)
    right = isinstance(value, list | tuple) and all(map(is_whole, value))
    holds(right, f"The entry {key!r} should be a list of plain whole numbers.")
    fits = length is None or len(value) == length
    holds(fits, f"The entry {key!r} should name {length} latents.")
    holds(len(set(value)) == len(value) > 0, f"The entry {key!r} should name each latent once.")
    return list(value)


def test_twins(student, challenge):
    """The twins are the two latents that stand for one feature and share its samples between
    them; their order does not matter."""
    found = _latents(student, "twins", 2)
    holds(tuple(sorted(found)) == tuple(challenge.truth["twins"]), "These are not the twins.")


def test_absorbed(student, challenge):
    """The pair is (main, by): the latent of the labelled concept, and the latent that says the
    concept in its place where it is silent."""
    found = _latents(student, "absorbed", 2)
    holds(tuple(found) == tuple(challenge.truth["absorbed"]), "This is not the absorbed pair.")


def test_ring(student, challenge):
    """The ring is the list of all latents around the circle, in order; where it starts and which
    way it goes does not matter."""
    found = _latents(student, "ring")
    holds(len(found) > 2, "A ring has more than two latents.")
    holds(one_way_round(found) == tuple(challenge.truth["ring"]), "This is not the ring.")


def test_lever(student, challenge):
    """The lever is the one latent that makes the model say the word on every prompt when it is
    clamped at ten times its maximum."""
    found = whole(student, "lever")
    holds(found == challenge.truth["lever"], "This latent is not the lever.")
