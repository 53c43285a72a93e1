"""Other right ways to write feature_dimensionality."""

import torch


def fourth_powers(W):
    """Without unit vectors: the fourth power of the length over the squared row of the Gram
    matrix."""
    gram = W.mT @ W
    own = gram.diagonal()
    return (own.square() / gram.square().sum(1)).nan_to_num(0.0)


def a_loop(W):
    """Feature by feature, in plain Python, as the formula stands."""
    shares = []
    for i in range(W.shape[1]):
        length = float(W[:, i].norm())
        if length == 0:
            shares.append(0.0)
            continue
        along = [float(W[:, i] @ W[:, j]) / length for j in range(W.shape[1])]
        shares.append(length**2 / sum(part**2 for part in along))
    return torch.tensor(shares, dtype=torch.float64)


def einsum_in_single_precision(W):
    """torch's normalize, einsum, float32; an epsilon that is small beside any feature."""
    unit = torch.nn.functional.normalize(W.float(), dim=0)
    seen = torch.einsum("mi,mj->ij", unit, W.float()).pow(2).sum(dim=1)
    return W.float().pow(2).sum(dim=0) / (seen + 1e-12)
