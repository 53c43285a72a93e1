"""Hidden checks for run_with_patch: the model's own last step, and what causality allows."""

import torch
from labkit import models
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor, unchanged
from grader.judging.lines import StudentError

# The model's RMSNorm works in float32 inside; a patch at a wrong place misses by far more.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _draw(seed: int, rng: torch.Generator) -> tuple[TransformerBridge, Tensor, Tensor]:
    """A model with grouped queries, a batch of prompts, and one position for each row.

    No two neighbouring rows have one position, and none the first or last of the prompt.
    """
    model = models.random(seed, n_layers=2, n_key_value_heads=2, dtype=torch.float64)
    tokens = torch.randint(model.cfg.d_vocab, (3, 7), generator=rng)
    pos = torch.randperm(5, generator=rng)[:3] + 1
    return model, tokens, pos


def _randn(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def test_its_own_value_changes_nothing(student, seed, rng):
    """Put a site's own value in again and the run is what it was, at whatever site, each row at its
    own position. With another value it is not."""
    model, tokens, pos = _draw(seed, rng)
    rows, kept = torch.arange(len(tokens)), student.keep(model)
    with torch.no_grad():
        plain, cache = model.run_with_cache(tokens)
    names = ("hook_resid_pre", "hook_mlp_out", "hook_attn_out")
    for name in ("attn.hook_z", names[int(torch.randint(3, (), generator=rng))]):
        site = f"blocks.{int(torch.randint(2, (), generator=rng))}.{name}"
        own = cache[site][rows, pos]
        patched = student.run_with_patch(kept, tokens, site, pos, own)
        close(patched, plain, **FLOAT32, because=f"the logits with {site} patched by its own value")
    patched = student.run_with_patch(kept, tokens, site, pos, own + _randn(rng, *own.shape))
    moved = (tensor(patched, tuple(plain.shape)) - plain)[rows, pos].abs().amax(-1)
    holds(bool((moved > 1e-4).all()), f"Another value at {site} changes nothing.")


def test_behind_the_last_block(student, seed, rng):
    """Behind the last block only norm and unembedding follow: each row's value shows in the logits
    at the row's own position, and everywhere else they are what they were."""
    model, tokens, pos = _draw(seed, rng)
    value = 2 * _randn(rng, len(tokens), model.cfg.d_model)
    with torch.no_grad():
        expected = model(tokens).clone()
        shown = model.unembed(model.ln_final(value[:, None]))[:, 0]
        expected[torch.arange(len(tokens)), pos] = shown
    site = "blocks.1.hook_resid_post"
    close(student.run_with_patch(model, tokens, site, pos, value), expected, **FLOAT32)


def test_what_the_heads_gathered(student, seed, rng):
    """A patch at `hook_z` replaces what all the heads have gathered at that position, and W_O
    writes it into the stream."""
    model = models.random(seed, n_layers=1, attn_only=True, n_key_value_heads=2, d_head=5)
    tokens = torch.randint(model.cfg.d_vocab, (3, 7), generator=rng)
    pos, rows = torch.randperm(5, generator=rng)[:3] + 1, torch.arange(3)
    value = torch.randn(3, model.cfg.n_heads, 5, generator=rng)
    with torch.no_grad():
        expected, cache = model.run_with_cache(tokens)
        expected = expected.clone()
        written = torch.einsum("bhe,hed->bd", value, model.W_O[0]) + model.b_O[0]
        stream = (cache["resid_pre", 0][rows, pos] + written)[:, None]
        expected[rows, pos] = model.unembed(model.ln_final(stream))[:, 0]
    patched = student.run_with_patch(model, tokens, "blocks.0.attn.hook_z", pos, value)
    close(patched, expected, **FLOAT32, because="the logits")


def test_before_the_first_block(student, seed, rng):
    """Before the first block a patch with another token's stream is another prompt: each row with
    the token at its own position exchanged."""
    model, tokens, pos = _draw(seed, rng)
    rows = torch.arange(len(tokens))
    other = tokens.clone()
    other[rows, pos] = (tokens[rows, pos] + 1 + torch.randint(30, (3,), generator=rng)) % 37
    with torch.no_grad():
        expected, cache = model.run_with_cache(other)
    site = "blocks.0.hook_resid_pre"
    value = cache[site][rows, pos]
    close(student.run_with_patch(model, tokens, site, pos, value), expected, **FLOAT32)


def test_an_unknown_site_is_refused(student, seed, rng):
    """A site that the model does not have is an error: a run that silently goes on unpatched would
    look like an effect of 0."""
    model, tokens, pos = _draw(seed, rng)
    value = _randn(rng, len(tokens), model.cfg.d_model)
    kept = student.keep(model)
    with torch.no_grad():
        plain = model(tokens)
    site = "blocks.1.hook_resid_post"
    patched = tensor(student.run_with_patch(kept, tokens, site, pos, value), tuple(plain.shape))
    moved = (patched - plain)[torch.arange(3), pos].abs().amax()
    holds(bool(moved > 1e-4), "A site that the model has is not patched.")
    for typo in ("blocks.1.resid_post", "blocks.9.hook_resid_post"):
        try:
            student.run_with_patch(kept, tokens, typo, pos, value)
        except StudentError as error:
            kind = getattr(error, "kind", "")
            holds(kind not in ("", "limit", "NotImplementedError", "StudentFault"), str(error))
        else:
            holds(False, "With a site that the model does not have it returned something.")


def test_nothing_stays_behind(student, seed, rng):
    """Tokens, positions and values are left as they were, and so is the model: no hook stays in it,
    and a second patch is not disturbed by the first."""
    model, tokens, pos = _draw(seed, rng)
    kept = student.keep(model)
    with torch.no_grad():
        plain = model(tokens)
    site = "blocks.1.hook_resid_post"
    for turn in (1, 2):
        value = turn * _randn(rng, len(tokens), model.cfg.d_model)
        result, after = student.after("run_with_patch", kept, tokens, site, pos, value)
        with torch.no_grad():
            shown = model.unembed(model.ln_final(value[:, None]))[:, 0]
        patched = tensor(result, tuple(plain.shape), "the logits")
        close(patched[torch.arange(3), pos], shown, **FLOAT32, because="at the patched positions")
        unchanged(after[1:], (tokens, site, pos, value))
        close(kept(tokens), plain, **FLOAT32, because="the model's logits afterwards")
