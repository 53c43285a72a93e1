"""`read`: run a model over texts and keep, for each token, the latents that fired and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import dictionary
from labkit.errors import LabError

_ROWS = 16  # texts of one forward pass


@dataclass(frozen=True, eq=False)
class Readings:
    """Which latents fired on which tokens of some texts.

    Attributes:
        tokens: ids, one row a text.
        words: the same tokens as text.
        latents: the numbers of the ``k`` latents that fired most at each token.
        values: what they were, at least 0. At position 0 of each text all are 0: see `read`.
        parts: the dictionary's weights, as `labkit.dictionary.weights` gives them.
        effects: how much a unit of each residual direction adds to each logit, [d_model, v].
        vocabulary: every token as text.
    """

    tokens: Int[Tensor, "text s"]
    words: tuple[tuple[str, ...], ...]
    latents: Int[Tensor, "text s k"]
    values: Float[Tensor, "text s k"]
    parts: dict[str, Tensor]
    effects: Float[Tensor, "d_model v"]
    vocabulary: tuple[str, ...]

    def of(self, latent: int) -> Float[Tensor, "text s"]:
        """Return the value of one latent at every token.

        Raises:
            LabError: the dictionary has no such latent.
        """
        size = self.parts["W_dec"].shape[0]
        if not 0 <= latent < size:
            raise LabError(f"there is no latent {latent}: they are numbered 0 to {size - 1}.")
        return torch.where(self.latents == latent, self.values, 0.0).sum(dim=-1)


def read(
    model: TransformerBridge,
    tokens: Int[Tensor, "text s"] | None = None,
    *,
    parts: dict[str, Tensor] | None = None,
    k: int = dictionary.K,
    layer: int = dictionary.LAYER,
) -> Readings:
    """Run ``model`` over texts and encode its residual stream with a dictionary.

    Position 0 and other sinks are left out, as in training: see `labkit.dictionary.ordinary`.

    Args:
        model: the one that the dictionary belongs to.
        tokens: texts of equal length; 200 of `labkit.dictionary.tokens` when None.
        parts: weights of a TopK dictionary, as from `labkit.dictionary.weights`; the shipped one's
            when None.
        k: its latents a token.
        layer: the stream after this many blocks is what it reads.
    """
    tokens = dictionary.tokens()[:200] if tokens is None else tokens
    parts = dictionary.weights() if parts is None else parts
    site = f"blocks.{layer - 1}.hook_resid_post"
    found, values = [], []
    for rows in tqdm(tokens.split(_ROWS), desc="reading", unit="batch", leave=False):
        with torch.no_grad():
            _, cache = model.run_with_cache(
                rows, names_filter=lambda name: name == site, stop_at_layer=layer
            )
            top = dictionary.encode(cache[site], parts, k).topk(k, dim=-1)
            sinks = ~dictionary.ordinary(cache[site])
            sinks[:, 0] = True
            top.values[sinks] = 0.0
        found.append(top.indices)
        values.append(top.values)
    vocabulary = _spelled(model, range(model.cfg.d_vocab))
    words = tuple(tuple(vocabulary[token] for token in row) for row in tokens.tolist())
    effects = _effects(model)
    return Readings(tokens, words, torch.cat(found), torch.cat(values), parts, effects, vocabulary)


def _spelled(model: TransformerBridge, ids: Sequence[int]) -> tuple[str, ...]:
    """Return tokens as text; half a character of UTF-8 becomes the replacement character."""
    if model.tokenizer is None:  # a planted or random model
        return tuple(f"t{token}" for token in ids)
    return tuple(model.tokenizer.batch_decode([[token] for token in ids]))


def _effects(model: TransformerBridge) -> Float[Tensor, "d_model v"]:
    """Return diag(gamma) W_U, centred over tokens: a softmax does not see what all have alike."""
    with torch.no_grad():
        scale = getattr(model.ln_final, "weight", None)
        readout = model.W_U.float() if scale is None else scale.float()[:, None] * model.W_U.float()
        return readout - readout.mean(dim=1, keepdim=True)
