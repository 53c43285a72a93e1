"""What students take for the four facts; each is wrong for its own reason."""

import torch
from labkit import native


def _opened(challenge):
    """Unit rows of V, unit columns of U, inner activations, gates, sizes."""
    weights = {name: p.detach() for name, p in native.parameters(challenge.model).items()}
    x = weights["tok_embed.weight"][challenge.tokens[:, -1]]
    U, V, g = (challenge.beside[name] for name in "UVg")
    sizes = U.norm(dim=0) * V.norm(dim=1)
    return V / V.norm(dim=1, keepdim=True), U / U.norm(dim=0), x @ V.mT, g, sizes


def _with(challenge, **changed):
    return {**challenge.truth, **changed}


def _pairs(score, challenge, key):
    """Pairs by score, the right one left out."""
    order = score.triu(1).flatten().argsort(descending=True).tolist()
    found = [divmod(i, len(score)) for i in order[:6]]
    return next(pair for pair in found if pair != tuple(challenge.truth[key]))


def same_writing(challenge):
    """Your split pair writes the same direction: two mechanisms may want the same. What is one
    mechanism reads one direction."""
    _, writes, _, g, _ = _opened(challenge)
    alike = (writes.mT @ writes).abs() * (g.amax(0)[:, None] * g.amax(0))
    return _with(challenge, split=_pairs(alike, challenge, "split"))


def most_similar_matrices(challenge):
    """Your split pair has the most similar matrices: similar is not the same. Ask what each reads:
    the split pair reads exactly one direction."""
    rows, writes, _, g, _ = _opened(challenge)
    alike = ((writes.mT @ writes) * (rows @ rows.mT)).abs() * (g.amax(0)[:, None] * g.amax(0))
    pair = _pairs(alike, challenge, "split")
    if pair == same_writing(challenge)["split"]:
        pair = divmod(int(alike.triu(1).argmin()), len(rows))
    return _with(challenge, split=pair)


def closed_pair_as_split(challenge):
    """Your split pair reads one direction behind gates that never open: what is split must be at
    work."""
    rows, _, _, g, _ = _opened(challenge)
    closed = (g.amax(0) == 0).float()
    alike = (rows @ rows.mT).abs() * (closed[:, None] * closed)
    return _with(challenge, split=_pairs(alike, challenge, "split"))


def pact_that_nobody_hears(challenge):
    """Your pact cancels, and either one alone changes nothing either: its neurons never fire. Cut
    out one of the two, and look at the output."""
    rows, writes, _, _, _ = _opened(challenge)
    opposite = -((writes.mT @ writes) * (rows @ rows.mT))
    return _with(challenge, pact=_pairs(opposite, challenge, "pact"))


def two_that_are_never_used(challenge):
    """Your pact is made of components that are never active: they would change nothing, together
    or alone."""
    _, _, h, g, _ = _opened(challenge)
    active = h.abs().mean(0) + 1e3 * g.amax(0)
    return _with(challenge, pact=tuple(sorted(active.argsort()[:2].tolist())))


def most_often_closed_while_active(challenge):
    """Your liar is most often closed while it is active: it may be, where nothing comes of it. Cut
    by the gates, and ask which component repairs the output."""
    _, _, h, g, _ = _opened(challenge)
    V = challenge.beside["V"]
    active = ((h.abs() / V.norm(dim=1) > 0.8) & (g == 0) & (g.amax(0) > 0)).sum(0)
    active[challenge.truth["liar"]] = -1
    return _with(challenge, liar=int(active.argmax()))


def closed_for_good(challenge):
    """Your liar is a component whose gate never opens and which would change the output alone: it
    is half of the pact. Where the gates are as given, nothing is missing for it."""
    return _with(challenge, liar=challenge.truth["pact"][0])


def smallest_component(challenge):
    """Your idle component is the smallest: what comes after may amplify it. Cut it out, and look at
    the output."""
    _, _, _, g, sizes = _opened(challenge)
    sizes = sizes + 1e3 * (g.amax(0) == 0)
    sizes[challenge.truth["idle"]] = 1e3
    return _with(challenge, idle=int(sizes.argmin()))


def gate_never_opens(challenge):
    """Your idle component's gate never opens: then nobody says that it works. The idle one's does
    open."""
    _, _, _, g, _ = _opened(challenge)
    closed = (g.amax(0) == 0).nonzero()[:, 0].tolist()
    return _with(challenge, idle=[c for c in closed if c not in challenge.truth["pact"]][-1])


def components_from_one(challenge):
    """You count components from 1: they count from 0."""
    truth = challenge.truth
    return {
        key: value + 1 if isinstance(value, int) else tuple(c + 1 for c in value)
        for key, value in truth.items()
    }


def as_text(challenge):
    """Write plain numbers and pairs of numbers, without quotes."""
    return {key: str(value) for key, value in challenge.truth.items()}


def liar_and_idle_swapped(challenge):
    """You have liar and idle the wrong way round: the liar is closed where it is needed, the idle
    one open where it is not."""
    return _with(challenge, liar=challenge.truth["idle"], idle=challenge.truth["liar"])


def one_of_a_pair(challenge):
    """You name one component where two are asked for."""
    return {key: value[0] if isinstance(value, tuple) else value
            for key, value in challenge.truth.items()}  # fmt: skip


def as_tensors(challenge):
    """Write plain numbers: a tensor is none."""
    return {key: torch.tensor(value) for key, value in challenge.truth.items()}
