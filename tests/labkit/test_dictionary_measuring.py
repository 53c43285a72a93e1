"""The figures, on autoencoders whose figures are known."""

from __future__ import annotations

import pytest
import torch
from labkit import models
from labkit.dictionary import ordinary
from labkit.dictionary.measuring import Autoencoder, fidelity, held_out_stream, losses
from torch import Tensor

LAYER, WIDTH = 2, 24


@pytest.fixture(scope="module")
def tokens() -> Tensor:
    return torch.randint(37, (20, 12), generator=torch.Generator().manual_seed(0))


def _identity() -> Autoencoder:
    """Two latents a direction, one for each sign: at most ``WIDTH`` of them fire."""
    both = torch.cat([torch.eye(WIDTH), -torch.eye(WIDTH)])
    return Autoencoder("identity", lambda x: (x @ both.T).relu(), both, torch.zeros(WIDTH))


def _constant(x: Tensor) -> Autoencoder:
    dead = torch.zeros(5, WIDTH)
    return Autoencoder("mean", lambda x: x @ dead.T, dead, x.mean(dim=0))


def test_identity_and_mean_have_the_figures_of_identity_and_mean(tokens: Tensor) -> None:
    model = models.random(11)
    x = held_out_stream(model, tokens, LAYER)
    assert x.shape == (20 * 11, WIDTH)
    perfect, constant = _identity(), _constant(x)
    found = fidelity(perfect, x)
    assert found.fvu < 1e-10 and found.l0 == WIDTH and found.tokens == len(x)
    assert found.silent == 0
    found = fidelity(constant, x)
    assert found.fvu == pytest.approx(1, abs=1e-5) and found.l0 == 0 and found.silent == 1
    loss = losses(model, tokens, LAYER, [perfect, constant], x.mean(dim=0))
    assert loss.recovered("identity", loss.mean) == pytest.approx(1, abs=1e-4)
    assert loss.recovered("mean", loss.mean) == pytest.approx(0, abs=1e-4)


def test_the_clean_loss_is_the_models_own_and_position_0_is_left_alone(tokens: Tensor) -> None:
    model = models.random(11)
    with torch.no_grad():
        truth = model(tokens).log_softmax(dim=-1)[:, 1:-1].gather(-1, tokens[:, 2:, None])
    x = held_out_stream(model, tokens, LAYER)
    loss = losses(model, tokens, LAYER, [], x.mean(dim=0))
    assert loss.clean == pytest.approx(-truth.mean().item(), abs=1e-5)
    seen: list[Tensor] = []

    def spy(part: Tensor) -> Tensor:
        seen.append(part)
        return torch.zeros(*part.shape[:-1], 5)

    watching = Autoencoder("spy", spy, torch.zeros(5, WIDTH), torch.zeros(WIDTH))
    zeros = losses(model, tokens, LAYER, [watching], x.mean(dim=0))
    assert zeros.spliced["spy"] == pytest.approx(zeros.zero, abs=1e-6)
    encoded = torch.cat(seen)
    torch.testing.assert_close(encoded[:, 1:].flatten(0, 1), x)


def test_sinks_are_left_alone(tokens: Tensor) -> None:
    sizes = torch.tensor([[1.0, 5.0, 2e4], [3e4, 10.0, 0.0]])
    x = torch.zeros(2, 3, WIDTH)
    x[..., 4] = sizes
    assert ordinary(x).tolist() == [[True, True, False], [False, True, True]]
