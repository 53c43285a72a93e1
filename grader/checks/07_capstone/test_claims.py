"""Hidden checks for claims: complete, from the test side, with its control, and consistent."""

import math

from grader.assertions import holds

ABOUT = ("reading", "memory", "ablation", "steering", "latent")
NUMBERS = ("number", "low", "high", "control")
SHARES = ("reading", "memory", "latent")


def _claims(student) -> list[dict]:
    """The student's claims, or a failure that says what is wrong with their form."""
    found = student.value("claims")
    holds(isinstance(found, list | tuple), "`claims` should be a list of five dicts.")
    holds(len(found) == 5, "There should be five claims.")
    holds(all(isinstance(claim, dict) for claim in found), "Each claim should be a dict.")
    return list(found)


def _is_number(value: object) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and math.isfinite(value)


def _measured(claims: list[dict]) -> list[dict]:
    """The claims with numbers: an effect may have none where the data have no twins, all four."""
    return [
        claim
        for claim in claims
        if claim.get("about") in SHARES or any(claim.get(name) is not None for name in NUMBERS)
    ]


def _numbers(claim: dict) -> list[float]:
    for name in NUMBERS:
        holds(_is_number(claim.get(name)), f"{name!r} should be a plain number in each claim.")
    return [float(claim[name]) for name in NUMBERS]


def test_five_claims(student):
    """There is one claim about each of reading, memory, ablation, steering and latent, in a
    sentence of your own."""
    claims = _claims(student)
    about = sorted(str(claim.get("about")) for claim in claims)
    holds(about == sorted(ABOUT), "Not one claim about each of the five.")
    for claim in claims:
        sentence = claim.get("claim")
        holds(isinstance(sentence, str), "A claim is not a sentence.")
        holds(len(sentence.split()) >= 4, "A claim is too short for a sentence.")
    sentences = {" ".join(claim["claim"].lower().split()) for claim in claims}
    holds(len(sentences) == 5, "Two claims are the same sentence.")


def test_numbers_and_intervals(student):
    """Each claim has a number inside its interval, and the control that it has to beat; shares lie
    between 0 and 1, effects are sizes. (An effect that was not measured has None four times.)"""
    for claim in _measured(_claims(student)):
        number, low, high, control = _numbers(claim)
        holds(low <= high, "The low end of an interval is above its high end.")
        # Means over splits and pooled texts are not quite the same mean.
        slack = 0.02 * max(abs(number), 1.0)
        holds(low - slack <= number <= high + slack, "A number is outside of its interval.")
        if claim.get("about") in SHARES:
            inside = all(0 <= value <= 1 for value in (number, low, high, control))
            holds(inside, "Accuracies and AUROC are shares from 0 to 1.")
        else:
            sizes = number >= 0 and control > 0
            holds(sizes, "Effects and the largest of the controls are given as sizes, in logits.")


def test_from_the_test_side(student):
    """Every number was measured on the test side."""
    for claim in _claims(student):
        holds(claim.get("side") == "test", "A claim's number is not from the test side.")


def test_tried(student):
    """Each claim says out of how many it was chosen: a whole number, more than one layer for
    reading and memory, more than one latent for the latent."""
    for claim in _claims(student):
        tried = claim.get("tried")
        whole = isinstance(tried, int) and not isinstance(tried, bool)
        holds(whole and tried >= 1, "'tried' should be a whole number, 1 or more.")
        if claim.get("about") in SHARES:
            holds(tried > 1, "A layer or a latent was chosen out of several.")


def test_stands(student):
    """A claim stands exactly if the low end of its interval is above its control, and never without
    numbers; and you say which do, as True or False."""
    claims = _claims(student)
    measured = _measured(claims)
    for claim in claims:
        stands = claim.get("stands")
        holds(isinstance(stands, bool), "'stands' should be True or False.")
        if claim not in measured:
            holds(not stands, "A claim stands that was not measured.")
            continue
        _, low, _, control = _numbers(claim)
        holds(stands == (low > control), "A claim does not stand as its numbers say.")


def test_controls_are_measured(student):
    """Controls are numbers of their own: none is the number that it controls, an accuracy's is not
    0, and reading and memory share number and interval but not the control."""
    found = {str(claim.get("about")): claim for claim in _claims(student)}
    holds(set(found) == set(ABOUT), "Not one claim about each of the five.")
    for claim in _measured(list(found.values())):
        number, _, _, control = _numbers(claim)
        holds(control != number, "A control is the number itself.")
    for name in SHARES:
        holds(_numbers(found[name])[3] >= 0.2, "A control of a share is too small for a base rate, "
              "a table of words, a control task or labels without meaning.")  # fmt: skip
    reading, memory = (_numbers(found[name]) for name in ("reading", "memory"))
    holds(reading[:3] == memory[:3], "Reading and memory are about one score: number and interval "
          "are the same.")  # fmt: skip
    holds(reading[3] >= 0.5, "Reading has to beat the base rate: the more frequent label has half.")
