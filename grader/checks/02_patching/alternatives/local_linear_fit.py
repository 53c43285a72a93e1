"""Other right ways to write local_linear_fit."""

import torch


def centred(masks, values, weights, ridge=0.0):
    """Subtract weighted means, so that the intercept drops out; find it at the end."""
    total = weights.sum()
    mask_mean = torch.einsum("n,nf->f", weights, masks) / total
    value_mean = (weights * values).sum() / total
    X, y = masks - mask_mean, values - value_mean
    A = torch.einsum("n,nf,ng->fg", weights, X, X)
    A = A + ridge * torch.eye(A.shape[0], dtype=A.dtype)
    w = torch.linalg.inv(A) @ torch.einsum("n,nf,n->f", weights, X, y)
    return value_mean - mask_mean @ w, w


def least_squares_with_more_rows(masks, values, weights, ridge=0.0):
    """Roots of the weights on both sides, and the ridge as further rows; a float comes back."""
    root = weights.sqrt()[:, None]
    n = masks.shape[1]
    X = torch.cat([root, root * masks], dim=1)
    extra = torch.cat([torch.zeros(n, 1), ridge**0.5 * torch.eye(n)], dim=1).to(X.dtype)
    y = torch.cat([root[:, 0] * values, torch.zeros(n, dtype=values.dtype)])
    solution = torch.linalg.lstsq(torch.cat([X, extra]), y.unsqueeze(1)).solution.squeeze(1)
    return solution[0].clone(), solution[1:].clone()
