"""Other correct ways to hand in the challenge's answer: a list for a pair, another order."""


def list_for_the_pair(challenge):
    """The pair as a list."""
    return challenge.truth | {"erased": list(challenge.truth["erased"])}


def in_another_order(challenge):
    """The order of the entries does not matter, nor does a further one."""
    return {"note": "found by ablation", **dict(reversed(challenge.truth.items()))}
