"""Other correct ways to hand in the challenge's answer: a list for a head, another order."""


def lists_for_heads(challenge):
    """The head as a list."""
    return challenge.truth | {"handover": list(challenge.truth["handover"])}


def in_another_order(challenge):
    """The order of the entries does not matter, nor does a further one."""
    return {"note": "found by noising", **dict(reversed(challenge.truth.items()))}
