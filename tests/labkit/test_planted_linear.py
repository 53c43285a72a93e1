"""The linear models are linear, and nothing but: in every state, for many seeds."""

from __future__ import annotations

import pytest
import torch
from labkit.planted.linear import linear

TOLERANCE = {"atol": 1e-9, "rtol": 1e-9}  # float64; a bend misses by far more


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("attn_only", [False, True])
def test_the_logits_are_linear_in_the_embeddings(seed: int, attn_only: bool) -> None:
    model = linear(seed, attn_only=attn_only)
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randint(37, (6,), generator=draw)
    ends = model.W_E[torch.randint(37, (2, 6), generator=draw)].detach()
    share = 3 * torch.rand((), generator=draw, dtype=torch.float64) - 1  # beyond the ends, too
    mixed = ends[0] + share * (ends[1] - ends[0])
    with torch.no_grad():
        one, two, between = model.run_with_hooks(
            tokens.repeat(3, 1),
            fwd_hooks=[("hook_embed", lambda x, hook: torch.stack([*ends, mixed]))],
        )
    torch.testing.assert_close(between, one + share * (two - one), **TOLERANCE)
    assert (one - two).abs().max() > 0.1


@pytest.mark.parametrize("seed", range(3))
def test_every_part_takes_part(seed: int) -> None:
    model = linear(seed)
    tokens = torch.randint(37, (2, 6), generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
    for layer in range(3):
        for kind in ("attn_out", "mlp_out"):
            written = cache[kind, layer]
            assert (written[0] - written[1]).abs().max() > 0.05
        hidden = cache[f"blocks.{layer}.mlp.hook_pre"]
        assert hidden.min() > 10, "a neuron is near its bend"


def test_equal_seeds_give_equal_models() -> None:
    tokens = torch.arange(5)[None]
    with torch.no_grad():
        one, two, other = (linear(seed)(tokens) for seed in (4, 4, 5))
    assert torch.equal(one, two)
    assert not torch.allclose(one, other)
