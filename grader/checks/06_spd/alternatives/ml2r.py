"""Other right ways to write ml2r."""

import torch
from einops import einsum
from torch.nn import functional


def lengths_of_both(W, U, V):
    """A column's length is that of U's column times the size of V's entry."""
    cosines = V.sign() * (functional.normalize(U, dim=0).mT @ functional.normalize(W, dim=0))
    winner = cosines.argmax(0)
    size = U.norm(dim=0)[:, None] * V.abs()
    return float((size.gather(0, winner[None])[0] / W.norm(dim=0)).mean())


def column_by_column(W, U, V):
    """A loop over columns, in float64."""
    W, U, V = W.double(), U.double(), V.double()
    ratios = []
    for j in range(W.shape[1]):
        columns = U * V[:, j]
        cosines = functional.cosine_similarity(columns, W[:, j : j + 1], dim=0)
        ratios.append(columns[:, cosines.argmax()].norm() / W[:, j].norm())
    return sum(ratios).item() / len(ratios)


def one_hot_winners(W, U, V):
    """The winners as a mask over components."""
    made = einsum(U, V, "o c, c i -> c o i")
    cosines = functional.cosine_similarity(made, W.unsqueeze(0), dim=1)
    wins = functional.one_hot(cosines.max(0).indices, len(made)).mT
    lengths = (made.square().sum(1).sqrt() * wins).sum(0)
    return torch.mean(lengths / W.norm(dim=0)).item()
