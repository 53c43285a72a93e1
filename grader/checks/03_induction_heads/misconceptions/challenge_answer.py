"""Wrong answers to the challenge that students give; each is a function of the challenge."""

import torch


def _other(challenge, taken=()):
    """A head that does nothing, in the last layer where there is one."""
    model, truth = challenge.model, challenge.truth
    places = [(i, j) for i in range(model.cfg.n_layers) for j in range(model.cfg.n_heads)]
    return [p for p in places if p not in truth.values() and p not in taken][-1]


def idle_for_previous(challenge):
    """You took the idle head for the previous-token head of the circuit: both look at the position
    before, but without yours the model answers as before."""
    truth = challenge.truth
    return truth | {"previous_token": truth["idle"], "idle": truth["previous_token"]}


def opposing_for_induction(challenge):
    """You took the opposing head for the induction head: both look at what came after the earlier
    copy, but yours writes against it."""
    truth = challenge.truth
    return truth | {"induction": truth["opposing"], "opposing": truth["induction"]}


def both_pairs_swapped(challenge):
    """You took each double for the head of the circuit: look at what the model does without
    them."""
    truth = challenge.truth
    return {
        "previous_token": truth["idle"], "idle": truth["previous_token"],
        "induction": truth["opposing"], "opposing": truth["induction"],
    }  # fmt: skip


def head_before_layer(challenge):
    """You name a head as (head, layer): the layer comes first."""
    return {name: place[::-1] for name, place in challenge.truth.items()}


def counted_from_1(challenge):
    """You count layers and heads from 1: both start at 0."""
    return {name: (place[0] + 1, place[1] + 1) for name, place in challenge.truth.items()}


def heads_counted_from_1(challenge):
    """You count the heads from 1: they start at 0, as the layers do."""
    return {name: (place[0], place[1] + 1) for name, place in challenge.truth.items()}


def layers_from_the_top(challenge):
    """You read the layers of the atlas from the top down: layer 0 is its lowest row."""
    top = challenge.model.cfg.n_layers - 1
    return {name: (top - place[0], place[1]) for name, place in challenge.truth.items()}


def running_numbers(challenge):
    """You give each head one running number: a head is a pair (layer, head)."""
    heads = challenge.model.cfg.n_heads
    return {name: place[0] * heads + place[1] for name, place in challenge.truth.items()}


def previous_token_and_induction_swapped(challenge):
    """You took the previous-token head for the induction head and the other way round: the one
    that looks one position back comes first."""
    truth = challenge.truth
    return truth | {"previous_token": truth["induction"], "induction": truth["previous_token"]}


def many_heads_for_one(challenge):
    """You name several heads for one entry: name the one that it is."""
    places = [(i, j) for i in range(challenge.model.cfg.n_layers) for j in range(8)]
    return dict.fromkeys(challenge.truth, places)


def both_candidates(challenge):
    """You name both candidates for each job: which of the two is it?"""
    truth = challenge.truth
    looking_back = [truth["previous_token"], truth["idle"]]
    looking_after = [truth["induction"], truth["opposing"]]
    return {
        "previous_token": looking_back, "idle": looking_back,
        "induction": looking_after, "opposing": looking_after,
    }  # fmt: skip


def one_head_for_each_job(challenge):
    """You name one head for two entries: all four are different heads."""
    truth = challenge.truth
    return truth | {"idle": truth["previous_token"], "opposing": truth["induction"]}


def any_harmless_head_is_idle(challenge):
    """Your idle head is a head without which nothing changes, but it does not look at the previous
    token: most heads of the model change nothing."""
    return challenge.truth | {"idle": _other(challenge)}


def self_for_induction(challenge):
    """Your opposing head does not look at what came after the earlier copy, or writes nothing that
    is read: without the one that is asked for, the answer's logit grows."""
    return challenge.truth | {"opposing": _other(challenge)}


def as_text(challenge):
    """Write plain pairs of numbers, without quotes."""
    return {name: str(place) for name, place in challenge.truth.items()}


def as_tensors(challenge):
    """Write plain pairs of numbers: these are tensors."""
    return {name: torch.tensor(place) for name, place in challenge.truth.items()}


def names_of_heads(challenge):
    """You name the heads as in L1H2: write pairs of numbers, (1, 2)."""
    return {name: f"L{place[0]}H{place[1]}" for name, place in challenge.truth.items()}
