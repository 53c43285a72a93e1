"""The residual stream of the sampled text at the dictionary's layer, kept on disk for training."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit.dictionary.sampling import LEAST_DISTINCT, corpus_dir, distinct

_ROWS = 32  # texts of one forward pass


def stream(
    model: TransformerBridge, tokens: Int[Tensor, "n s"], layer: int
) -> Float[Tensor, "n s d_model"]:
    """Return the residual stream after ``layer`` blocks, in the model's own precision.

    All positions are in it. Whoever trains or measures leaves out those that are not
    `labkit.dictionary.ordinary`, position 0 first of all.
    """
    site = f"blocks.{layer - 1}.hook_resid_post"
    parts = []
    for batch in tokens.split(_ROWS):
        with torch.no_grad():
            _, cache = model.run_with_cache(
                batch, names_filter=lambda name: name == site, stop_at_layer=layer
            )
        parts.append(cache[site])
    return torch.cat(parts)


def harvest(model: TransformerBridge, layer: int, folder: Path | None = None) -> list[Path]:
    """Run the model over every shard that has no activations at ``layer`` yet.

    Products in bfloat16, sums of the stream in float32, stored in bfloat16: a value is right to
    about 1 part in 300. Figures are measured in float32 throughout, never on these.

    Returns:
        One file a shard: ``acts``, [text * (s - 1), d_model], position 0 and texts that loop
        left out.
    """
    folder = folder or corpus_dir()
    files = []
    shards = sorted(folder.glob("tokens_*.safetensors"))
    for shard in tqdm(shards, desc=f"activations of layer {layer}", unit="shard"):
        file = folder / shard.name.replace("tokens", f"layer{layer}")
        files.append(file)
        if file.exists():
            continue
        tokens = load_file(shard)["tokens"].long()
        tokens = tokens[distinct(tokens) >= LEAST_DISTINCT]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            acts = stream(model, tokens, layer)[:, 1:].flatten(0, 1)
        save_file({"acts": acts.to(torch.bfloat16).contiguous()}, file.with_suffix(".part"))
        file.with_suffix(".part").rename(file)
    return files
