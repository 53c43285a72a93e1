"""The backup model, over 100 seeds: the primary works, the backup steps in, no other head acts."""

from __future__ import annotations

import pytest
import torch
from labkit.planted import backup
from labkit.planted.contrast import Contrast
from torch import Tensor

SEEDS = range(100)


def _difference(contrast: Contrast, logits: Tensor) -> Tensor:
    rows = torch.arange(len(logits))
    return logits[rows, -1, contrast.correct] - logits[rows, -1, contrast.wrong]


def _without(contrast: Contrast, *heads: tuple[int, int], mean: bool = False) -> Tensor:
    """Logit differences with heads at zero, or at their mean over the clean prompts."""

    def hook_of(head: int):  # type: ignore[no-untyped-def]
        def replace(z: Tensor, hook: object) -> Tensor:
            z = z.clone()
            z[:, :, head] = z[:, :, head].mean(0) if mean else 0
            return z

        return replace

    hooks = [(f"blocks.{layer}.attn.hook_z", hook_of(head)) for layer, head in heads]
    with torch.no_grad():
        return _difference(contrast, contrast.model.run_with_hooks(contrast.clean, fwd_hooks=hooks))


@pytest.mark.usefixtures("one_bridge")
def test_the_primary_is_replaced_by_the_backup_and_by_no_other_over_100_seeds() -> None:
    layouts = set()
    for seed in SEEDS:
        strength = 0.4 + 0.05 * (seed % 13)
        contrast = backup.build(seed, strength)
        primary, spare = contrast.truth["primary"], contrast.truth["backup"]
        assert isinstance(primary, tuple) and isinstance(spare, tuple)
        others = [
            (layer, head)
            for layer in range(backup.LAYERS)
            for head in range(backup.HEADS)
            if (layer, head) not in (primary, spare)
        ]
        full = torch.full((backup.PROMPTS,), 3.0)
        expected = {
            (): full, (primary,): full * strength, (spare,): full, (primary, spare): 0 * full,
            tuple(others): full,
        }  # fmt: skip
        for heads, truth in expected.items():
            torch.testing.assert_close(_without(contrast, *heads), truth, atol=1e-3, rtol=0)
        # A sixth of every answer is no full answer: the backup steps in for a mean as well.
        left = _without(contrast, primary, mean=True)
        assert (left > 0.9 * 3 * strength - 0.01).all(), seed
        assert primary[0] < spare[0]
        layouts.add((primary, spare))
    assert len(layouts) >= 24, "of 27"


def test_corrupted_prompts_differ_in_the_cue_alone() -> None:
    contrast = backup.build(3)
    cue = contrast.truth["cue"]
    changed = (contrast.clean != contrast.corrupted).nonzero()
    assert changed[:, 1].unique().tolist() == [cue]
    assert len(changed) == backup.PROMPTS
    with torch.no_grad():
        said = contrast.model(contrast.corrupted)[:, -1].argmax(-1)
    assert torch.equal(said, contrast.wrong)


def test_it_is_a_function_of_the_seed_and_leaves_the_random_state() -> None:
    state = torch.random.get_rng_state()
    first, again, other = (backup.build(seed) for seed in (5, 5, 6))
    assert torch.equal(state, torch.random.get_rng_state())
    assert first.truth == again.truth
    assert torch.equal(first.clean, again.clean)
    assert not torch.equal(first.clean, other.clean)
