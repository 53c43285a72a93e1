"""Hidden checks for integrated_gradients: exact on straight models, slopes measured by stepping."""

import torch
from labkit import models, native
from labkit.planted.linear import linear
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, tensor, unchanged

# Sums of 24 products in float64, of which one computation in float32 may come in; a wrong point of
# the path or a missing factor misses by per cents at least.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-3}
N_POS = 4


def _drawn(
    model: TransformerBridge, rng: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, int, int]:
    """Draw tokens, their embeddings, a baseline that is no token's embedding, and two answers."""
    tokens = torch.randint(37, (N_POS,), generator=rng)
    x = model.W_E[tokens].detach()
    baseline = x + 0.7 * torch.randn(x.shape, generator=rng, dtype=torch.float64) + 0.2
    correct, wrong = torch.randperm(37, generator=rng)[:2].tolist()
    return tokens, x, baseline, correct, wrong


def _metric(
    model: TransformerBridge, tokens: Tensor, points: Tensor, correct: int, wrong: int
) -> Tensor:
    """The logit difference for each row of embeddings, [row, pos, d_model]."""
    with torch.no_grad():
        logits = model.run_with_hooks(
            tokens.repeat(len(points), 1), fwd_hooks=[("hook_embed", lambda x, hook: points)]
        )
    return logits[:, -1, correct] - logits[:, -1, wrong]


def _bent(seed: int) -> TransformerBridge:
    """A model that bends, but gently: a coarse integral is nearly right."""
    model = models.random(
        seed, n_layers=1, n_heads=2, d_head=5, d_mlp=16, normalization_type=None,
        dtype=torch.float64,
    )  # fmt: skip
    with torch.no_grad():
        native.parameters(model)["layers.0.attn.q.weight"].mul_(0.2)
    return model


def test_exact_on_a_straight_model(student, seed, rng):
    """In a linear model every path is straight: with a single step each token's entry is what
    replacing its embedding by the baseline's takes away."""
    model = linear(seed, n_layers=1)
    tokens, x, baseline, correct, wrong = _drawn(model, rng)
    result, after = student.after(
        "integrated_gradients", model, tokens, baseline, correct, wrong, 1
    )
    without = torch.where(torch.eye(N_POS, dtype=torch.bool)[..., None], baseline, x)
    whole = _metric(model, tokens, torch.cat([x[None], without]), correct, wrong)
    close(result, whole[0] - whole[1:], **FLOAT32, because="the map")
    unchanged(after[1:], (tokens, baseline, correct, wrong, 1))


def test_gradients_in_the_middle_of_the_steps(student, seed, rng):
    """The path from the baseline to the input is cut into equal steps, and the slope is taken in
    the middle of each: for two steps at a quarter and at three quarters of the way. The slopes are
    measured here by walking a little way from these points."""
    model = _bent(seed)
    tokens, x, baseline, correct, wrong = _drawn(model, rng)
    result = student.integrated_gradients(model, tokens, baseline, correct, wrong, 2)
    step = 1e-4  # central differences are then right to about 1e-8
    moved = torch.eye(N_POS, dtype=torch.float64)[..., None] * (x - baseline)
    points = torch.cat(
        [
            baseline + share * (x - baseline) + side * step * moved
            for share in (0.25, 0.75)
            for side in (1, -1)
        ]
    )
    values = _metric(model, tokens, points, correct, wrong).reshape(2, 2, N_POS)
    slopes = (values[:, 0] - values[:, 1]) / (2 * step)
    close(result, slopes.mean(0), **FLOAT32, because="the map with two steps")


def test_complete(student, seed, rng):
    """The map adds up to what the metric gains from the baseline to the input; a token whose
    embedding is its baseline gets nothing; and with the answers swapped the sign is the other."""
    model = _bent(seed)
    tokens, x, baseline, correct, wrong = _drawn(model, rng)
    baseline[1] = x[1]
    kept = student.keep(model)
    shape = (N_POS,)
    result = student.integrated_gradients(kept, tokens, baseline, correct, wrong, 8)
    found = tensor(result, shape, "the map")
    ends = _metric(model, tokens, torch.stack([x, baseline]), correct, wrong)
    # Eight midpoints leave an error of about 1/(24 * 64) of the slope's change on the way.
    size = float(found.abs().sum())
    close(found.sum(), ends[0] - ends[1], atol=0.02 * size, rtol=0, because="the sum of the map")
    close(found[1], 0.0, **FLOAT32, because="a token that is its own baseline")
    swapped = student.integrated_gradients(kept, tokens, baseline, wrong, correct, 8)
    close(swapped, -found, **FLOAT32, because="the map with the answers swapped")
