"""Wrong rank-one edits that students write."""

import torch


def second_moment_left_out(W, k, v, C):
    """You leave C out: the key is mapped to the value, but keys that text is full of are disturbed
    more than they need be."""
    return W + torch.outer(v - W @ k, k) / (k @ k)


def second_moment_not_inverted(W, k, v, C):
    """You multiply with C: with its inverse, so that directions text is full of change least."""
    u = C @ k
    return W + torch.outer(v - W @ k, u) / (u @ k)


def divided_by_the_wrong_product(W, k, v, C):
    """You divide by k . k: by the product of C^-1 k and k, or the key misses its value."""
    u = torch.linalg.solve(C, k)
    return W + torch.outer(v - W @ k, u) / (k @ k)


def divided_by_the_length_of_u(W, k, v, C):
    """You divide by the squared length of C^-1 k: by its product with k."""
    u = torch.linalg.solve(C, k)
    return W + torch.outer(v - W @ k, u) / (u @ u)


def not_divided(W, k, v, C):
    """You leave the denominator out: without it the key gets a multiple of what it lacks."""
    return W + torch.outer(v - W @ k, torch.linalg.solve(C, k))


def old_value_not_subtracted(W, k, v, C):
    """You add the whole value: W k is there already, only v - W k is missing."""
    u = torch.linalg.solve(C, k)
    return W + torch.outer(v, u) / (u @ k)


def sign_reversed(W, k, v, C):
    """Your sign is reversed: what is missing is v - W k."""
    u = torch.linalg.solve(C, k)
    return W - torch.outer(v - W @ k, u) / (u @ k)


def old_matrix_thrown_away(W, k, v, C):
    """You return the update alone: it is added to W."""
    u = torch.linalg.solve(C, k)
    return torch.outer(v - W @ k, u) / (u @ k)


def replaced_by_a_table_of_one(W, k, v, C):
    """You keep nothing of W, only the new key's value: all other keys are lost."""
    u = torch.linalg.solve(C, k)
    return torch.outer(v, u) / (u @ k)


def outer_product_turned(W, k, v, C):
    """Your outer product is turned around: the gap gives the rows, C^-1 k the columns."""
    u = torch.linalg.solve(C, k)
    return W + torch.outer(u, v - W @ k) / (u @ k)


def root_of_the_inverse(W, k, v, C):
    """You whiten with the root of C's inverse: the minimum has the whole inverse."""
    values, vectors = torch.linalg.eigh(C)
    u = vectors @ ((vectors.mT @ k) / values.sqrt())
    return W + torch.outer(v - W @ k, u) / (u @ k)


def inverse_twice(W, k, v, C):
    """You apply the inverse of C twice: once is enough."""
    u = torch.linalg.solve(C, torch.linalg.solve(C, k))
    return W + torch.outer(v - W @ k, u) / (u @ k)


def diagonal_only(W, k, v, C):
    """You use the diagonal of C only: directions between the axes count, too."""
    u = k / C.diagonal()
    return W + torch.outer(v - W @ k, u) / (u @ k)


def in_place(W, k, v, C):
    """You write into W: return a new matrix, the old one may still be needed."""
    u = torch.linalg.solve(C, k)
    W += torch.outer(v - W @ k, u) / (u @ k)
    return W
