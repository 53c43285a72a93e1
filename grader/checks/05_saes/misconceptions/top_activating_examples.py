"""Wrong ways to pick examples that students write."""

import torch


def _masked(acts, valid):
    return acts.where(valid, torch.tensor(0.0))


def _named(values, positions, k, largest=True):
    order = values.argsort(descending=largest).tolist()
    return [(t, int(positions[t])) for t in order if values[t] > 0][:k]


def places_instead_of_texts(acts, valid, k):
    """You take the loudest places of the whole table: one text can fill the list; each text counts
    once."""
    flat = _masked(acts, valid).flatten()
    order = flat.argsort(descending=True)[:k].tolist()
    return [divmod(i, acts.shape[1]) for i in order if flat[i] > 0]


def mask_left_out(acts, valid, k):
    """You leave the mask out: the loudest places are then padding and the first position."""
    return _named(*acts.max(dim=1), k)


def only_position_zero_dropped(acts, valid, k):
    """You drop the first position and keep the padding: `valid` says which tokens count."""
    values, positions = acts[:, 1:].max(dim=1)
    return _named(values, positions + 1, k)


def mean_of_the_text(acts, valid, k):
    """You order the texts by their mean: a text with one loud token is an example of it."""
    clean = _masked(acts, valid)
    mean = clean.sum(1) / valid.sum(1).clamp(min=1)
    return _named(mean, clean.argmax(1), k)


def sum_of_the_text(acts, valid, k):
    """You order the texts by their sum: long texts win then."""
    clean = _masked(acts, valid)
    return _named(clean.sum(1), clean.argmax(1), k)


def quietest_first(acts, valid, k):
    """Your order is reversed: the loudest comes first."""
    return _named(*_masked(acts, valid).max(dim=1), k, largest=False)


def order_of_the_texts(acts, valid, k):
    """You return the right places in the order of the texts: the loudest comes first."""
    return sorted(_named(*_masked(acts, valid).max(dim=1), k))


def position_first(acts, valid, k):
    """Your pairs are (position, text): the text comes first."""
    return [(pos, text) for text, pos in _named(*_masked(acts, valid).max(dim=1), k)]


def silent_texts_named(acts, valid, k):
    """You name texts in which the latent is silent: the list may be shorter than k."""
    values, positions = _masked(acts, valid).max(dim=1)
    return [(t, int(positions[t])) for t in values.argsort(descending=True).tolist()][:k]


def first_place_that_fires(acts, valid, k):
    """You name the first token of a text that fires: its loudest one."""
    clean = _masked(acts, valid)
    return _named(clean.amax(1), (clean > 0).int().argmax(1), k)


def largest_over_the_wrong_axis(acts, valid, k):
    """You take the loudest text for each position: the loudest position for each text."""
    values, texts = _masked(acts, valid).max(dim=0)
    order = values.argsort(descending=True).tolist()
    return [(int(texts[p]), p) for p in order if values[p] > 0][:k]


def written_over(acts, valid, k):
    """You write into the table: a masked copy leaves the activations as they are."""
    acts[~valid] = 0
    return _named(*acts.max(dim=1), k)


def positions_among_the_valid(acts, valid, k):
    """You cut the tokens that do not count out of a text and give the position in what is left:
    positions count from the start of the text."""
    found = []
    for text, (row, mask) in enumerate(zip(acts, valid, strict=True)):
        if mask.any() and row[mask].max() > 0:
            found.append((float(row[mask].max()), text, int(row[mask].argmax())))
    return [(text, pos) for _, text, pos in sorted(found, reverse=True)][:k]


def one_too_few(acts, valid, k):
    """You return one place too few."""
    return _named(*_masked(acts, valid).max(dim=1), k - 1)
