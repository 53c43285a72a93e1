"""Other right ways to write ablate_direction."""

import torch


def projection_matrix(x, w):
    """The matrix that projects onto the complement."""
    keep = torch.eye(len(w), dtype=x.dtype) - torch.outer(w, w) / (w @ w)
    return x @ keep


def in_single_precision(x, w):
    """torch's normalize and einsum, in float32."""
    unit = torch.nn.functional.normalize(w.float(), dim=0)
    part = torch.einsum("...d,d->...", x.float(), unit)
    return x.float() - torch.einsum("...,d->...d", part, unit)


def a_loop(x, w):
    """One activation after another."""
    rows = [row - (row @ w) / w.square().sum() * w for row in x.reshape(-1, len(w))]
    return torch.stack(rows).reshape(x.shape)


def the_rest_of_a_basis(x, w):
    """Go to an orthonormal basis that begins with w, drop the first coordinate, come back."""
    basis = torch.linalg.qr(torch.cat([w[:, None], torch.eye(len(w), dtype=w.dtype)], 1))[0]
    rest = basis[:, 1 : len(w)]
    return x @ rest @ rest.mT
