"""Hidden checks for ablate: weights set to zero, attention by hand, drawn rows decoded."""

import torch
from einops import einsum
from labkit import models, native
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, tensor, unchanged

# RMS norms may work in float32 inside; a wrong position or head misses by more than a per cent.
FLOAT32 = {"atol": 2e-4, "rtol": 1e-3}
N_HEADS, D_HEAD = 3, 4


def _model(seed: int, **config) -> TransformerBridge:
    settings = {"n_layers": 3, "d_model": 14, "n_heads": N_HEADS, "d_head": D_HEAD, "d_mlp": 9}
    return models.random(seed, d_vocab=19, dtype=torch.float64, **{**settings, **config})


def _tokens(rng: torch.Generator, rows: int) -> Tensor:
    return torch.randint(19, (rows, 6), generator=rng)


def _z(model: TransformerBridge, tokens: Tensor, layer: int) -> Tensor:
    """What the heads of a layer give, [batch, pos, head, d_head], from pattern and values."""
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
    values = cache["v", layer]
    return einsum(cache["pattern", layer], values, "b h q k, b k h e -> b q h e")


def _without(model: TransformerBridge, tokens: Tensor, constants: dict) -> Tensor:
    """Logits of the model with heads' output matrices at zero, and something else in their place.

    Args:
        constants: for each head what to add to the layer's output, in d_model.
    """
    weights = native.parameters(model)
    kept = {name: weight.detach().clone() for name, weight in weights.items()}

    def adder(layer: int):
        extra = sum(value for (at, _), value in constants.items() if at == layer)
        return lambda out, hook: out + extra

    with torch.no_grad():
        for layer, head in constants:
            columns = slice(head * D_HEAD, (head + 1) * D_HEAD)
            weights[f"layers.{layer}.attn.o.weight"][:, columns] = 0
        hooks = [(f"blocks.{at}.hook_attn_out", adder(at)) for at in {at for at, _ in constants}]
        logits = model.run_with_hooks(tokens, fwd_hooks=hooks)
    native.load(model, kept)
    return logits


def test_zero_is_a_head_without_output(student, seed, rng):
    """With "zero" the model gives what it gives when those heads' output matrices are zero, also
    for several heads in several layers at once."""
    model, tokens = _model(seed), _tokens(rng, 4)
    for heads in ([(1, 2)], [(0, 1), (2, 0), (0, 2)]):
        truth = _without(model, tokens, dict.fromkeys(heads, 0.0))
        result, after = student.after("ablate", model, tokens, heads, "zero")
        close(result, truth, **FLOAT32, because=f"the logits without {len(heads)} heads")
        unchanged(after[1:3], (tokens, heads))


def test_mean_is_over_the_reference_and_keeps_positions_apart(student, seed, rng):
    """With "mean" a head says at each position the mean of what it says there on the reference
    prompts, as the whole model computes it; other heads react to the ablated run."""
    model, tokens, reference = _model(seed), _tokens(rng, 4), _tokens(rng, 5)
    heads = [(0, 1), (1, 0), (1, 2)]
    means = {
        (layer, head): _z(model, reference, layer)[:, :, head].mean(0)
        @ model.blocks[layer].attn.W_O[head].detach()
        for layer, head in heads
    }
    truth = _without(model, tokens, means)
    result, after = student.after("ablate", model, tokens, heads, "mean", reference)
    close(result, truth, **FLOAT32, because="the logits")
    unchanged(after[4], reference)


def test_the_mean_of_a_constant_changes_nothing(student, seed, rng):
    """A head that says the same on every prompt can be replaced by its mean without any change,
    and by nothing with a change."""
    model, tokens, reference = _model(seed), _tokens(rng, 3), _tokens(rng, 5)
    layer, head = 1, int(torch.randint(N_HEADS, (), generator=rng))
    weights, rows = native.parameters(model), slice(head * D_HEAD, (head + 1) * D_HEAD)
    with torch.no_grad():
        weights[f"layers.{layer}.attn.v.weight"][rows] = 0
        weights[f"layers.{layer}.attn.v.bias"][rows] += 1
        clean = model(tokens)
    result = student.ablate(model, tokens, [(layer, head)], "mean", reference)
    close(result, clean, **FLOAT32, because="the logits with the mean of a constant head")
    zeroed = tensor(student.ablate(model, tokens, [(layer, head)], "zero"), tuple(clean.shape))
    holds(bool((zeroed - clean).abs().max() > 1e-3), "Zero ablation leaves the constant in.")


def test_resample_draws_a_row_for_each_head_and_prompt(student, seed, rng):
    """With "resample" every head of every prompt says what it says on one of the reference
    prompts, each drawn by itself: not one row for all heads, nor one for all prompts."""
    model = _model(
        seed, n_layers=2, n_heads=2, attn_only=True, normalization_type=None
    )  # with all of the last layer replaced the logits are a sum, and the rows can be read off
    n_rows, n_ref, heads = 48, 4, [(0, 1), (1, 0), (1, 1)]
    tokens, reference = _tokens(rng, n_rows), _tokens(rng, n_ref)
    drawn = int(torch.randint(1 << 30, (), generator=rng))
    result = student.ablate(model, tokens, heads, "resample", reference, drawn)
    with torch.no_grad():
        written = [
            einsum(
                _z(model, reference, layer)[:, :, head], model.blocks[layer].attn.W_O[head],
                "r p e, e d -> r p d",
            ) @ model.W_U
            for layer, head in heads
        ]  # fmt: skip
        bare = _without(model, tokens, dict.fromkeys(heads, 0.0))
    logits = tensor(result, tuple(bare.shape), "the logits")
    first, second, third = torch.meshgrid(*[torch.arange(n_ref)] * 3, indexing="ij")
    sums = written[0][first] + written[1][second] + written[2][third]
    gaps = (logits - bare)[:, None] - sums.flatten(0, 2)
    gaps = gaps.abs().amax((-1, -2))
    holds(
        bool((gaps.min(1).values < 1e-3).all()),
        "On some prompt the heads do not say what they say on a reference prompt.",
    )
    chosen = torch.stack([grid.flatten()[gaps.argmin(1)] for grid in (first, second, third)])
    for one, other in ((0, 1), (0, 2), (1, 2)):
        agree = bool((chosen[one] == chosen[other]).all())
        holds(not agree, "Two heads use the same rows on every prompt: each draws its own.")
    # Missing one of 4 rows in 48 draws has a chance of about one in 250,000.
    counts = torch.stack([torch.bincount(row, minlength=n_ref) for row in chosen])
    holds(bool((counts > 0).all()), "Some reference prompt is never used, or prompts share a row.")


def test_the_seed_decides_and_no_hook_stays(student, seed, rng):
    """The same seed draws the same rows and another seed others; afterwards the model gives the
    logits that it gave before."""
    model, tokens, reference = _model(seed, n_layers=2), _tokens(rng, 6), _tokens(rng, 5)
    with torch.no_grad():
        clean = model(tokens)
    kept = student.keep(model)
    heads = [(1, 0), (0, 2)]
    one, again, other = (
        tensor(student.ablate(kept, tokens, heads, "resample", reference, s), tuple(clean.shape))
        for s in (3, 3, 4)
    )
    close(again, one, because="the logits of a second call with the same seed")
    holds(not torch.allclose(one, other, atol=1e-4), "Another seed gives the same draw.")
    for mode in ("zero", "mean"):
        student.ablate(kept, tokens, heads, mode, reference)
        close(kept(tokens), clean, because=f'the model after "{mode}"')
