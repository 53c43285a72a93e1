"""Given code of lab 05, part II: what a model writes, and how far it is moved, under a change.

Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from labkit import dictionary
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

KNOB = 7641
"""A latent of the shipped weights, chosen by eye: choose again when they are trained anew. Its
decoder row is the one that comes nearest to lab 04's direction for tense."""

Change = Callable[[Float[Tensor, "... d_in"]], Float[Tensor, "... d_in"]]
"""Turns the stream at the dictionary's layer into another one."""


def _hooks(change: Change | None) -> list[tuple[str, Any]]:
    def apply(stream: Tensor, hook: Any) -> Tensor:
        # The first position's activation is a place to attend to, not a meaning: it stays.
        return torch.cat([stream[:, :1], change(stream[:, 1:]).to(stream.dtype)], dim=1)

    return [] if change is None else [(dictionary.HOOK, apply)]


def write(model: TransformerBridge, prompt: str, change: Change | None = None, n: int = 20) -> str:
    """Let the model go on with a prompt, always by its likeliest token, under a change."""
    tokens = model.to_tokens(prompt)
    start = tokens.shape[1]
    for _ in range(n):
        with torch.no_grad():
            logits = model.run_with_hooks(tokens, fwd_hooks=_hooks(change))
        tokens = torch.cat([tokens, logits[:, -1:].argmax(dim=-1)], dim=1)
    said: str = model.to_string(tokens[0, start:])
    return said.replace("\n", "⏎")


def next_words(
    model: TransformerBridge, prompts: Sequence[str], change: Change | None = None
) -> Float[Tensor, "prompt vocab"]:
    """Return the log-probabilities of what comes after each prompt, under a change."""
    rows = []
    for prompt in prompts:
        with torch.no_grad():
            logits = model.run_with_hooks(model.to_tokens(prompt), fwd_hooks=_hooks(change))
        rows.append(logits[0, -1].log_softmax(dim=-1))
    return torch.stack(rows)


def moved(before: Float[Tensor, "prompt vocab"], after: Float[Tensor, "prompt vocab"]) -> float:
    """Return the mean divergence KL(before || after) in nats."""
    return (before.exp() * (before - after)).sum(dim=-1).mean().item()


def speaks_for(
    model: TransformerBridge, rows: Float[Tensor, "latent d_in"], words: Sequence[Sequence[str]]
) -> Float[Tensor, " latent"]:
    """Return how much each row raises its own words' logits, in standard deviations over tokens.

    Straight through the final norm's scale and the unembedding, as in `written_words`; of a word
    of several tokens the first counts.
    """
    logits = (rows * model.ln_final.weight.detach()) @ model.W_U.detach()
    logits = (logits - logits.mean(dim=1, keepdim=True)) / logits.std(dim=1, keepdim=True)
    found = []
    for row, own in zip(logits, words, strict=True):
        tokens = [int(model.to_tokens(word)[0, 0]) for word in own]
        found.append(row[tokens].mean())
    return torch.stack(found)


def written_words(model: TransformerBridge, direction: Float[Tensor, " d_in"], n: int = 6) -> str:
    """Return the tokens that a direction raises most when it is read through the unembedding.

    The final norm's scale is taken with it (its division by the stream's size is the same for all
    tokens); what the blocks in between make of the direction is not.
    """
    scaled = direction * model.ln_final.weight.detach()
    logits = scaled @ model.W_U.detach()
    tokens = logits.topk(n).indices.tolist()
    return " ".join(repr(model.to_string([token])) for token in tokens)
