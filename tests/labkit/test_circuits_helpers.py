"""Lab 03's given attributions: what they compute, and in how many forward passes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from labkit import models
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

FOLDER = Path(__file__).parents[2] / "solutions" / "03_induction_heads"


@pytest.fixture
def circuits() -> Iterator[ModuleType]:
    sys.path.append(str(FOLDER))
    yield importlib.import_module("circuits_helpers")
    sys.path.remove(str(FOLDER))


class Counted:
    """A tiny model that counts its forward passes."""

    def __init__(self) -> None:
        self.model: TransformerBridge = models.random(3, dtype=torch.float64)
        self.passes = 0
        self.model.original_model.register_forward_hook(self._count)

    def _count(self, *_: object) -> None:
        self.passes += 1


def _pairs(circuits: ModuleType) -> object:
    draw = torch.Generator().manual_seed(0)
    clean, corrupted = torch.randint(37, (2, 4, 6), generator=draw)
    correct, wrong = torch.randint(37, (2, 4), generator=draw)
    return circuits.Pairs(clean, corrupted, correct, wrong)


def _metric(circuits: ModuleType, logits: Tensor, pairs: object) -> Tensor:
    found: Tensor = circuits.logit_difference(logits, pairs.correct, pairs.wrong)  # type: ignore[attr-defined]
    return found.mean()


def test_patching_is_one_pass_a_layer_and_what_single_patches_give(circuits: ModuleType) -> None:
    counted, pairs = Counted(), _pairs(circuits)
    found = circuits.head_patching(counted.model, pairs, [0, 2])
    assert counted.passes == 2 + 2  # clean, corrupted, and one for each layer
    model = counted.model
    with torch.no_grad():
        base = _metric(circuits, model(pairs.clean), pairs)  # type: ignore[attr-defined]
        _, cache = model.run_with_cache(pairs.corrupted)  # type: ignore[attr-defined]
        for row, layer in enumerate((0, 2)):
            for head in range(4):

                def patch(z: Tensor, hook: object, layer: int = layer, head: int = head) -> Tensor:
                    z = z.clone()
                    z[:, :, head] = cache["z", layer][:, :, head]
                    return z

                hooks = [(f"blocks.{layer}.attn.hook_z", patch)]
                logits = model.run_with_hooks(pairs.clean, fwd_hooks=hooks)  # type: ignore[attr-defined]
                truth = _metric(circuits, logits, pairs) - base
                torch.testing.assert_close(found[row, head], truth)


def test_attributions_take_two_passes_whatever_the_number_of_heads(circuits: ModuleType) -> None:
    counted, pairs = Counted(), _pairs(circuits)
    direct = circuits.direct_effects(counted.model, pairs)
    assert counted.passes == 2
    slopes = circuits.node_attribution(counted.model, pairs)
    assert counted.passes == 4
    assert direct.shape == slopes.shape == (3, 4)
    assert all(parameter.requires_grad for parameter in counted.model.parameters())
    # Nothing but the MLP follows the last layer's heads; with all of it held, direct is the rest.
    model, layer = counted.model, 2
    with torch.no_grad():
        clean, cache = model.run_with_cache(pairs.clean)  # type: ignore[attr-defined]
        _, other = model.run_with_cache(pairs.corrupted)  # type: ignore[attr-defined]
        stream = cache["resid_post", layer]
        change = (other["z", layer] - cache["z", layer])[:, :, 1] @ model.blocks[layer].attn.W_O[1]
        logits = circuits.read_out(model, stream + change)
        truth = _metric(circuits, logits, pairs) - _metric(circuits, clean, pairs)
    torch.testing.assert_close(direct[layer, 1], truth)


def test_ranks_correlate_whatever_the_scale(circuits: ModuleType) -> None:
    values = torch.randn(30, generator=torch.Generator().manual_seed(1))
    assert circuits.rank_correlation(values, values.exp()) == pytest.approx(1)
    assert circuits.rank_correlation(values, -values) == pytest.approx(-1)


def test_a_remembered_score_is_asked_once(circuits: ModuleType) -> None:
    asked = []

    def score(mask: Tensor) -> float:
        asked.append(mask)
        return float(mask.sum())

    remembered = circuits.remembered(score)
    mask = torch.tensor([[True, False], [True, True]])
    assert [remembered(mask), remembered(mask.clone()), remembered(~mask)] == [3.0, 3.0, 1.0]
    assert len(asked) == 2
