"""Hidden checks for logit_lens: the truth is the model's own logits, norm and unembedding."""

import torch
from labkit import models
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor, unchanged

# The model's RMSNorm works in float32 inside, and so may the student's; a step left out misses by
# more than a per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _run(
    seed: int, rng: torch.Generator, **config: object
) -> tuple[TransformerBridge, Tensor, Tensor]:
    """Run a random model; return it, its residual stack and its logits (all axes differ)."""
    n_layers = int(torch.randint(2, 4, (), generator=rng))
    n_pos = int(torch.randint(6, 10, (), generator=rng))
    # The lens does not look into the blocks: without MLPs they are made faster.
    config = {"n_layers": n_layers, "attn_only": True, **config}
    model = models.random(seed, dtype=torch.float64, **config)
    tokens = torch.randint(model.cfg.d_vocab, (2, n_pos), generator=rng)
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
    entries = [cache["resid_pre", 0]] + [cache["resid_post", i] for i in range(n_layers)]
    return model, torch.stack(entries), logits


def test_last_layer_is_the_models_own_logits(student, seed, rng):
    """At the last layer the lens does what the model does: its logits are the model's own."""
    # eps is large here, so that an eps of one's own shows.
    model, stack, logits = _run(seed, rng, normalization_type="RMS", eps=0.05)
    shape = (len(stack), *logits.shape)
    lens = tensor(student.logit_lens(stack, model), shape, "your lens")
    close(lens[-1], logits, **FLOAT32, because="the last layer")


def test_every_layer_is_read_as_if_it_were_the_last(student, seed, rng):
    """Each layer is read as if the model ended there: its own final norm (here a LayerNorm, with
    its shift), then its unembedding with its bias."""
    model, stack, _ = _run(seed, rng, normalization_type="LN", eps=0.05)
    with torch.no_grad():
        expected = model.unembed(model.ln_final(stack))
    close(student.logit_lens(stack, model), expected, **FLOAT32, because="your lens")


def test_a_longer_stream_says_the_same(student, seed, rng):
    """The norm is taken afresh for every layer and position: make one layer's stream several
    times longer and its logits stay, and so do all the others."""
    # d_vocab = d_model on purpose: here a transposed unembedding gives a wrong answer, not an error
    model, stack, logits = _run(seed, rng, normalization_type="RMS", d_vocab=24, d_model=24)
    kept = student.keep(model)
    plain = tensor(student.logit_lens(stack, kept), (len(stack), *logits.shape), "your lens")
    close(plain[-1], logits, **FLOAT32, because="the last layer")
    layer = int(torch.randint(0, len(stack) - 1, (), generator=rng))
    # Only longer: a shorter vector would let eps show.
    longer = stack.clone()
    longer[layer] *= 3 + 5 * torch.rand(2, stack.shape[2], 1, generator=rng, dtype=torch.float64)
    close(
        student.logit_lens(longer, kept),
        plain,
        atol=1e-3,  # eps beside streams that can be short
        rtol=1e-3,
        because="the lens with one layer's stream made longer",
    )


def test_stack_and_model_are_left_as_they_were(student, seed, rng):
    """Looking through the lens changes nothing: the stack you are given and the model's own
    answers are the same afterwards."""
    model, stack, logits = _run(seed, rng, normalization_type="RMS")
    tokens = torch.randint(model.cfg.d_vocab, (2, 5), generator=rng)
    with torch.no_grad():
        before = model(tokens)
    kept = student.keep(model)
    result, after = student.after("logit_lens", stack, kept)
    lens = tensor(result, (len(stack), *logits.shape), "your lens")
    # Anything that goes with the model's logits counts here; other checks ask for the right ones.
    together = torch.corrcoef(torch.stack([lens[-1].flatten(), logits.flatten()]))[0, 1]
    holds(bool(together > 0.3), "The last layer of your lens has little to do with the model.")
    unchanged(after[0], stack)
    close(kept(tokens), before, atol=1e-6, rtol=1e-6, because="the model's logits after your lens")
