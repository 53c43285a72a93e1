"""Given code of lab 03's part 9: a model to train, and eyes on it while it learns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Int
from labkit import native
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge


def trainee(
    *, layers: int, vocab: int, n_ctx: int, seed: int, d_model: int = 64, n_heads: int = 4
) -> TransformerBridge:
    """Make an untrained attention-only model, without norm; its numbers follow from ``seed``."""
    model = native.boot(
        {
            "n_layers": layers, "d_model": d_model, "n_heads": n_heads, "n_ctx": n_ctx,
            "d_head": d_model // n_heads, "d_vocab": vocab, "attn_only": True, "act_fn": "relu",
            "normalization_type": None,
        }
    )  # fmt: skip
    draw = torch.Generator()
    draw.manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(native.parameters(model).items()):
            if weight.dim() < 2:
                weight.zero_()
                continue
            size = 0.3 if name in ("tok_embed.weight", "pos.weight") else weight.shape[1] ** -0.5
            weight.copy_(size * torch.randn(weight.shape, generator=draw))
    return model


@contextmanager
def watching(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    measure: Callable[[Tensor], Any],
    total: int,
) -> Iterator[list[list[Any]]]:
    """Measure every pattern whenever the model looks at ``tokens`` without gradients.

    Within the context the list that it yields grows by one entry for each look: a list with what
    ``measure`` made of each layer's pattern. A progress bar counts up to ``total`` looks.
    """
    seen: list[list[Any]] = []

    def look(pattern: Tensor, hook: Any) -> None:
        if torch.is_grad_enabled() or len(pattern) != len(tokens):
            return
        if ".0." in hook.name:
            seen.append([])
            bar.update()
        seen[-1].append(measure(pattern))

    names = [f"blocks.{layer}.attn.hook_pattern" for layer in range(model.cfg.n_layers)]
    with (
        tqdm(total=total, desc=f"{len(names)} layer(s)", mininterval=1) as bar,
        model.hooks(fwd_hooks=[(name, look) for name in names]),
    ):
        yield seen


def best(looks: list[list[Any]], which: int) -> list[float]:
    """Return, look by look, the largest among the layers of one of the measured numbers."""
    return [max(layer[which] for layer in look) for look in looks]
