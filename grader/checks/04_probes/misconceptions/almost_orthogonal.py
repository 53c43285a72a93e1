"""Wrong counts of nearly orthogonal directions."""

import torch


def _draw(d, n, seed):
    # In torch's usual precision, as a student draws: else the visible check knows none of these.
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def _unit(vectors):
    return torch.nn.functional.normalize(vectors, dim=1)


def _share(vectors, eps, size=torch.abs):
    cosines = vectors @ vectors.mT
    pairs = torch.ones_like(cosines).triu(1).bool()
    return float((size(cosines[pairs]) < eps).double().mean())


def vectors_with_themselves(d, n, eps, seed):
    """You take the share of all n x n entries, each vector with itself among them: there are
    n (n - 1) / 2 pairs."""
    vectors = _unit(_draw(d, n, seed))
    return vectors, float(((vectors @ vectors.mT).abs() < eps).double().mean())


def opposite_ones_pass(d, n, eps, seed):
    """You compare the cosine and not its size: opposite vectors are not orthogonal."""
    vectors = _unit(_draw(d, n, seed))
    return vectors, _share(vectors, eps, size=lambda c: c)


def not_normalised(d, n, eps, seed):
    """You compare products of vectors that have not length 1: those are no cosines."""
    vectors = _draw(d, n, seed)
    return vectors, _share(vectors, eps)


def normalised_for_the_share_only(d, n, eps, seed):
    """The vectors that you return do not have length 1."""
    vectors = _draw(d, n, seed)
    return vectors, _share(_unit(vectors), eps)


def all_weights_positive(d, n, eps, seed):
    """You draw from [0, 1]: no coordinate is negative, so no two vectors point apart."""
    generator = torch.Generator().manual_seed(seed)
    vectors = _unit(torch.rand(n, d, generator=generator))
    return vectors, _share(vectors, eps)


def inside_a_cube(d, n, eps, seed):
    """You draw each coordinate evenly from an interval: a cube reaches farther towards its corners,
    so more vectors point there. Gaussian numbers point everywhere alike."""
    generator = torch.Generator().manual_seed(seed)
    vectors = _unit(torch.rand(n, d, generator=generator) - 0.5)
    return vectors, _share(vectors, eps)


def corners_of_a_cube(d, n, eps, seed):
    """You draw signs: these are the corners of a cube, not all directions."""
    vectors = _unit(torch.where(_draw(d, n, seed) > 0, 1.0, -1.0))
    return vectors, _share(vectors, eps)


def share_of_the_others(d, n, eps, seed):
    """You count the pairs that are not almost orthogonal."""
    vectors = _unit(_draw(d, n, seed))
    return vectors, 1 - _share(vectors, eps)


def squared_cosines(d, n, eps, seed):
    """You compare the squared cosine with eps: its size is meant."""
    vectors = _unit(_draw(d, n, seed))
    return vectors, _share(vectors, eps, size=torch.square)


def number_of_pairs(d, n, eps, seed):
    """You return how many pairs: their share is asked for."""
    vectors = _unit(_draw(d, n, seed))
    return vectors, _share(vectors, eps) * n * (n - 1) / 2


def share_of_the_vectors(d, n, eps, seed):
    """You count vectors that are almost orthogonal to all others: pairs are meant."""
    vectors = _unit(_draw(d, n, seed))
    cosines = (vectors @ vectors.mT).abs() - torch.eye(n)
    return vectors, float((cosines < eps).all(1).double().mean())


def normalised_along_the_wrong_axis(d, n, eps, seed):
    """You normalise each coordinate over the vectors: each vector has length 1."""
    vectors = _draw(d, n, seed)
    vectors = vectors / vectors.norm(dim=0, keepdim=True)
    return vectors, _share(vectors, eps)


def always_the_same_seed(d, n, eps, seed):
    """You do not use the seed: another seed should give other vectors."""
    vectors = _unit(_draw(d, n, 0))
    return vectors, _share(vectors, eps)
