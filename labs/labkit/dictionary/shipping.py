"""Writes what the package ships: weights in SAELens' format, and the text held out."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from labkit import fetch
from labkit.dictionary.gradients import Parameters
from labkit.dictionary.sampling import LEAST_DISTINCT, corpus_dir, distinct, shard_file

HELD_OUT = range(4)
"""Shards that no dictionary is trained on."""


def save(p: Parameters, folder: Path, *, k: int, layer: int) -> None:
    """Write a TopK dictionary as sae_lens does, but its weights in float16.

    `sae_lens.SAE.load_from_disk` turns them into the dtype of the config, which is float32.
    """
    from sae_lens import TopKSAE, TopKSAEConfig
    from sae_lens.saes.sae import SAEMetadata

    latents, d_model = p.decoder.shape
    config = TopKSAEConfig(
        d_in=d_model,
        d_sae=latents,
        k=k,
        apply_b_dec_to_input=True,
        rescale_acts_by_decoder_norm=False,
        metadata=SAEMetadata(
            model_name="smollm2",
            hook_name=f"blocks.{layer - 1}.hook_resid_post",
            context_size=128,
            prepend_bos=False,
            exclude_special_tokens=False,
            dataset_path="sampled by the model itself: see labkit/dictionary/README.md",
        ),
    )
    sae = TopKSAE(config)
    with torch.no_grad():
        sae.W_enc.copy_(p.encoder.T)
        sae.b_enc.copy_(p.b_enc)
        sae.W_dec.copy_(p.decoder)
        sae.b_dec.copy_(p.b_dec)
    weights, _ = sae.save_model(folder)
    halves = {name: part.half().contiguous() for name, part in load_file(weights).items()}
    save_file(halves, weights)
    Path(weights).chmod(0o644)  # safetensors writes it for its owner alone


def held_out(folder: Path | None = None) -> Int[Tensor, "text s"]:
    """Return the texts of the shards held out that can be told from their spelling.

    Left out are those that loop, and those that the tokenizer would split otherwise: the model
    may sample a word in two tokens that has one of its own.
    """
    tokenizer = Tokenizer.from_file(str(fetch.smollm2() / "tokenizer.json"))
    folder = folder or corpus_dir()
    files = [shard_file(folder, number) for number in HELD_OUT]
    tokens = torch.cat([load_file(file)["tokens"] for file in files]).long()
    tokens = tokens[distinct(tokens) >= LEAST_DISTINCT]
    texts = tokenizer.decode_batch(tokens.tolist(), skip_special_tokens=False)
    again = tokenizer.encode_batch(texts, add_special_tokens=False)
    same = [new.ids == old for new, old in zip(again, tokens.tolist(), strict=True)]
    return tokens[torch.tensor(same)]


def save_held_out(tokens: Int[Tensor, "text s"], file: Path) -> None:
    """Write token ids as 16-bit numbers, compressed, byte for byte the same each time."""
    flat = tokens.numpy().astype("<u2")
    assert (flat.astype(np.int64) == tokens.numpy()).all()
    file.write_bytes(gzip.compress(flat.tobytes(), mtime=0))
