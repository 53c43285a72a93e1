"""Wrong composition scores that students write."""

import torch


def _norm(M):
    return M.square().sum().sqrt()


def product_in_the_other_order(A, B):
    """You multiply B by A: the head that acts first stands on the left."""
    return float(_norm(B @ A) / (_norm(A) * _norm(B)))


def spectral_norms(A, B):
    """You use the largest singular value as the norm: it is the Frobenius norm, the root of the
    sum of all squares."""
    norms = [torch.linalg.matrix_norm(M, 2) for M in (A @ B, A, B)]
    return float(norms[0] / (norms[1] * norms[2]))


def spectral_norm_of_the_product(A, B):
    """Your product's norm is its largest singular value: use the Frobenius norm for all three."""
    return float(torch.linalg.matrix_norm(A @ B, 2) / (_norm(A) * _norm(B)))


def nuclear_norms(A, B):
    """You add up singular values: the Frobenius norm is the root of the sum of squares."""
    norms = [torch.linalg.svdvals(M).sum() for M in (A @ B, A, B)]
    return float(norms[0] / (norms[1] * norms[2]))


def sums_of_absolute_values(A, B):
    """You add up absolute values: the Frobenius norm is the root of the sum of squares."""
    return float((A @ B).abs().sum() / (A.abs().sum() * B.abs().sum()))


def largest_entries(A, B):
    """You compare the largest entries: the norm is the root of the sum of all squares."""
    return float((A @ B).abs().max() / (A.abs().max() * B.abs().max()))


def not_normalised(A, B):
    """You return the norm of the product: divide it by the norms of both heads."""
    return float(_norm(A @ B))


def divided_by_one_of_them(A, B):
    """You divide by the norm of A alone: B's size must not matter either."""
    return float(_norm(A @ B) / _norm(A))


def divided_by_the_sum(A, B):
    """You divide by the sum of the two norms: it is their product."""
    return float(_norm(A @ B) / (_norm(A) + _norm(B)))


def divided_by_the_root(A, B):
    """You divide by the root of the norms' product: it is the product itself."""
    return float(_norm(A @ B) / (_norm(A) * _norm(B)).sqrt())


def squared(A, B):
    """You leave out the roots: the score is the ratio of the norms, not of their squares."""
    return float((A @ B).square().sum() / (A.square().sum() * B.square().sum()))


def root_of_the_product_left_out(A, B):
    """You take the sum of squares of the product without its root."""
    return float((A @ B).square().sum() / (_norm(A) * _norm(B)))


def trace_of_the_product(A, B):
    """You take the trace of the product: that is one overlap of many, and needs square heads."""
    return float((A @ B).diagonal().sum() / (_norm(A) * _norm(B)))


def minus_the_level_of_chance(A, B):
    """You subtract the level of random matrices: the score itself lies between 0 and 1."""
    return float(_norm(A @ B) / (_norm(A) * _norm(B)) - A.shape[1] ** -0.5)


def sum_of_the_product(A, B):
    """You add up the entries of the product, with their signs: the norm is the root of the sum of
    squares."""
    return float((A @ B).sum() / (_norm(A) * _norm(B)))


def one_minus_the_score(A, B):
    """You return 1 minus the score: 1 means that the second reads all that the first writes."""
    return float(1 - _norm(A @ B) / (_norm(A) * _norm(B)))
