"""Other right ways to write dictionary_matches."""

import numpy as np
import torch
from scipy.stats import mannwhitneyu


def by_pairs(latents, labels, W_dec, direction):
    """All pairs of a True and a False text, a few latents at a time."""
    auroc = []
    for part in latents.split(64, dim=1):
        gap = part[labels][:, None] - part[~labels][None]
        auroc.append((gap.sign().double().mean(dim=(0, 1)) + 1) / 2)
    silent = latents.amax(dim=0) <= 0
    cosine = torch.nn.functional.cosine_similarity(W_dec, direction[None], dim=1, eps=1e-12)
    return torch.cat(auroc).masked_fill(silent, 0.5), cosine.masked_fill(silent, 0.0)


def mann_whitney(latents, labels, W_dec, direction):
    """The statistic U of scipy over the number of pairs; lengths by numpy, guarded."""
    z, y = latents.numpy(), labels.numpy()
    u = mannwhitneyu(z[y], z[~y], axis=0).statistic
    rows, v = W_dec.double().numpy(), direction.double().numpy()
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(v)
    cosine = np.divide(rows @ v, lengths, out=np.zeros(len(rows)), where=lengths > 0)
    fires = (z > 0).any(axis=0)
    auroc = np.where(fires, u / (y.sum() * (~y).sum()), 0.5)
    return torch.from_numpy(auroc), torch.from_numpy(np.where(fires, cosine, 0.0))
