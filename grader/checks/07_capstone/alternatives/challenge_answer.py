"""Other correct ways to hand in the challenge's answer: lists for pairs, another order."""


def lists_for_pairs(challenge):
    """The pairs as lists."""
    pairs = {key: list(challenge.truth[key]) for key in ("confounded", "layers")}
    return challenge.truth | pairs


def in_another_order(challenge):
    """The order of the entries does not matter, nor does a further one."""
    return {"note": "found by twins", **dict(reversed(challenge.truth.items()))}
