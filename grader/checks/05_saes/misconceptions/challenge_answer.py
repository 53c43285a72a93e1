"""What students take for the four facts; each is wrong for its own reason."""

import torch
from labkit import native
from labkit.planted.dictionary_challenge import LABELLED, WORD


def _opened(challenge):
    """x, latents and decoder rows, as the lab's helper gives them."""
    weights = {name: p.detach() for name, p in native.parameters(challenge.model).items()}
    x = weights["tok_embed.weight"][challenge.tokens[:, -1]]
    read = weights["layers.0.mlp.fc_in.weight"]
    z = torch.relu(x @ read.mT + weights["layers.0.mlp.fc_in.bias"])
    return x, z, weights["layers.0.mlp.fc_out.weight"].mT, weights["head.weight"]


def _with(challenge, **changed):
    return {**challenge.truth, **changed}


def largest_scalar_product(challenge):
    """Your twins have the largest scalar product: decoder rows have all sizes, compare cosines."""
    _, _, W_dec, _ = _opened(challenge)
    products = W_dec @ W_dec.mT
    products.fill_diagonal_(-torch.inf)
    rows = W_dec / W_dec.norm(dim=1, keepdim=True)
    own = tuple(sorted(divmod(int(products.argmax()), len(W_dec))))
    if own == tuple(challenge.truth["twins"]):  # here the longest rows are not the trap
        cosines = (rows @ rows.mT).fill_diagonal_(-1)
        order = cosines.triu(1).flatten().argsort(descending=True)
        own = divmod(int(order[1]), len(W_dec))
    return _with(challenge, twins=own)


def firing_together(challenge):
    """Your twins fire together: twins share the samples of one feature between them, so they never
    do. Their decoder rows point the same way."""
    _, z, _, _ = _opened(challenge)
    fires = (z > 0).float()
    both, sizes = fires.mT @ fires, fires.sum(0)
    overlap = both / (sizes[:, None] + sizes - both).clamp(min=1)
    overlap.fill_diagonal_(0)
    return _with(challenge, twins=tuple(sorted(divmod(int(overlap.argmax()), len(sizes)))))


def opposite_rows(challenge):
    """You drop the sign of the cosine: rows that point opposite ways stand for two things."""
    _, _, W_dec, _ = _opened(challenge)
    rows = W_dec / W_dec.norm(dim=1, keepdim=True)
    lowest = int((rows @ rows.mT).argmin())
    return _with(challenge, twins=tuple(sorted(divmod(lowest, len(rows)))))


def pair_turned_around(challenge):
    """Your pair is turned around: the concept's own latent comes first, then who speaks for it."""
    return _with(challenge, absorbed=tuple(challenge.truth["absorbed"])[::-1])


def companion_named(challenge):
    """You name the latent that fires wherever the main one is silent: firing there is not enough,
    its row must point along the concept."""
    _, z, _, _ = _opened(challenge)
    main, by = challenge.truth["absorbed"]
    labelled = (z[:LABELLED] > 0)[z[:LABELLED, main] == 0].float().sum(0)
    labelled[[main, by]] = -1
    return _with(challenge, absorbed=(main, int(labelled.argmax())))


def blob_for_ring(challenge):
    """You name the blob: its rows lie around a plane as a ring's do, but its activations fill the
    plane. Look at the data, not at the rows."""
    _, z, W_dec, _ = _opened(challenge)
    rows = W_dec / W_dec.norm(dim=1, keepdim=True)
    start = divmod(int((rows @ rows.mT).argmin()), len(rows))[0]
    rest = [i for i in range(len(rows)) if (z[:, i] > 0).any()]
    rest = [i for i in rest if i not in challenge.truth["ring"]]
    first, partner = rows[start], rows[rest][(rows[rest] @ rows[start]).abs().argsort()[-3]]
    across = partner - (partner @ first) * first
    plane = torch.stack([first, across / across.norm()])
    inside = [i for i in rest if (plane @ rows[i]).norm() > 0.99]
    angle = {i: float(torch.atan2(*(plane @ rows[i]).flip(0))) for i in inside}
    return _with(challenge, ring=sorted(inside, key=angle.get))


def ring_out_of_order(challenge):
    """You name the ring's latents in the order of their numbers: name them in the order around the
    ring."""
    ring = sorted(challenge.truth["ring"])
    if ring == list(challenge.truth["ring"]):
        ring[-2:] = ring[:-3:-1]
    return _with(challenge, ring=ring)


def ring_not_whole(challenge):
    """You name a part of the ring: all its latents are wanted."""
    return _with(challenge, ring=list(challenge.truth["ring"])[:-1])


def largest_logit_effect(challenge):
    """Your lever has the largest effect on the word's logit: it raises another word even more.
    Clamp it, and look at what the model says."""
    _, z, W_dec, head = _opened(challenge)
    effects = (W_dec @ head[WORD]) * z.amax(0)
    return _with(challenge, lever=int(effects.argmax()))


def latents_from_one(challenge):
    """You count latents from 1: they count from 0."""
    truth = challenge.truth
    return {
        key: value + 1 if key == "lever" else [latent + 1 for latent in value]
        for key, value in truth.items()
    }


def as_text(challenge):
    """Write plain numbers and lists of numbers, without quotes."""
    return {key: str(value) for key, value in challenge.truth.items()}
