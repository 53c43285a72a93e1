"""What the tests of labkit share: the real model, and ablation of many head sets at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from labkit import models, native
from labkit.planted import Planted
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

Place = tuple[int, int]
Ablate = Callable[[Planted, Sequence[Sequence[Place]]], Tensor]


@pytest.fixture(scope="session")
def smollm2() -> TransformerBridge:
    """The real model; fetched when it is not here, since no test of it may be skipped."""
    return models.load()


@pytest.fixture
def one_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all planted models of a test share one bridge: each overwrites the last one's weights.

    Booting is two thirds of the time that a planted model takes.
    """
    boot, made = native.boot, {}

    def reuse(config: native.Config, weights: dict[str, Tensor]) -> TransformerBridge:
        key = str(sorted(config.items()))
        if key not in made:
            made[key] = boot(config)
        native.load(made[key], weights)
        return made[key]

    monkeypatch.setattr(native, "boot", reuse)


@pytest.fixture(scope="session")
def ablate() -> Ablate:
    """Return last-position logits [set, 8, vocab] with each set of heads zeroed, in one pass.

    On the first 8 prompts: they differ enough, and 400 models are ablated so.
    """

    def logits(planted: Planted, sets: Sequence[Sequence[Place]]) -> Tensor:
        model, tokens = planted.model, planted.tokens[:8]
        keep = torch.ones(len(sets), model.cfg.n_layers, model.cfg.n_heads)
        for row, heads in enumerate(sets):
            for layer, head in heads:
                keep[row, layer, head] = 0
        keep = keep.repeat_interleave(len(tokens), 0)[:, None]  # [set * batch, 1, layer, head]

        def hook_of(layer: int) -> tuple[str, Callable[..., Tensor]]:
            return f"blocks.{layer}.attn.hook_z", lambda z, hook: z * keep[:, :, layer, :, None]

        with torch.no_grad():
            out = model.run_with_hooks(
                tokens.repeat(len(sets), 1),
                fwd_hooks=[hook_of(layer) for layer in range(model.cfg.n_layers)],
            )
        return out[:, -1].unflatten(0, (len(sets), len(tokens)))

    return logits
