"""Other right ways to write aux_k."""

import torch
from torch.nn import functional


def masked(x, x_hat, pre, dead, W_dec, k_aux):
    """The living are set to minus infinity, then the largest of all are taken."""
    if int(dead.sum()) == 0:
        return torch.zeros((), dtype=x.dtype)
    z = pre.masked_fill(~dead, -torch.inf)
    places = z.topk(min(k_aux, int(dead.sum())), dim=-1).indices
    keep = torch.zeros_like(pre).scatter(-1, places, 1.0)
    guess = (pre.relu() * keep) @ W_dec
    return functional.mse_loss(guess, (x - x_hat).detach(), reduction="sum") / len(x)


def sample_by_sample(x, x_hat, pre, dead, W_dec, k_aux):
    """A loop, without gradients for the error."""
    with torch.no_grad():
        error = x - x_hat
    places = torch.where(dead)[0]
    if len(places) == 0:
        return 0.0 * pre.sum()
    losses = []
    for row in range(len(x)):
        z = pre[row, places]
        best = z.argsort(descending=True)[:k_aux]
        guess = (z[best].clamp(min=0)[:, None] * W_dec[places[best]]).sum(0)
        losses.append((error[row] - guess).pow(2).sum())
    return sum(losses) / len(losses)


def relu_first_in_single_precision(x, x_hat, pre, dead, W_dec, k_aux):
    """ReLU before the choice, einsum, float32."""
    error = (x.detach() - x_hat.detach()).float()
    n_dead = int(dead.sum())
    if n_dead == 0:
        return error.new_zeros(())
    z = pre.float()[:, dead].relu()
    values, places = z.topk(min(n_dead, k_aux), dim=1)
    rows = W_dec.float()[dead][places]
    guess = torch.einsum("bk,bkd->bd", values, rows)
    return (error - guess).pow(2).sum(-1).mean()
