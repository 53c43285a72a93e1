"""Other right ways to write match_features."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch.nn import functional


def broadcast_and_negated(W_dec, truth):
    """Cosine similarity by broadcasting; the assignment minimises the negative."""
    cosines = functional.cosine_similarity(truth[:, None], W_dec[None], dim=-1)
    rows, columns = linear_sum_assignment(-cosines.detach().cpu().numpy())
    best, _ = cosines.max(dim=1)
    return best.mean(), torch.from_numpy(columns), cosines[rows, columns]


def loops_and_all_pairings(W_dec, truth):
    """Loops for the cosines, and a search that remembers which latents are taken."""
    table = [[float(f @ w / (f.norm() * w.norm())) for w in W_dec.double()] for f in truth.double()]
    # best[used] is the best sum for the features so far with exactly these latents used.
    best = {frozenset(): (0.0, ())}
    for row in table:
        step = {}
        for used, (total, chosen) in best.items():
            for column, cosine in enumerate(row):
                if column in used:
                    continue
                key, value = used | {column}, (total + cosine, (*chosen, column))
                if key not in step or step[key][0] < value[0]:
                    step[key] = value
        best = step
    partner = max(best.values())[1]
    mmcs = sum(max(row) for row in table) / len(table)
    paired = [row[column] for row, column in zip(table, partner, strict=True)]
    return mmcs, torch.tensor(partner), torch.tensor(paired)


def numpy_in_single_precision(W_dec, truth):
    """numpy throughout, in float32."""
    rows, columns = (a.detach().numpy().astype(np.float32) for a in (truth, W_dec))
    rows = rows / np.linalg.norm(rows, axis=1)[:, None]
    columns = columns / np.linalg.norm(columns, axis=1)[:, None]
    cosines = np.einsum("fd,ld->fl", rows, columns)
    _, partner = linear_sum_assignment(cosines, maximize=True)
    paired = np.take_along_axis(cosines, partner[:, None], axis=1)[:, 0]
    return float(cosines.max(1).mean()), torch.tensor(partner), torch.tensor(paired)
