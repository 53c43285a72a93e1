"""Hidden checks for loss_recovered: identity, mean, and reconstructions whose share is known."""

import torch
from labkit import models
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, number

# Differences of losses of about 3 nats in float32, divided by differences of about .1 to 1.
SHARE = {"atol": 2e-3, "rtol": 2e-3}
VOCAB, D_MODEL, BATCH, POS = 23, 12, 7, 4


def _setting(seed: int, rng: torch.Generator) -> tuple[TransformerBridge, Tensor, str]:
    """A model, prompts that it finds likely itself, and a place where the activations matter.

    Now and then a random model says the same of everything; then the next one is taken.
    """
    hook = ("blocks.0.hook_resid_post", "blocks.0.hook_resid_pre")[seed % 2]
    for attempt in range(10):
        model = models.random(
            seed + attempt, n_layers=1, d_model=D_MODEL, n_heads=1, d_head=5, d_vocab=VOCAB,
            n_ctx=POS, attn_only=True,
        )  # fmt: skip
        tokens = torch.randint(VOCAB, (BATCH, POS), generator=rng)
        with torch.no_grad():
            for place in range(1, POS):
                tokens[:, place] = model(tokens)[:, place - 1].argmax(-1)
        clean, base = (_loss(model, tokens, hook, f) for f in (lambda x: x, _flat))
        if base - clean > 0.3:
            break
    return model, tokens, hook


def _loss(model: TransformerBridge, tokens: Tensor, hook: str, replace) -> Tensor:
    with torch.no_grad():
        logits = model.run_with_hooks(tokens, fwd_hooks=[(hook, lambda x, hook: replace(x))])
    return functional.cross_entropy(logits[:, :-1].reshape(-1, VOCAB), tokens[:, 1:].reshape(-1))


def _flat(x: Tensor) -> Tensor:
    return x.flatten(0, 1).mean(0).expand_as(x).clone()


def _worst_push(model: TransformerBridge, tokens: Tensor, hook: str) -> Tensor:
    """Of the pushes towards and away from every token, the one that harms most; in one run."""
    pushes = 20 * functional.normalize(model.W_U.detach().mT, dim=1)
    pushes = torch.cat([pushes, -pushes])
    rows = tokens.repeat(len(pushes), 1)
    each = pushes.repeat_interleave(BATCH, dim=0)[:, None]
    with torch.no_grad():
        logits = model.run_with_hooks(rows, fwd_hooks=[(hook, lambda x, hook: x + each)])
    losses = functional.cross_entropy(logits[:, :-1].mT, rows[:, 1:], reduction="none")
    return pushes[losses.mean(1).view(len(pushes), BATCH).mean(1).argmax()]


def test_the_identity_keeps_all_and_the_mean_nothing(student, seed, rng):
    """A perfect reconstruction recovers 1. Answering the mean over all prompts and positions, at
    every place, recovers 0."""
    model, tokens, hook = _setting(seed, rng)
    share = student.loss_recovered(model, tokens, hook, lambda x: x)
    close(share, 1.0, **SHARE, because="the share of the identity")
    share = student.loss_recovered(model, tokens, hook, _flat)
    close(share, 0.0, **SHARE, because="the share of the mean")


def test_the_share_lies_between_the_two_losses(student, seed, rng):
    """For any reconstruction the share is the way from the mean's loss to the model's own: noise
    at every position, and a push towards a wrong token, which is worse than the mean."""
    model, tokens, hook = _setting(seed, rng)
    clean = _loss(model, tokens, hook, lambda x: x)
    base = _loss(model, tokens, hook, _flat)
    noise = 0.7 * torch.randn(BATCH, POS, D_MODEL, generator=rng)
    push = _worst_push(model, tokens, hook)
    for name, replace in (("noise", lambda x: x + noise), ("a push", lambda x: x + push)):
        truth = (base - _loss(model, tokens, hook, replace)) / (base - clean)
        share = student.loss_recovered(model, tokens, hook, replace)
        close(share, truth, **SHARE, because=f"the share of {name}")


def test_the_reconstruction_reads_the_clean_activations(student, seed, rng):
    """The reconstruction is given the model's own activations at that hook, for all prompts and
    positions, and the model is as it was afterwards: a second call gives the same share."""
    model, tokens, hook = _setting(seed, rng)
    with torch.no_grad():
        truth = model.run_with_cache(tokens)[1][hook]
    seen = []

    def half(x: Tensor) -> Tensor:
        seen.append(x.clone())
        return x * 0.5 + 0.5

    kept = student.keep(model)
    first = number(student.loss_recovered(kept, tokens, hook, half), "the share")
    again = number(student.loss_recovered(kept, tokens, hook, half), "the share")
    close(again, first, **SHARE, because="the share, the second time")
    holds(bool(seen), "The reconstruction was never asked.")
    for x in seen:
        close(x, truth, atol=1e-3, because="what the reconstruction is given")
    own = _loss(model, tokens, hook, lambda x: x * 0.5 + 0.5)
    base, clean = (_loss(model, tokens, hook, f) for f in (_flat, lambda x: x))
    close(first, (base - own) / (base - clean), **SHARE, because="the share of a half")
