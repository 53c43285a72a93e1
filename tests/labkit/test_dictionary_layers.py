"""The choice of layer, and the activations kept at it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from labkit import models
from labkit.dictionary import layers
from labkit.dictionary.activations import harvest, stream
from safetensors.torch import load_file, save_file


def test_the_layer_is_chosen_by_the_feature_that_it_shows_worst() -> None:
    table = torch.tensor([[0.5, 0.80, 0.99, 0.7], [0.6, 0.75, 0.60, 0.7]])
    assert layers.best_layer(table) == 1, "layer 2 has the best mean, 1 the best worst"
    assert layers.best_layer(torch.ones(3, 4)) == 0, "the first of several"


@pytest.mark.parametrize("seed", range(5))
def test_probes_are_judged_on_templates_they_never_saw(seed: int) -> None:
    draw = np.random.default_rng(seed)
    groups = np.repeat(np.arange(10), 24)
    labels = np.tile([0, 1], 120)
    shared, own = draw.normal(size=20), draw.normal(size=(10, 20))
    noise = draw.normal(size=(240, 20))
    sign = (2 * labels - 1)[:, None]
    read = layers._held_out_accuracy(noise + 2 * sign * shared, labels, groups)
    assert read > 0.95, "a direction that all templates share"
    learnt_by_heart = layers._held_out_accuracy(noise + 2 * sign * own[groups], labels, groups)
    assert learnt_by_heart < 0.85, "a direction for each template is no feature"


def test_activations_are_kept_without_position_0_and_without_loops(tmp_path: Path) -> None:
    model = models.random(2, n_ctx=16)
    tokens = torch.randint(37, (6, 16), generator=torch.Generator().manual_seed(0))
    tokens[3] = 5  # it loops
    for number in (0, 1):
        save_file(
            {"tokens": (tokens + number).clamp(max=36).int()},
            tmp_path / f"tokens_{number:05d}.safetensors",
        )
    files = harvest(model, 2, tmp_path)
    assert [file.name for file in files] == [f"layer2_0000{i}.safetensors" for i in (0, 1)]
    acts = load_file(files[0])["acts"]
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens[[0, 1, 2, 4, 5]])
    truth = cache["blocks.1.hook_resid_post"]
    torch.testing.assert_close(stream(model, tokens[[0, 1, 2, 4, 5]], 2), truth)
    error = (acts.float() - truth[:, 1:].flatten(0, 1)).norm() / truth[:, 1:].norm()
    assert acts.shape == (5 * 15, 24) and error < 0.02, "products in bfloat16"
    written = files[0].stat().st_mtime_ns
    assert harvest(model, 2, tmp_path)[0].stat().st_mtime_ns == written, "what is there stays"
