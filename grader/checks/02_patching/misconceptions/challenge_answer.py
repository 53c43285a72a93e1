"""What students take for the circuit; each is wrong for its own reason."""


def sources_swapped(challenge):
    """You took the direct source for the relayed one and the relayed one for the direct: the one
    whose place in the map goes out when the relay lights up is relayed."""
    truth = challenge.truth
    return truth | {"direct": truth["relayed"], "relayed": truth["direct"]}


def relay_for_its_source(challenge):
    """You name the relay as the source: at layer 0 it holds nothing yet; the source is where the
    map lights at layer 0."""
    truth = challenge.truth
    return truth | {"relayed": truth["relay"], "relay": truth["relayed"]}


def other_gate(challenge):
    """Your gate is the other one: where one source is enough to restore the answer it is "or",
    where both are needed "and"."""
    return challenge.truth | {"gate": "or" if challenge.truth["gate"] == "and" else "and"}


def head_before_layer(challenge):
    """You name the head as (head, layer): the layer comes first."""
    return challenge.truth | {"handover": challenge.truth["handover"][::-1]}


def head_a_layer_late(challenge):
    """Your head is one layer late: a head in block i writes between the streams before blocks i and
    i + 1, and is called (i, head)."""
    layer, head = challenge.truth["handover"]
    return challenge.truth | {"handover": (layer + 1, head)}


def relay_is_the_end(challenge):
    """Your relay is the last position: there the information arrives in the end. The relay is
    between the source and the end."""
    return challenge.truth | {"relay": challenge.tokens.shape[1] - 1}


def positions_from_one(challenge):
    """You count positions from 1: they count from 0, BOS is position 0."""
    truth = challenge.truth
    return truth | {name: truth[name] + 1 for name in ("direct", "relayed", "relay")}


def many_sites(challenge):
    """You name several positions where one is asked for: name the one that you would bet on."""
    truth = challenge.truth
    many = list(range(challenge.tokens.shape[1]))
    return truth | {"direct": many, "relayed": many, "relay": many}


def as_text(challenge):
    """Write plain numbers and pairs of numbers, without quotes (the gate alone is a word)."""
    return {key: str(value) for key, value in challenge.truth.items()}
