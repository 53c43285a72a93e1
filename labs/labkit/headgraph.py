"""A small attention-only model as a graph: who reads what from whom, and what if one edge is cut.

The nodes are the embedding ("input"), every head, and the logits ("output"). Because the stream is
a sum, a node reads the sum of what all the nodes before it have written: one *edge* for each pair
of a writer and a later reader. `HeadGraph.run` is the model's own forward pass with each edge held
apart, so that single edges can be cut and the gradient at each reader can be had. Heads of one
layer read the same stream and have no edges among them.

Only native models without MLPs and without norms, where the sum is all there is.
"""

from __future__ import annotations

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens.model_bridge import TransformerBridge

from labkit import native
from labkit.errors import LabError

Edge = tuple[int, int]
"""(source, target): two node numbers, the first smaller."""


class HeadGraph:
    """The nodes and edges of a model, and its forward pass edge by edge.

    Attributes:
        nodes: a name for each node in the order of computation: "input", "L0H0", ..., "output".
        edges: all (source, target), targets in the order of computation, and for each target its
            sources in that order.
        is_edge: [node, node], True at [source, target] of every edge.
        layer_of: the layer of each node; -1 for the input, the number of layers for the output.
    """

    def __init__(self, model: TransformerBridge) -> None:
        """Read the weights of a native model; they are detached.

        Raises:
            LabError: a model with MLPs, norms, rotary positions or shared keys.
        """
        cfg = model.cfg
        rotary = cfg.positional_embedding_type == "rotary"
        shared = cfg.n_key_value_heads not in (None, cfg.n_heads)
        if not cfg.attn_only or cfg.normalization_type is not None or rotary or shared:
            raise LabError("a HeadGraph takes attention-only models without norm: here is another")
        weights = {name: p.detach() for name, p in native.parameters(model).items()}
        self._embed, self._pos = weights["tok_embed.weight"], weights["pos.weight"]
        self._unembed, self._b_U = weights["head.weight"], weights["head.bias"]
        shape = (cfg.n_heads, cfg.d_head, cfg.d_model)
        self._layers = [_heads(weights, layer, shape) for layer in range(cfg.n_layers)]
        heads = [(layer, head) for layer in range(cfg.n_layers) for head in range(cfg.n_heads)]
        self.nodes = ("input", *(f"L{layer}H{head}" for layer, head in heads), "output")
        self.layer_of = (-1, *(layer for layer, _ in heads), cfg.n_layers)
        numbers = range(len(self.nodes))
        self.edges: list[Edge] = [
            (source, target)
            for target in numbers
            for source in numbers
            if self.layer_of[source] < self.layer_of[target]
        ]
        self.is_edge = torch.zeros(len(self.nodes), len(self.nodes), dtype=torch.bool)
        self.is_edge[tuple(torch.tensor(self.edges).T)] = True

    def embed(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_model"]:
        """Return what the input node writes: token and position embeddings."""
        return self._embed[tokens] + self._pos[: tokens.shape[1]]

    def run(
        self,
        embedded: Float[Tensor, "batch pos d_model"],
        *,
        cut: Tensor | None = None,
        instead: Float[Tensor, "node batch pos d_model"] | None = None,
        nudge: Float[Tensor, "node batch pos d_model"] | None = None,
    ) -> tuple[Float[Tensor, "node batch pos d_model"], Float[Tensor, "batch vocab"]]:
        """Run the model; return what each node wrote, and the logits at the last position.

        The output node writes nothing: its row is zero.

        Args:
            embedded: what the input node writes.
            cut: [node, node], True (or 1.0) at [source, target] of each edge to cut: along it
                the target reads ``instead[source]`` in place of what the source writes.
            instead: what the targets of cut edges read; zeros when it is left out.
            nudge: added to what each node reads. Zeros that require a gradient collect here the
                gradient of whatever is computed from the logits, node by node.
        """
        n, dtype = len(self.nodes), embedded.dtype
        severed = torch.zeros(n, n, dtype=dtype) if cut is None else cut.to(dtype)
        other = embedded.new_zeros(n, *embedded.shape) if instead is None else instead
        extra = embedded.new_zeros(n, *embedded.shape) if nudge is None else nudge
        written, first, constant = embedded[None], 1, embedded.new_zeros(embedded.shape[-1])
        for heads in self._layers:
            here = slice(first, first + len(heads["q"]))
            read = _read(written, severed[:, here], other) + constant + extra[here]
            written = torch.cat([written, _attend(read, heads)])
            constant = constant + heads["constant"]
            first = here.stop
        last = _read(written, severed[:, -1:], other)[0] + constant + extra[-1]
        nothing = embedded.new_zeros(1, *embedded.shape)
        return torch.cat([written, nothing]), last[:, -1] @ self._unembed.mT + self._b_U


def _heads(
    weights: dict[str, Tensor], layer: int, shape: tuple[int, int, int]
) -> dict[str, Tensor]:
    """One layer's weights, head by head: q, k, v, o are [head, d_head, d_model]."""
    block = f"layers.{layer}.attn."
    heads = {name: weights[f"{block}{name}.weight"].reshape(shape) for name in "qkv"}
    heads |= {f"b_{n}": weights[f"{block}{n}.bias"].reshape(shape[:2]) for n in "qkv"}
    heads["o"] = weights[f"{block}o.weight"].mT.reshape(shape)
    return heads | {"constant": weights[f"{block}o.bias"]}


def _read(written: Tensor, severed: Tensor, other: Tensor) -> Tensor:
    """What each target reads, [target, batch, pos, d_model]: a sum, cut sources replaced."""
    sources = len(written)
    gone = severed[:sources]
    own = einsum(written, 1 - gone, "source b p d, source target -> target b p d")
    if not gone.any() and not gone.requires_grad:
        return own
    return own + einsum(other[:sources], gone, "source b p d, source target -> target b p d")


def _attend(read: Tensor, heads: dict[str, Tensor]) -> Tensor:
    """What each head of a layer writes, [head, batch, pos, d_model], from what each reads."""
    q, k, v = (
        einsum(read, heads[n], "h b p d, h e d -> h b p e") + heads[f"b_{n}"][:, None, None]
        for n in "qkv"
    )
    z = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    written: Tensor = einsum(z, heads["o"], "h b p e, h e d -> h b p d")
    return written
