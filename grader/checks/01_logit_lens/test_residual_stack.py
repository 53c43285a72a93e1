"""Hidden checks for residual_stack: the truth is what the model's own hooks recorded."""

import torch
from labkit import models
from torch import Tensor
from transformer_lens import ActivationCache
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, tensor

# The stack is read or summed, never computed: float32 rounding is all that may come in.
EXACT = {"atol": 1e-5, "rtol": 1e-5}


def _run(seed: int, rng: torch.Generator) -> tuple[TransformerBridge, Tensor, ActivationCache]:
    """Run a random model of 2 or 3 blocks; layers + 1, batch, pos and d_model all differ."""
    n_layers = int(torch.randint(2, 4, (), generator=rng))
    n_pos = int(torch.randint(6, 10, (), generator=rng))
    model = models.random(seed, n_layers=n_layers, dtype=torch.float64)
    tokens = torch.randint(model.cfg.d_vocab, (2, n_pos), generator=rng)
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
    return model, logits, cache


def _writes(cache: ActivationCache) -> Tensor:
    """What each block added to the stream: its attention's output plus its MLP's."""
    blocks = range(cache.model.cfg.n_layers)
    return torch.stack(
        [cache[f"blocks.{i}.hook_attn_out"] + cache[f"blocks.{i}.hook_mlp_out"] for i in blocks]
    )


def test_first_entry_is_the_embeddings(student, seed, rng):
    """Entry 0 is the stream before any block has written: token plus positional embeddings."""
    model, _, cache = _run(seed, rng)
    embeddings = cache["hook_embed"] + cache["hook_pos_embed"]
    shape = (model.cfg.n_layers + 1, *embeddings.shape)
    stack = tensor(student.residual_stack(cache), shape, "your stack")
    close(stack[0], embeddings, **EXACT, because="entry 0")


def test_each_step_is_what_one_block_writes(student, seed, rng):
    """From one entry to the next lies one whole block: its attention's write plus its MLP's."""
    _, _, cache = _run(seed, rng)
    writes = _writes(cache)
    shape = (len(writes) + 1, *writes.shape[1:])
    stack = tensor(student.residual_stack(cache), shape, "your stack")
    close(stack[1:] - stack[:-1], writes, **EXACT, because="entry i + 1 minus entry i")


def test_last_entry_is_what_the_model_unembeds(student, seed, rng):
    """The last entry is the stream after the last block, before the final norm: norm and
    unembedding turn it into the model's own logits."""
    model, logits, cache = _run(seed, rng)
    shape = (model.cfg.n_layers + 1, *cache["ln_final.hook_in"].shape)
    stack = tensor(student.residual_stack(cache), shape, "your stack")
    with torch.no_grad():
        unembedded = model.unembed(model.ln_final(stack[-1]))
    # The model's RMSNorm works in float32 inside.
    close(unembedded, logits, atol=1e-4, rtol=1e-4, because="the last entry, unembedded")


def test_the_cache_is_left_as_it_was(student, seed, rng):
    """Reading the stack must not change the cache: asked again of the same cache, your function
    must give the same right stack (`x += y` writes into the cache; `x = x + y` does not)."""
    _, _, cache = _run(seed, rng)
    embeddings = cache["hook_embed"] + cache["hook_pos_embed"]
    expected = torch.cat([embeddings[None], embeddings + _writes(cache).cumsum(0)])
    kept = student.keep(cache)
    close(student.residual_stack(kept), expected, **EXACT, because="the first time")
    close(student.residual_stack(kept), expected, **EXACT, because="the second time")
