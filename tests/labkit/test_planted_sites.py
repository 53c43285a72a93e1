"""The planted sites, over seeds: every patch does what the maps say, and no other does a thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from labkit.planted import sites
from labkit.planted.sites import Sites
from labkit.planted.sites_wiring import SURE, Wiring
from torch import Tensor

SEEDS = range(15)
KINDS: dict[str, Callable[[int], Sites]] = {
    "single": lambda seed: sites.single(seed, torch.float64),
    "and": lambda seed: sites.two("and", seed, torch.float64),
    "or": lambda seed: sites.two("or", seed, torch.float64),
    "saturated": lambda seed: sites.saturated(seed, torch.float64),
    "sequence": lambda seed: sites.sequence(seed, torch.float64),
}


def difference(sites_: Sites, logits: Tensor) -> Tensor:
    """Yes minus no at the last position, from 0 (says no) to 1 (says yes)."""
    gap = logits[:, -1, sites_.yes] - logits[:, -1, sites_.no]
    return (gap / SURE + 1) / 2


def patched(planted: Sites, into: Tensor, source: Tensor, kind: str = "hook_resid_pre") -> Tensor:
    """Patch each (layer, position) from one run into the other: [layer, pos]."""
    model, n_pos = planted.model, len(into)
    rows = torch.arange(n_pos)
    with torch.no_grad():
        _, cache = model.run_with_cache(source[None])
        result = []
        for layer in range(model.cfg.n_layers):
            name = f"blocks.{layer}.{kind}"

            def put(x: Tensor, hook: Any, value: Tensor = cache[name][0]) -> Tensor:
                x = x.clone()
                x[rows, rows] = value
                return x

            logits = model.run_with_hooks(into.expand(n_pos, -1), fwd_hooks=[(name, put)])
            result.append(difference(planted, logits))
    return torch.stack(result)


@pytest.mark.parametrize("kind", KINDS)
def test_the_maps_are_what_patching_finds(kind: str) -> None:
    layouts = set()
    for seed in SEEDS:
        planted = KINDS[kind](seed)
        both = torch.stack([planted.clean, planted.corrupted])
        with torch.no_grad():
            logits = planted.model(both)
        assert logits[:, -1].argmax(-1).tolist() == [planted.yes, planted.no]
        torch.testing.assert_close(difference(planted, logits), torch.tensor([1.0, 0.0]).double())
        paths = torch.stack(planted.paths).any(0)
        sufficient = planted.joint if kind == "and" else planted.joint | paths
        necessary = planted.joint if kind == "or" else planted.joint | paths
        denoised = patched(planted, planted.corrupted, planted.clean)
        torch.testing.assert_close(denoised, sufficient.double(), atol=1e-6, rtol=0)
        noised = patched(planted, planted.clean, planted.corrupted)
        torch.testing.assert_close(noised, 1 - necessary.double(), atol=1e-6, rtol=0)
        assert (planted.clean != planted.corrupted).sum() == len(planted.paths) + 1, "one idles"
        layouts.add(str((planted.movers, planted.paths, planted.gate)))
    assert len(layouts) > len(SEEDS) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_movers_matter(kind: str) -> None:
    for seed in range(8):
        planted = KINDS[kind](seed)
        model, n_heads = planted.model, planted.model.cfg.n_heads
        for layer in range(model.cfg.n_layers):
            for head in range(n_heads):

                def silence(z: Tensor, hook: Any, head: int = head) -> Tensor:
                    z = z.clone()
                    z[:, :, head] = 0
                    return z

                name = f"blocks.{layer}.attn.hook_z"
                with torch.no_grad():
                    logits = model.run_with_hooks(planted.clean[None], fwd_hooks=[(name, silence)])
                kept = 1.0 if kind == "or" or (layer, head) not in planted.movers else 0.0
                assert abs(difference(planted, logits).item() - kept) < 1e-6


def test_the_sequence_is_an_early_mlp_and_a_late_head() -> None:
    for seed in SEEDS:
        planted = KINDS["sequence"](seed)
        assert planted.gate is not None
        (late, _), last = planted.movers[0], len(planted.clean) - 1
        for kind, place in (("hook_mlp_out", planted.gate), ("hook_attn_out", (late, last))):
            expected = torch.zeros(5, 7, dtype=torch.float64)
            expected[place] = 1
            found = patched(planted, planted.corrupted, planted.clean, kind)
            torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)
        assert planted.gate[0] < late


def test_the_saturated_path_has_no_gradient() -> None:
    for seed in SEEDS:
        planted = KINDS["saturated"](seed)
        for prompt in (planted.clean, planted.corrupted):
            embedded: list[Tensor] = []

            def leaf(x: Tensor, hook: Any, kept: list[Tensor] = embedded) -> Tensor:
                kept.append(x.detach().requires_grad_())
                return kept[0]

            name = "blocks.0.hook_resid_pre"
            logits = planted.model.run_with_hooks(prompt[None], fwd_hooks=[(name, leaf)])
            difference(planted, logits).sum().backward()  # type: ignore[no-untyped-call]
            source = planted.paths[0][0].nonzero().item()
            assert embedded[0].grad is not None
            assert embedded[0].grad[0, source].abs().max() < 1e-9


def test_wires_that_cannot_be() -> None:
    wiring = Wiring(torch.Generator().manual_seed(0), n_layers=3, n_ctx=6)
    moved = wiring.move(wiring.at(2), layer=1, to=5)
    with pytest.raises(ValueError, match="no head of block 0"):
        wiring.move(moved, layer=0, to=5)
    with pytest.raises(ValueError, match="no head of block 2"):
        wiring.move(wiring.at(4), layer=2, to=3)
    with pytest.raises(ValueError, match="no gate 'nor'"):
        wiring.join("nor", [moved], layer=2)
    with pytest.raises(ValueError, match="no gate 'and'"):
        wiring.join("and", [moved, wiring.at(2)], layer=2)
    with pytest.raises(ValueError, match="last position"):
        wiring.say(wiring.at(2))
    for _ in range(wiring.n_heads):
        wiring.move(wiring.at(1), layer=2, to=3)
    with pytest.raises(ValueError, match="no free head"):
        wiring.move(wiring.at(1), layer=2, to=3)


def test_equal_seeds_give_equal_models() -> None:
    state = torch.random.get_rng_state()
    one, again, other = (sites.single(seed) for seed in (4, 4, 5))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(one.model.W_E, again.model.W_E)
    assert torch.equal(one.clean, again.clean)
    assert not torch.equal(one.model.W_E, other.model.W_E)
