"""Other correct ways to hand in the challenge's answer."""


def turned_lists(challenge):
    """Lists; the twins the other way round, the ring from another start and backwards."""
    truth = challenge.truth
    ring = list(truth["ring"])
    return {
        "twins": list(truth["twins"])[::-1], "absorbed": list(truth["absorbed"]),
        "ring": (ring[2:] + ring[:2])[::-1], "lever": truth["lever"],
    }  # fmt: skip


def in_another_order(challenge):
    """The order of the entries does not matter, nor does a further one."""
    return {"note": "found by clamping", **dict(reversed(challenge.truth.items()))}
