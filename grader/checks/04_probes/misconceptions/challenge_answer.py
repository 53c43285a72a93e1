"""What students take for the facts; each is wrong for its own reason."""


def companion_for_cause(challenge):
    """You took the idle feature for the used one: it goes along with the answer in most prompts,
    and taking it away changes nothing."""
    truth = challenge.truth
    return truth | {"used": truth["idle"], "idle": truth["used"]}


def erased_taken_for_idle(challenge):
    """Your idle feature is the erased one: what is written may be taken off again. Look at the last
    row of the map."""
    truth = challenge.truth
    return truth | {"idle": truth["erased"][0]}


def idle_taken_for_erased(challenge):
    """Your erased feature is the idle one: it can still be read at the end."""
    truth = challenge.truth
    return truth | {"erased": (truth["idle"], truth["erased"][1])}


def block_before_position(challenge):
    """You name the erased feature as (block, position): the position comes first."""
    return challenge.truth | {"erased": challenge.truth["erased"][::-1]}


def written_a_layer_late(challenge):
    """Your block is one late: what block i writes shows in the stream before block i + 1, and the
    block is called i."""
    return challenge.truth | {"written": challenge.truth["written"] + 1}


def erased_a_layer_late(challenge):
    """Your erasing block is one late: if row i of the map is the last bright one, block i took it
    off."""
    position, block = challenge.truth["erased"]
    return challenge.truth | {"erased": (position, block + 1)}


def positions_from_one(challenge):
    """You count positions from 1: they count from 0, BOS is position 0."""
    truth = challenge.truth
    position, block = truth["erased"]
    shifted = {name: truth[name] + 1 for name in ("used", "idle")}
    return truth | shifted | {"erased": (position + 1, block)}


def position_alone(challenge):
    """You name the erased feature without its block: a pair is asked for."""
    return challenge.truth | {"erased": challenge.truth["erased"][0]}


def many_candidates(challenge):
    """You name several where one is asked for: name the one that you would bet on."""
    truth = challenge.truth
    many = list(range(1, 11))
    return truth | {"used": many, "idle": many, "written": list(range(8))}


def as_text(challenge):
    """Write plain numbers, without quotes."""
    return {key: str(value) for key, value in challenge.truth.items()}
