"""Hidden checks for TunedLens.forward: translators are set so that what they must say is known."""

import torch
from labkit import models
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close

# The model's RMSNorm works in float32 inside, and so may the student's; a step left out or in the
# wrong order misses by more than a per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _run(
    seed: int, rng: torch.Generator, norm: str
) -> tuple[TransformerBridge, Tensor, Tensor, list[int]]:
    """Run a random model; return it, its residual stack, its logits and its layers, shuffled."""
    n_layers = int(torch.randint(2, 4, (), generator=rng))
    n_pos = int(torch.randint(6, 10, (), generator=rng))
    # The lens does not look into the blocks: without MLPs they are made faster.
    model = models.random(
        seed, n_layers=n_layers, attn_only=True, normalization_type=norm, eps=0.05,
        dtype=torch.float64,
    )  # fmt: skip
    tokens = torch.randint(model.cfg.d_vocab, (2, n_pos), generator=rng)
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
    entries = [cache["resid_pre", 0]] + [cache["resid_post", i] for i in range(n_layers)]
    order = torch.randperm(n_layers, generator=rng).tolist()
    return model, torch.stack(entries), logits, order


def _says(model: TransformerBridge, x: Tensor) -> Tensor:
    """What the model's own final norm and unembedding make of x."""
    with torch.no_grad():
        return model.unembed(model.ln_final(x))


def test_without_translators_it_is_the_logit_lens(student, seed, rng):
    """A fresh tuned lens, whose `delta` and `bias` are zero, is the logit lens: I + 0 is the
    identity, and the final norm and the unembedding do the rest."""
    model, stack, _, order = _run(seed, rng, "RMS")
    lens = student.TunedLens(model)
    for layer in order:
        logits = lens(stack[layer], layer)
        close(logits, _says(model, stack[layer]), **FLOAT32, because=f"layer {layer}")


def test_each_layer_has_its_own_translator(student, seed, rng):
    """The translator I + delta[layer] acts on the vector h as a column, (I + delta) h, and each
    layer has its own: translators that carry each layer's vector to the final one make the lens
    say what the model says."""
    model, stack, logits, order = _run(seed, rng, "LN")
    lens = student.TunedLens(model)
    prompt, pos = 1, int(torch.randint(0, stack.shape[2], (), generator=rng))
    h, final = stack[:-1, prompt, pos], stack[-1, prompt, pos]
    # The matrix of rank one that takes h to final - h, for each layer.
    delta = (final - h)[:, :, None] * h[:, None, :] / h.square().sum(-1)[:, None, None]
    lens.load({"delta": delta})
    for layer in order:
        close(lens(h[layer], layer), logits[prompt, pos], **FLOAT32, because=f"layer {layer}")


def test_bias_is_added_before_the_norm(student, seed, rng):
    """The translator's bias is added to the vector, before the final norm: biases that fill the
    gap to the final vector make the lens say what the model says."""
    model, stack, logits, order = _run(seed, rng, "RMS")
    lens = student.TunedLens(model)
    prompt, pos = 1, int(torch.randint(0, stack.shape[2], (), generator=rng))
    h, final = stack[:-1, prompt, pos], stack[-1, prompt, pos]
    lens.load({"bias": final - h})
    for layer in order:
        close(lens(h[layer], layer), logits[prompt, pos], **FLOAT32, because=f"layer {layer}")


def test_translates_each_position_alone(student, seed, rng):
    """Any number of axes may stand before d_model: every vector is translated, h + delta h + bias,
    then normalised and unembedded by itself, and the bias is not translated."""
    model, stack, _, order = _run(seed, rng, "LN")
    layer, n_layers, d_model = order[0], len(order), stack.shape[-1]
    lens = student.TunedLens(model)
    delta = torch.randn(n_layers, d_model, d_model, generator=rng, dtype=torch.float64)
    delta = delta / d_model**0.5
    bias = torch.randn(n_layers, d_model, generator=rng, dtype=torch.float64)
    lens.load({"delta": delta, "bias": bias})
    for h in (stack[layer], stack[layer, 1], stack[layer, 0, 2]):
        translated = h + torch.einsum("ij,...j->...i", delta[layer], h) + bias[layer]
        axes = f"h with {h.dim()} axes"
        close(lens(h, layer), _says(model, translated), **FLOAT32, because=axes)
