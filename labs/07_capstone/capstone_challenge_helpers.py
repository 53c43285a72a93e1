"""Given code of lab 07's challenge: streams, probes, and prompts with one token exchanged.

Nothing here answers an exercise.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from labkit.planted import Planted
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge


def streams(
    model: TransformerBridge, tokens: Int[Tensor, "prompt pos"]
) -> Float[Tensor, "layer prompt d_model"]:
    """Return the stream at the last position: the embedding (layer 0), and after each block."""
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
    layers = range(model.cfg.n_layers)
    rows = [cache["resid_pre", layer][:, -1] for layer in layers]
    return torch.stack([*rows, cache["resid_post", layers[-1]][:, -1]])


def probe(
    X: Float[Tensor, "n d_model"], y: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, " d_model"], Float[Tensor, ""]]:
    """Fit scikit-learn's ridge classifier; True where ``x @ w + b > 0``. In float64."""
    from sklearn.linear_model import RidgeClassifier

    model = RidgeClassifier(alpha=1e-3).fit(X.double().numpy(), y.numpy())
    return torch.from_numpy(model.coef_.ravel()), torch.tensor(model.intercept_.item())


def twins(challenge: Planted, position: int) -> Int[Tensor, "prompt pos"]:
    """Return the prompts with the token at one position exchanged for one of the other parity.

    The new token is one that occurs in the prompts, drawn anew for each of them.
    """
    seen = challenge.tokens[:, 1:].unique()
    draw = torch.Generator().manual_seed(position)
    changed = challenge.tokens.clone()
    for rest in (0, 1):
        rows = (challenge.tokens[:, position] % 2 == rest).nonzero()[:, 0]
        kind = seen[seen % 2 != rest]
        changed[rows, position] = kind[torch.randint(len(kind), (len(rows),), generator=draw)]
    return changed
