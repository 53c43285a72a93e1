"""Other right ways to write identity_layer_rank."""

import numpy as np
import torch
from einops import einsum


def component_by_component(W, U, V, g, threshold=0.1):
    """In a loop, with outer products; the rank from eigenvalues of the Gram matrix."""
    made, live = torch.zeros_like(W), 0
    for c in range(g.shape[1]):
        if g[:, c].max() > threshold:
            made += torch.outer(U[:, c], V[c])
            live += 1
    largest = torch.linalg.eigvalsh(W @ W.mT)[-1]
    rank = int((torch.linalg.eigvalsh(made @ made.mT) > 0.01 * largest).sum())
    return live, rank, float(torch.dist(W, made) / torch.dist(W, torch.zeros_like(W)))


def masked_einsum(W, U, V, g, threshold=0.1):
    """One product with a mask of zeros and ones, in float32."""
    W, U, V = W.float(), U.float(), V.float()
    live = (g.amax(dim=0) > threshold).float()
    made = einsum(U, live, V, "out C, C, C in -> out in")
    sizes = torch.linalg.svd(made, full_matrices=False).S
    rank = (sizes > torch.linalg.svdvals(W).max() / 10).sum().item()
    rest = ((made - W).square().sum() / W.square().sum()).sqrt().item()
    return int(live.sum().item()), rank, rest


def with_numpy(W, U, V, g, threshold=0.1):
    """numpy's matrix_rank takes the tolerance."""
    W, U, V, g = (value.detach().double().numpy() for value in (W, U, V, g))
    live = np.flatnonzero((g > threshold).any(axis=0))
    made = U[:, live] @ V[live]
    rank = np.linalg.matrix_rank(made, tol=0.1 * np.linalg.norm(W, 2)) if len(live) else 0
    return len(live), int(rank), float(np.linalg.norm(W - made) / np.linalg.norm(W))
