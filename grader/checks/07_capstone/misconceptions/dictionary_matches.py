"""Wrong matches that students write."""

import torch
from scipy.stats import rankdata


def _auroc(z, labels, method="average"):
    ranks = torch.from_numpy(rankdata(z.numpy(), axis=0, method=method).astype(float))
    yes, no = int(labels.sum()), int((~labels).sum())
    return (ranks[labels].sum(0) - yes * (yes + 1) / 2) / (yes * no)


def _cosine(rows, direction):
    norm = torch.nn.functional.normalize
    return norm(rows.double(), dim=1) @ norm(direction.double(), dim=0)


def _silenced(z, auroc, cosine):
    fires = (z > 0).any(0)
    return torch.where(fires, auroc, 0.5), torch.where(fires, cosine, 0.0)


def ties_count_for_you(latents, labels, W_dec, direction):
    """Your ties count as wins: two equal activations are half a win."""
    wins = [(c[labels][:, None] >= c[~labels][None]).double().mean() for c in latents.mT]
    return _silenced(latents, torch.stack(wins), _cosine(W_dec, direction))


def ties_count_against(latents, labels, W_dec, direction):
    """Your ties count as losses: two equal activations are half a win."""
    wins = [(c[labels][:, None] > c[~labels][None]).double().mean() for c in latents.mT]
    return _silenced(latents, torch.stack(wins), _cosine(W_dec, direction))


def ranks_by_argsort(latents, labels, W_dec, direction):
    """Your ranks come from sorting: equal activations get different ranks, by their order in the
    table. They share their mean rank."""
    return _silenced(latents, _auroc(latents, labels, "ordinal"), _cosine(W_dec, direction))


def ranks_along_a_text(latents, labels, W_dec, direction):
    """You rank the latents of a text against each other: a latent's texts are to be ranked."""
    ranks = torch.from_numpy(rankdata(latents.numpy(), axis=1))
    yes, no = int(labels.sum()), int((~labels).sum())
    auroc = (ranks[labels].sum(0) - yes * (yes + 1) / 2) / (yes * no)
    return _silenced(latents, auroc, _cosine(W_dec, direction))


def folded(latents, labels, W_dec, direction):
    """You fold an AUROC below 1/2 upwards: such a latent is active where the feature is absent, and
    that has to stay visible."""
    auroc = _auroc(latents, labels)
    return _silenced(latents, torch.maximum(auroc, 1 - auroc), _cosine(W_dec, direction))


def labels_turned(latents, labels, W_dec, direction):
    """Your AUROC is that of the False texts: 1 means that the latent is active on the True ones."""
    return _silenced(latents, 1 - _auroc(latents, labels), _cosine(W_dec, direction))


def fires_or_not(latents, labels, W_dec, direction):
    """You take firing or not in place of the activation: how strongly it fires counts."""
    return _silenced(latents, _auroc((latents > 0).double(), labels), _cosine(W_dec, direction))


def difference_of_means(latents, labels, W_dec, direction):
    """Your score by data is the difference of the mean activations: it has a unit, the AUROC has
    none."""
    gap = latents[labels].double().mean(0) - latents[~labels].double().mean(0)
    return _silenced(latents, gap, _cosine(W_dec, direction))


def sign_of_the_cosine_lost(latents, labels, W_dec, direction):
    """Your cosine has lost its sign: a latent is never negative, so a row that points backwards
    writes the opposite."""
    return _silenced(latents, _auroc(latents, labels), _cosine(W_dec, direction).abs())


def product_for_cosine(latents, labels, W_dec, direction):
    """You take the product with the direction: the cosine divides by both lengths."""
    return _silenced(latents, _auroc(latents, labels), W_dec.double() @ direction.double())


def rows_keep_their_length(latents, labels, W_dec, direction):
    """You divide by the direction's length alone: decoder rows may have any length."""
    along = W_dec.double() @ torch.nn.functional.normalize(direction.double(), dim=0)
    return _silenced(latents, _auroc(latents, labels), along)


def silent_rows_count(latents, labels, W_dec, direction):
    """A latent that is silent on all texts keeps its cosine with you: nothing in these data says
    when it fires, so it is no match."""
    return _auroc(latents, labels), _cosine(W_dec, direction)


def silent_is_zero(latents, labels, W_dec, direction):
    """A silent latent has AUROC 0 with you: that would mean that it tells the texts apart,
    backwards. It is 1/2."""
    fires = (latents > 0).any(0)
    auroc, cosine = _silenced(latents, _auroc(latents, labels), _cosine(W_dec, direction))
    return torch.where(fires, auroc, 0.0), cosine


def rare_latents_are_silent(latents, labels, W_dec, direction):
    """You treat latents that fire rarely as silent: only those that never fire are."""
    auroc, cosine = _silenced(latents, _auroc(latents, labels), _cosine(W_dec, direction))
    often = (latents > 0).sum(0) > 1
    return torch.where(often, auroc, 0.5), torch.where(often, cosine, 0.0)


def nan_for_no_length(latents, labels, W_dec, direction):
    """A row of length 0 gives nan with you: its cosine is 0."""
    lengths = W_dec.double().norm(dim=1) * direction.double().norm()
    cosine = W_dec.double() @ direction.double() / lengths
    return _silenced(latents, _auroc(latents, labels), cosine)
