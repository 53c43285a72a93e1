"""Other right ways to write final_norm."""

import torch
from einops import reduce
from torch.nn import functional


def built_in(x, gamma, beta=None, eps=1e-5):
    """torch has both norms."""
    if beta is None:
        return functional.rms_norm(x, x.shape[-1:], gamma, eps)
    return functional.layer_norm(x, x.shape[-1:], gamma, beta, eps)


def variance_and_rsqrt(x, gamma, beta=None, eps=1e-5):
    """The variance as mean of squares minus square of the mean, and rsqrt."""
    mean = torch.zeros_like(x[..., :1]) if beta is None else x.mean(-1, keepdim=True)
    variance = (x**2).mean(-1, keepdim=True) - mean**2
    normalised = (x - mean) * torch.rsqrt(variance + eps)
    return torch.addcmul(torch.zeros_like(gamma) if beta is None else beta, normalised, gamma)


def single_precision(x, gamma, beta=None, eps=1e-5):
    """In float32, as models do, and returned in float32."""
    x, gamma = x.float(), gamma.float()
    if beta is not None:
        x = x - reduce(x, "... d_model -> ... 1", "mean")
    x = x / torch.sqrt(reduce(x.pow(2), "... d_model -> ... 1", "mean") + eps)
    return x * gamma if beta is None else x * gamma + beta.float()


@torch.inference_mode()
def vector_by_vector(x, gamma, beta=None, eps=1e-5):
    """One position after the other, in a loop."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        if beta is not None:
            row = row - row.sum() / len(row)
        size = (torch.linalg.vector_norm(row) ** 2 / len(row) + eps) ** 0.5
        rows.append(gamma * row / size + (0 if beta is None else beta))
    return torch.stack(rows).reshape(x.shape)
