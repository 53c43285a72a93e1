"""smollm2 one token at a time, for many texts at once: it writes the dictionary's corpus.

A step of transformers with its cache took ten times the CPU time here (256 texts, bfloat16, AMD
EPYC, 70 tokens a CPU second against 900), much of it in attention over single queries. Nothing else
in the course uses it; `tests/labkit/test_dictionary_sampling.py` holds it to the bridge's logits.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

Blocks = list[dict[str, Tensor]]


class Decoder:
    """A Llama-style transformer with a fixed room for keys and values.

    ``step`` takes one token of each text and returns the logits after it. Positions are counted
    from the first ``step`` after ``start``.
    """

    def __init__(self, folder: Path, dtype: torch.dtype = torch.bfloat16) -> None:
        """Read a converted model: see `labkit.fetch.smollm2`."""
        config = json.loads((folder / "config.json").read_text())
        self.heads: int = config["num_attention_heads"]
        self.groups: int = config["num_key_value_heads"]
        self.d_head: int = config["head_dim"]
        self.eps: float = config["rms_norm_eps"]
        self.theta: float = config["rope_parameters"]["rope_theta"]
        self.dtype = dtype
        weights = {k: v.to(dtype) for k, v in load_file(folder / "model.safetensors").items()}
        self.embed = weights["model.embed_tokens.weight"]
        self.norm = weights["model.norm.weight"]
        # One product for queries, keys and values, one for both halves of the MLP: fewer, larger.
        self.blocks: Blocks = []
        for layer in range(config["num_hidden_layers"]):
            at = f"model.layers.{layer}."
            attention = [weights[f"{at}self_attn.{x}_proj.weight"] for x in "qkv"]
            mlp = [weights[f"{at}mlp.{x}_proj.weight"] for x in ("gate", "up")]
            self.blocks.append(
                {
                    "norm1": weights[f"{at}input_layernorm.weight"],
                    "qkv": torch.cat(attention),
                    "o": weights[f"{at}self_attn.o_proj.weight"],
                    "norm2": weights[f"{at}post_attention_layernorm.weight"],
                    "mlp": torch.cat(mlp),
                    "down": weights[f"{at}mlp.down_proj.weight"],
                }
            )

    def start(self, batch: int, length: int) -> None:
        """Make room for ``batch`` texts of at most ``length`` tokens and forget the last ones."""
        room = (len(self.blocks), batch * self.groups, length, self.d_head)
        self.keys = torch.zeros(room, dtype=self.dtype)
        self.values = torch.zeros(room, dtype=self.dtype)
        inverse = self.theta ** (-torch.arange(0, self.d_head, 2) / self.d_head)
        angles = torch.outer(torch.arange(length), inverse).repeat(1, 2)
        self.cos, self.sin = angles.cos().to(self.dtype), angles.sin().to(self.dtype)
        self.position = 0

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Float[Tensor, "b v"]:
        """Take one more token of each text, [b] ids; return the logits of the next one."""
        stream = self.embed[tokens]
        for layer, block in enumerate(self.blocks):
            stream = stream + self._attend(layer, block, self._rms(stream, block["norm1"]))
            normed = self._rms(stream, block["norm2"])
            gate, up = functional.linear(normed, block["mlp"]).chunk(2, dim=-1)
            stream = stream + functional.linear(functional.silu(gate) * up, block["down"])
        self.position += 1
        return functional.linear(self._rms(stream, self.norm), self.embed)

    def _attend(self, layer: int, block: dict[str, Tensor], x: Tensor) -> Tensor:
        batch, here = len(x), self.position
        widths = [self.heads * self.d_head] + [self.groups * self.d_head] * 2
        q, k, v = torch.split(functional.linear(x, block["qkv"]), widths, dim=-1)
        # A group's queries share its keys: they are the rows of one small matrix.
        q = self._rotate(q.reshape(batch * self.groups, -1, self.d_head))
        self.keys[layer, :, here] = self._rotate(k.reshape(batch * self.groups, self.d_head))
        self.values[layer, :, here] = v.reshape(batch * self.groups, self.d_head)
        # Over the whole room, the empty part masked: a slice of it would be copied each time.
        scores = (q @ self.keys[layer].mT).float() / self.d_head**0.5
        scores[..., here + 1 :] = -torch.inf
        mixed = scores.softmax(-1).to(self.dtype) @ self.values[layer]
        return functional.linear(mixed.reshape(batch, -1), block["o"])

    def _rotate(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=-1)
        turned = torch.cat([-second, first], dim=-1)
        return x * self.cos[self.position] + turned * self.sin[self.position]

    def _rms(self, x: Tensor, scale: Tensor) -> Tensor:
        return functional.rms_norm(x, x.shape[-1:], scale, self.eps)
