"""Other right ways to write steer."""

import torch


def least_squares(x, w, alpha):
    """The shortest solution of w . step = alpha, by torch's pseudo-inverse."""
    return x + torch.linalg.pinv(w[None]) @ torch.tensor([alpha], dtype=w.dtype)


def unit_vector_and_length(x, w, alpha):
    """The unit vector, times the step's length; in float32."""
    size = torch.linalg.vector_norm(w.float())
    return x.float() + (alpha / size) * (w.float() / size)


def remove_and_put_back(x, w, alpha):
    """Take the part along w away, and put it back with the new score."""
    squared = torch.einsum("d,d->", w, w)
    score = torch.einsum("...d,d->...", x, w)
    rest = x - torch.einsum("...,d->...d", score / squared, w)
    return rest + torch.einsum("...,d->...d", (score + alpha) / squared, w)
