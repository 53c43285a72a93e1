"""Other right ways to write full_QK."""

import math

import torch


def from_the_models_own_names(model, head):
    """The bridge's own weights, the head's bilinear form first, gradients on."""
    layer, index = head
    attention = model.blocks[layer].attn
    form = attention.W_Q[index] @ attention.W_K[index].transpose(0, 1)
    return model.W_E @ form @ model.W_E.T / math.sqrt(model.cfg.d_head)


@torch.no_grad()
def pair_by_pair(model, head):
    """A loop over the query tokens, in float32."""
    attention = model.blocks[head[0]].attn
    W_Q, W_K = attention.W_Q[head[1]].float(), attention.W_K[head[1]].float()
    embedded = model.W_E.float()
    keys = embedded @ W_K
    rows = [(keys * (token @ W_Q)).sum(-1) for token in embedded]
    return torch.stack(rows) / W_Q.shape[1] ** 0.5


@torch.inference_mode()
def one_einsum(model, head):
    """Everything in one einsum; the root is split between the two sides."""
    attention = model.blocks[head[0]].attn
    fourth = model.cfg.d_head**-0.25
    W_Q, W_K = attention.W_Q[head[1]] * fourth, attention.W_K[head[1]] * fourth
    return torch.einsum("am,mh,nh,bn->ab", model.W_E, W_Q, W_K, model.W_E)
