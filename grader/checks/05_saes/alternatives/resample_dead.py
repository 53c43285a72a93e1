"""Other right ways to write resample_dead."""

import copy

import torch


def latent_by_latent(weights, moments, dead, x, losses, seed):
    """A loop over the dead, each with a draw of its own by the cumulative sum."""
    weights, moments = copy.deepcopy(weights), copy.deepcopy(moments)
    generator = torch.Generator().manual_seed(seed)
    steps = torch.cumsum(losses.double() ** 2, dim=0)
    living = weights["W_enc"][:, ~dead].pow(2).sum(0).sqrt().mean()
    for i in torch.where(dead)[0].tolist():
        pick = torch.rand((), generator=generator, dtype=torch.float64) * steps[-1]
        at = int(torch.searchsorted(steps, pick, right=True))
        u = x[at] - weights["b_dec"]
        u = u / torch.linalg.vector_norm(u)
        weights["W_dec"][i] = u
        weights["W_enc"][:, i] = u * (living * 0.2)
        weights["b_enc"][i] = 0.0
        for name, place in (("W_dec", i), ("b_enc", i)):
            moments[name][0][place] = 0.0
            moments[name][1][place] = 0.0
        moments["W_enc"][..., i] = 0.0
    return weights, moments


def with_where(weights, moments, dead, x, losses, seed):
    """New tensors throughout, by torch.where; probabilities written out."""
    n = len(dead)
    generator = torch.Generator()
    generator.manual_seed(seed + 1)
    share = losses**2 / (losses**2).sum()
    drawn = torch.multinomial(share, n, replacement=True, generator=generator)
    u = torch.nn.functional.normalize(x[drawn] - weights["b_dec"], dim=-1)
    alive = (~dead).float()
    living = (torch.linalg.vector_norm(weights["W_enc"], dim=0) * alive).sum() / alive.sum()
    new = {
        "W_enc": torch.where(dead, (0.2 * living) * u.T, weights["W_enc"]),
        "b_enc": torch.where(dead, torch.zeros(n), weights["b_enc"]),
        "W_dec": torch.where(dead[:, None], u, weights["W_dec"]),
        "b_dec": weights["b_dec"].clone(),
    }
    memory = {
        "W_enc": moments["W_enc"].masked_fill(dead, 0),
        "b_enc": moments["b_enc"].masked_fill(dead, 0),
        "W_dec": moments["W_dec"].masked_fill(dead[:, None], 0),
        "b_dec": moments["b_dec"].clone(),
    }
    return new, memory


def with_numpy(weights, moments, dead, x, losses, seed):
    """numpy's generator draws."""
    import numpy as np

    weights = {name: value.clone() for name, value in weights.items()}
    moments = {name: value.clone() for name, value in moments.items()}
    index = np.flatnonzero(dead.numpy())
    if len(index) == 0:
        return weights, moments
    chances = losses.double().numpy() ** 2
    drawn = np.random.default_rng(seed).choice(len(x), size=len(index), p=chances / chances.sum())
    scale = 0.2 * weights["W_enc"][:, ~dead].norm(dim=0).mean()
    for i, j in zip(index.tolist(), drawn.tolist(), strict=True):
        u = x[j] - weights["b_dec"]
        weights["W_dec"][i] = u / u.norm()
        weights["W_enc"][:, i] = scale * u / u.norm()
        weights["b_enc"][i] = 0
        moments["W_dec"][:, i] = 0
        moments["W_enc"][:, :, i] = 0
        moments["b_enc"][:, i] = 0
    return weights, moments
