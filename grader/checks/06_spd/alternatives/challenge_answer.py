"""Other correct ways to hand in the challenge's answer."""


def lists_turned_around(challenge):
    """Lists, larger number first."""
    truth = challenge.truth
    return {
        "split": list(truth["split"])[::-1], "pact": list(truth["pact"])[::-1],
        "liar": truth["liar"], "idle": truth["idle"],
    }  # fmt: skip


def in_another_order(challenge):
    """The order of the entries does not matter, nor does a further one."""
    return {"note": "by cutting out", **dict(reversed(challenge.truth.items()))}
