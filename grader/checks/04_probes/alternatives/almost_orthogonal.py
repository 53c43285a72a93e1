"""Other right ways to write almost_orthogonal."""

import random
from itertools import combinations

import torch


def off_the_diagonal(d, n, eps, seed):
    """All cosines but the diagonal's, each pair twice; float32."""
    draw = torch.randn(n, d, generator=torch.Generator().manual_seed(seed))
    vectors = torch.nn.functional.normalize(draw, dim=1)
    close = (vectors @ vectors.T).abs() < eps
    close.fill_diagonal_(False)
    return vectors, close.sum() / (n * (n - 1))


def pair_by_pair(d, n, eps, seed):
    """Python's Gaussian numbers, and a loop over the pairs."""
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        row = [draw.gauss(0, 1) for _ in range(d)]
        length = sum(v * v for v in row) ** 0.5
        rows.append([v / length for v in row])
    small = [
        abs(sum(p * q for p, q in zip(a, b, strict=True))) < eps for a, b in combinations(rows, 2)
    ]
    return torch.tensor(rows, dtype=torch.float64), sum(small) / len(small)


def pdist(d, n, eps, seed):
    """From distances: two unit vectors at distance r have cosine 1 - r^2 / 2."""
    draw = torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    vectors = draw / torch.linalg.vector_norm(draw, dim=1, keepdim=True)
    cosines = 1 - torch.pdist(vectors).square() / 2
    return vectors, (cosines.abs() < eps).double().mean()
