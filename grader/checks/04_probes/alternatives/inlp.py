"""Other right ways to write inlp."""

import torch


def projection_matrix(X, y, k, fit):
    """One matrix that projects onto what is left; the original activations every time."""
    keep = torch.eye(X.shape[1], dtype=X.dtype)
    found = []
    for _ in range(k):
        w = keep @ fit(X @ keep, y)
        w = w / w.norm()
        found.append(w)
        keep = keep - torch.outer(w, w)
    return torch.stack(found)


def qr_of_all_probes(X, y, k, fit):
    """QR of the probes so far, its signs set right."""
    probes, rest = [], X.clone()
    for _ in range(k):
        probes.append(fit(rest, y))
        q, r = torch.linalg.qr(torch.stack(probes, 1))
        q = q * torch.sign(torch.diagonal(r))
        rest = X - X @ q @ q.mT
    return q.mT.contiguous()


def in_single_precision(X, y, k, fit):
    """float32 and einsum, rows into a tensor that is there already."""
    rest, found = X.float(), torch.zeros(k, X.shape[1])
    for i in range(k):
        w = torch.nn.functional.normalize(fit(rest, y).float(), dim=0)
        w = w - torch.einsum("kd,k->d", found[:i], found[:i] @ w)
        w = w - torch.einsum("kd,k->d", found[:i], found[:i] @ w)  # once more, for the rounding
        found[i] = w / w.norm()
        rest = rest - torch.einsum("n,d->nd", rest @ found[i], found[i])
    return found
