"""Other right ways to write full_OV."""

import torch


def from_the_models_own_names(model, head):
    """The bridge's own weights, with gradients on, from right to left."""
    layer, index = head
    attention = model.blocks[layer].attn
    return model.W_E @ (attention.W_V[index] @ (attention.W_O[index] @ model.W_U))


@torch.no_grad()
def token_by_token(model, head):
    """A row for each token, in float32."""
    layer, index = head
    W_V, W_O = (getattr(model.blocks[layer].attn, name)[index].float() for name in ("W_V", "W_O"))
    rows = []
    for embedded in model.W_E.float():
        rows.append(embedded @ W_V @ W_O @ model.W_U.float())
    return torch.stack(rows)


@torch.inference_mode()
def one_einsum(model, head):
    """All four matrices in one einsum."""
    attention = model.blocks[head[0]].attn
    return torch.einsum(
        "am,mh,hn,nb->ab", model.W_E, attention.W_V[head[1]], attention.W_O[head[1]], model.W_U
    )
