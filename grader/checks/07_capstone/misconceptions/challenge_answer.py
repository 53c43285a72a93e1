"""What students take for the facts; each is wrong for its own reason."""


def present_for_used(challenge):
    """You took the present feature for the used one: it goes along with the answer in most prompts,
    and exchanging its token changes no answer."""
    truth = challenge.truth
    return truth | {"used": truth["present"], "present": truth["used"]}


def confounded_for_used(challenge):
    """You took the confounded feature for the used one: in the given prompts nothing tells them
    apart, in others its token changes nothing."""
    truth = challenge.truth
    place, _ = truth["confounded"]
    return truth | {"used": place, "confounded": (truth["used"], place)}


def confounded_for_present(challenge):
    """You took the confounded feature for the present one: it can be read in the given prompts, and
    in no others."""
    truth = challenge.truth
    place, _ = truth["confounded"]
    return truth | {"present": place, "confounded": (truth["present"], place)}


def the_other_companion(challenge):
    """Your confounded feature equals the other one in the given prompts: compare the labels, they
    agree in all prompts with one of them and in 85% with the other."""
    truth = challenge.truth
    place, companion = truth["confounded"]
    other = truth["used"] if companion == truth["present"] else truth["present"]
    return truth | {"confounded": (place, other)}


def companion_first(challenge):
    """You name the companion first: the confounded feature's own position comes first."""
    return challenge.truth | {"confounded": tuple(challenge.truth["confounded"])[::-1]}


def position_alone(challenge):
    """You name the confounded feature without its companion: a pair is asked for."""
    return challenge.truth | {"confounded": challenge.truth["confounded"][0]}


def blocks_for_layers(challenge):
    """You name the blocks that write: layer l is the stream after l blocks, one more."""
    return challenge.truth | {"layers": tuple(layer - 1 for layer in challenge.truth["layers"])}


def layers_one_late(challenge):
    """Your layers are one late: the first bright row is meant."""
    return challenge.truth | {"layers": tuple(layer + 1 for layer in challenge.truth["layers"])}


def positions_from_one(challenge):
    """You count positions from 1: they count from 0, BOS is position 0."""
    truth = challenge.truth
    shifted = {name: truth[name] + 1 for name in ("used", "present")}
    return truth | shifted | {"confounded": tuple(place + 1 for place in truth["confounded"])}


def many_candidates(challenge):
    """You name several where one is asked for: name the one that you would bet on."""
    many = list(range(1, 11))
    return challenge.truth | {"used": many, "present": many, "layers": list(range(1, 9))}


def as_text(challenge):
    """Write plain numbers, without quotes."""
    return {key: str(value) for key, value in challenge.truth.items()}
