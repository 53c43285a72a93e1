"""Lab 05's given code: its judge knows the truth when it sees it, its files load in SAELens."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from labkit.errors import LabError
from labkit.planted import sparse_features
from torch import Tensor

FOLDER = Path(__file__).parents[2] / "solutions" / "05_saes"


@pytest.fixture
def helpers() -> Iterator[ModuleType]:
    sys.path.append(str(FOLDER))
    yield importlib.import_module("saes_helpers")
    sys.path.remove(str(FOLDER))


def test_a_new_dictionary_reads_what_it_writes(helpers: ModuleType) -> None:
    made = helpers.new_dictionary(5, 9, seed=1)
    torch.testing.assert_close(made["W_dec"].norm(dim=1), torch.ones(9))
    torch.testing.assert_close(made["W_enc"], made["W_dec"].mT / 2)
    assert torch.equal(made["W_dec"], helpers.new_dictionary(5, 9, seed=1)["W_dec"])
    coder = helpers.new_dictionary(5, 9, seed=1, d_out=4)
    shapes = [tuple(coder[name].shape) for name in ("W_enc", "b_enc", "W_dec", "b_dec")]
    assert shapes == [(5, 9), (9,), (9, 4), (4,)]


def test_the_judge_finds_a_true_dictionary_true(helpers: ModuleType) -> None:
    toy = sparse_features.build(1, n_features=6, d_in=10)
    solve = torch.linalg.pinv(toy.directions)

    def latents_of(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        return ((x - weights["b_dec"]) @ solve).clamp(min=0)

    order = [3, 1, 0, 5, 2, 4]
    true = {"W_dec": toy.directions, "b_dec": toy.offset}
    score = helpers.judge(toy, true, latents_of)
    assert (score.found, score.dead) == (6, 0)
    torch.testing.assert_close(score.size, torch.ones(6), atol=1e-3, rtol=0)
    torch.testing.assert_close(score.x_hat, score.x, atol=1e-3, rtol=0)
    cosines, nearest = helpers.best_cosines(toy.directions, toy.directions[order])
    assert [order[i] for i in nearest.tolist()] == list(range(6))
    torch.testing.assert_close(cosines, torch.ones(6))

    def shrunk(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        return 0.4 * latents_of(weights, x) * (torch.arange(6) != 2)

    score = helpers.judge(toy, true, shrunk)
    kept = torch.arange(6) != 2
    torch.testing.assert_close(score.size[kept], torch.full((5,), 0.4), atol=1e-3, rtol=0)
    assert (float(score.size[2]), score.dead, score.found) == (0.0, 1, 6)


def test_the_planted_mlp_is_one(helpers: ModuleType) -> None:
    mlp = helpers.sparse_mlp(seed=3)
    both = mlp.sample(4000, seed=4)
    assert both.shape == (4000, 28)
    fires = both[:, :16] @ mlp.reads.mT - mlp.threshold
    torch.testing.assert_close(both[:, 16:], fires.relu() @ mlp.writes)
    assert 0.13 < float((fires > 0).float().mean()) < 0.19  # a Gaussian above 1: 15.9%


@pytest.mark.parametrize(
    ("architecture", "more"), [("standard", {}), ("topk", {"k": 2}), ("jumprelu", {})]
)
def test_saved_dictionaries_load_in_sae_lens(
    helpers: ModuleType, tmp_path: Path, architecture: str, more: dict[str, int]
) -> None:
    made = helpers.new_dictionary(5, 9, seed=2)
    made["b_dec"] += 0.3
    made["b_enc"] -= 0.1
    made["log_threshold"] = torch.linspace(0.1, 0.5, 9).log()
    folder = helpers.save(made, tmp_path / "mine", architecture, **more)
    loaded = helpers.load_with_sae_lens(folder)
    x = torch.randn(20, 5, generator=torch.Generator().manual_seed(0))
    pre = (x - made["b_dec"]) @ made["W_enc"] + made["b_enc"]
    expected = {
        "standard": pre.relu(),
        "topk": pre.relu() * (pre >= pre.topk(2, dim=1).values[:, 1:]),
        "jumprelu": pre * (pre > made["log_threshold"].exp()),
    }[architecture]
    with torch.no_grad():
        torch.testing.assert_close(loaded.encode(x), expected)
        written = expected @ made["W_dec"] + made["b_dec"]
        torch.testing.assert_close(loaded.decode(expected), written)


def test_what_cannot_be_saved_is_said_in_a_line(helpers: ModuleType, tmp_path: Path) -> None:
    made = helpers.new_dictionary(5, 9, seed=2)
    for architecture in ("topk", "jumprelu", "gated"):
        with pytest.raises(LabError) as error:
            helpers.save(made, tmp_path / "never", architecture)
        assert "\n" not in str(error.value)
    assert not (tmp_path / "never").exists()


def test_the_next_tokens_loss(helpers: ModuleType) -> None:
    logits = torch.full((2, 4, 7), 0.0)
    tokens = torch.tensor([[1, 2, 3, 4], [0, 6, 5, 1]])
    expected = torch.tensor(7.0).log()
    torch.testing.assert_close(helpers.next_token_loss(logits, tokens), expected)
    logits[:, :-1].scatter_(-1, tokens[:, 1:, None], 50.0)
    assert float(helpers.next_token_loss(logits, tokens)) < 1e-6
