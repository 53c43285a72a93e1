"""Hidden checks for direct_logit_attribution: the model's own logits, and planted shares."""

import torch
from labkit import models
from torch import Tensor

from grader.assertions import close, tensor, unchanged

# One calculation in float32 may come in; a wrong formula misses by tens of per cent.
FLOAT32 = {"atol": 1e-4, "rtol": 1e-4}


def _planted(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw parts whose share of each prompt's direction is known, and the shares.

    A part is ``share * direction / |direction|^2`` plus noise orthogonal to the direction, so its
    product with the direction is the share. Component, batch, pos and d_model all differ.
    """
    n_parts = int(torch.randint(4, 6, (), generator=rng))
    n_pos = int(torch.randint(6, 9, (), generator=rng))
    d_model = int(torch.randint(20, 30, (), generator=rng))
    direction = 2 * torch.randn(3, d_model, generator=rng, dtype=torch.float64)
    square = direction.square().sum(-1)[:, None, None]
    share = 1 + 2 * torch.rand(n_parts, 3, n_pos, generator=rng, dtype=torch.float64)
    share *= torch.where(torch.rand(share.shape, generator=rng) < 0.4, -1.0, 1.0)
    noise = 0.5 + torch.randn(n_parts, 3, n_pos, d_model, generator=rng, dtype=torch.float64)
    along = torch.einsum("cbsd,bd->cbs", noise, direction)
    parts = noise + ((share - along)[..., None] / square) * direction[:, None]
    scale = 1.5 + 3 * torch.rand(3, n_pos, 1, generator=rng, dtype=torch.float64)
    return parts, scale, direction, share


def test_parts_sum_to_the_logit_difference(student, seed, rng):
    """Over all parts of a model's stream (embeddings, positions, every attention and MLP, biases
    inside) the attributions sum to the model's own logit difference, at every position (but for
    the unembedding bias, which no part writes)."""
    n_layers = 2
    model = models.random(seed, n_layers=n_layers, normalization_type="RMS", dtype=torch.float64)
    tokens = torch.randint(model.cfg.d_vocab, (3, 7), generator=rng)
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
    names = ["hook_embed", "hook_pos_embed"]
    names += [f"blocks.{i}.hook_{kind}_out" for i in range(n_layers) for kind in ("attn", "mlp")]
    parts = torch.stack([cache[name] for name in names])
    right, wrong = torch.stack(
        [torch.randperm(model.cfg.d_vocab, generator=rng)[:2] for _ in range(3)]
    ).unbind(-1)
    W_U, b_U = model.W_U.detach(), model.b_U.detach()
    direction = model.ln_final.weight.detach() * (W_U[:, right] - W_U[:, wrong]).T
    scale = cache["ln_final.hook_scale"]
    shares = student.direct_logit_attribution(parts, scale, direction)
    prompts = torch.arange(3)
    difference = (logits[prompts, :, right] - logits[prompts, :, wrong]).detach()
    difference = difference - (b_U[right] - b_U[wrong])[:, None]
    total = tensor(shares, tuple(parts.shape[:-1]), "your attributions").sum(0)
    # The model's RMSNorm works in float32 inside, and six parts are added.
    close(total, difference, atol=5e-4, rtol=5e-4, because="the sum over the parts")


def test_each_part_gets_its_own_share(student, rng):
    """A part's attribution is its inner product with its own prompt's direction, divided by the
    norm's scale at its own position; what is orthogonal to the direction counts for nothing."""
    parts, scale, direction, share = _planted(rng)
    result = student.direct_logit_attribution(parts, scale, direction)
    close(result, share / scale[..., 0], **FLOAT32, because="the attributions")


def test_a_part_twice_as_long_counts_twice(student, rng):
    """With the norm's scale frozen everything is linear: double one part and its attribution
    doubles while the others stay; merge two parts and their attributions add up."""
    parts, scale, direction, share = _planted(rng)
    n_parts = len(parts)
    first, second = torch.randperm(n_parts, generator=rng)[:2].tolist()
    doubled = parts.clone()
    doubled[first] *= 2
    plain = student.direct_logit_attribution(parts, scale, direction)
    plain = tensor(plain, tuple(share.shape), "your attributions")
    # What the first part adds must be something: its share is planted to be at least 1.
    close(plain[first].sign(), share[first].sign(), **FLOAT32, because="the sign of one part")
    close(
        student.direct_logit_attribution(doubled, scale, direction),
        plain * (1 + (torch.arange(n_parts) == first)[:, None, None]),
        **FLOAT32,
        because="with one part doubled",
    )
    rest = [part for part in range(n_parts) if part not in (first, second)]
    merged = torch.stack([parts[first] + parts[second], *(parts[part] for part in rest)])
    close(
        student.direct_logit_attribution(merged, scale, direction),
        torch.stack([plain[first] + plain[second], *(plain[part] for part in rest)]),
        **FLOAT32,
        because="with two parts merged",
    )


def test_the_scale_divides(student, rng):
    """The scale is what the final norm divided by: twice the scale halves every attribution, and
    your function leaves its arguments as they were."""
    parts, scale, direction, share = _planted(rng)
    factor = 2 + torch.rand(scale.shape, generator=rng, dtype=torch.float64)
    arguments = (parts, factor * scale, direction)
    result, after = student.after("direct_logit_attribution", *arguments)
    plain = student.direct_logit_attribution(parts, scale, direction)
    plain = tensor(plain, tuple(share.shape), "your attributions")
    close(plain.sign(), share.sign(), **FLOAT32, because="the sign of the attributions")
    close(result, plain / factor[..., 0], **FLOAT32, because="with a larger scale")
    unchanged(after, arguments)
