"""All weights of an attention-only model in the making, head by head.

Directions are given in terms of the stream; the blueprint folds each norm's random scale gamma
away, mixes the inside of every head by a random rotation, and runs exact forward passes in float64
so that a head can be calibrated on the stream as the earlier ones have made it.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit.planted.heads import Head
from labkit.planted.subspaces import rotation

EPS = 1e-5


class Blueprint:
    """The weights of a model, all zero until they are written; float64.

    Attributes:
        embed: [d_vocab, d_model], pos: [n_ctx, d_model].
        unembed: [d_vocab, d_model], the direction each token is read along behind the last norm.
        b_U: [d_vocab].
        gamma: [n_layers + 1, d_model], the norms' scales, the final one last; ones without a norm.
    """

    def __init__(
        self,
        generator: torch.Generator,
        *,
        n_layers: int,
        n_heads: int,
        d_model: int,
        d_head: int,
        n_ctx: int,
        d_vocab: int,
        rms: bool,
    ) -> None:
        self._generator = generator
        self.rms = rms
        self._shape = {
            "n_layers": n_layers, "n_heads": n_heads, "d_model": d_model, "d_head": d_head,
            "n_ctx": n_ctx, "d_vocab": d_vocab,
        }  # fmt: skip
        self.d_head = d_head
        self.embed = _zeros(d_vocab, d_model)
        self.pos = _zeros(n_ctx, d_model)
        self.unembed = _zeros(d_vocab, d_model)
        self.b_U = _zeros(d_vocab)
        self.gamma = torch.ones(n_layers + 1, d_model, dtype=torch.float64)
        if rms:
            self.gamma *= self._scales(n_layers + 1, d_model)
        # The last axis of all four is d_model: rows that read, and rows that write.
        self._q, self._k, self._v, self._o = _zeros(4, n_layers, n_heads, d_head, d_model)
        self._b_v = _zeros(n_layers, n_heads, d_head)

    def write(self, layer: int, head: int, what: Head) -> None:
        """Give one head its weights; its place must be empty.

        Raises:
            ValueError: the head needs more than d_head dimensions, or its place is taken.
        """
        at = (layer, head)
        if any(w[at].any() for w in (self._q, self._o, self._b_v)):
            raise ValueError(f"head {at} is written already")
        matched, moved = len(what.queries), len(what.reads)
        if max(matched, moved + (what.constant is not None)) > self.d_head:
            raise ValueError(f"head {at} needs more than {self.d_head} dimensions")
        looking, moving = (rotation(self.d_head, self._generator) for _ in range(2))
        # A score is divided by sqrt(d_head); both sides share what undoes it.
        root = self.d_head**0.25
        if matched:
            self._q[at] = looking[:, :matched] @ what.queries * root
            self._k[at] = looking[:, :matched] @ what.keys * root
        if moved:
            self._v[at] = moving[:, :moved] @ what.reads
            self._o[at] = moving[:, :moved] @ what.writes
        if what.constant is not None:
            self._b_v[at] = moving[:, moved]
            self._o[at] += moving[:, moved, None] * what.constant

    def start(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_model"]:
        """Return the residual stream before block 0."""
        return self.embed[tokens] + self.pos[: tokens.shape[1]]

    def rms_of(self, stream: Float[Tensor, "... d_model"]) -> Tensor:
        """Return what the norm divides each position by, [...]: 1 without a norm."""
        if not self.rms:
            return torch.ones(stream.shape[:-1], dtype=stream.dtype)
        size: Tensor = (stream.square().mean(-1) + EPS).sqrt()
        return size

    def block(
        self, stream: Float[Tensor, "batch pos d_model"], layer: int
    ) -> Float[Tensor, "batch pos d_model"]:
        """Return the residual stream after block ``layer``."""
        x = (stream / self.rms_of(stream)[..., None])[:, None]  # [batch, 1, pos, d_model]
        q, k, v = (x @ w[layer].mT for w in (self._q, self._k, self._v))
        z = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        z = z + self._b_v[layer][:, None]
        return stream + (z @ self._o[layer]).sum(1)

    def logits(
        self, stream: Float[Tensor, "batch pos d_model"]
    ) -> Float[Tensor, "batch pos d_vocab"]:
        """Return what the lens reads off a stream; at the last layer, the model's logits."""
        return stream / self.rms_of(stream)[..., None] @ self.unembed.mT + self.b_U

    def bridge(self) -> TransformerBridge:
        """Return the model, in float32."""
        return native.boot(self.config(), self.weights())

    def config(self) -> native.Config:
        """Return the settings of the model."""
        return {
            **self._shape, "attn_only": True, "eps": EPS, "act_fn": "relu",
            "normalization_type": "RMS" if self.rms else None,
        }  # fmt: skip

    def weights(self) -> dict[str, Tensor]:
        """Return every parameter by its name in `native.parameters`."""
        weights = {
            "tok_embed.weight": self.embed,
            "pos.weight": self.pos,
            "head.weight": self.unembed / self.gamma[-1],
            "head.bias": self.b_U,
        }
        if self.rms:
            weights["ln_out.weight"] = self.gamma[-1]
        for layer in range(self._shape["n_layers"]):
            block = f"layers.{layer}"
            for name, matrix in (("q", self._q), ("k", self._k), ("v", self._v)):
                read = matrix[layer].flatten(0, 1) / self.gamma[layer]
                weights[f"{block}.attn.{name}.weight"] = read
                weights[f"{block}.attn.{name}.bias"] = _zeros(len(read))
            weights[f"{block}.attn.v.bias"] = self._b_v[layer].flatten()
            weights[f"{block}.attn.o.weight"] = self._o[layer].flatten(0, 1).mT
            weights[f"{block}.attn.o.bias"] = _zeros(self._shape["d_model"])
            if self.rms:
                weights[f"{block}.ln1.weight"] = self.gamma[layer]
        return weights

    def _scales(self, *shape: int) -> Tensor:
        """Draw gammas in +-[0.5, 1.5]: both signs, or a lens without them would still read well."""
        size = 0.5 + torch.rand(*shape, generator=self._generator, dtype=torch.float64)
        signs = torch.randint(0, 2, shape, generator=self._generator) * 2 - 1
        return size * signs


def _zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.float64)
