"""The gradients written out for a CPU: those of autograd, and those of sae-lens' own training."""

from __future__ import annotations

import pytest
import torch
from labkit.dictionary.gradients import Parameters, relu_step, strongest, topk_step
from torch import Tensor
from torch.nn import functional


def _case(seed: int, latents: int = 40, width: int = 12) -> tuple[Parameters, Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    decoder = functional.normalize(draw(latents, width), dim=1)
    parameters = Parameters(draw(latents, width), draw(latents), decoder, draw(width))
    return parameters, draw(30, width)


def _leaves(p: Parameters) -> Parameters:
    return Parameters(*(part.clone().requires_grad_() for part in p.tensors()))


def _same(ours: Parameters, theirs: Parameters, tolerance: float) -> None:
    for mine, leaf in zip(ours.tensors(), theirs.tensors(), strict=True):
        assert leaf.grad is not None
        error = (mine - leaf.grad).norm() / leaf.grad.norm()
        assert error < tolerance


@pytest.mark.parametrize("seed", range(10))
def test_topk_gradients_are_autograds(seed: int) -> None:
    p, x = _case(seed)
    chosen = strongest(x, p, 5)
    step = topk_step(x, p, chosen)
    q = _leaves(p)
    pre = (x - q.b_dec) @ q.encoder.T + q.b_enc
    latents = torch.zeros_like(pre).scatter(1, chosen, pre.gather(1, chosen)).relu()
    error = latents @ q.decoder + q.b_dec - x
    error.pow(2).sum(dim=1).mean().backward()
    _same(step.gradients, q, 1e-5)  # float32 sums in another order
    torch.testing.assert_close(step.error, error.detach())
    assert step.l0 == (latents > 0).sum().item() / len(x)
    assert torch.equal(step.fired, (latents > 0).any(dim=0))


@pytest.mark.parametrize("seed", range(10))
def test_a_target_of_its_own_leaves_b_dec_alone(seed: int) -> None:
    p, x = _case(seed)
    among = torch.arange(0, 40, 3)
    chosen = strongest(x, p, 4, among)
    assert set(chosen.flatten().tolist()) <= set(among.tolist())
    target = torch.roll(x, 1, 0)
    step = topk_step(x, p, chosen, target)
    q = _leaves(p)
    pre = (x - p.b_dec) @ q.encoder.T + q.b_enc
    latents = torch.zeros_like(pre).scatter(1, chosen, pre.gather(1, chosen)).relu()
    (latents @ q.decoder - target).pow(2).sum(dim=1).mean().backward()
    q.b_dec.grad = torch.ones_like(q.b_dec)  # autograd has none to compare with
    assert not step.gradients.b_dec.any()
    step.gradients.b_dec += 1
    _same(step.gradients, q, 1e-5)
    others = torch.ones(40, dtype=torch.bool)
    others[among] = False
    assert not step.gradients.encoder[others].any()
    assert not step.gradients.decoder[others].any()


@pytest.mark.parametrize("seed", range(10))
def test_relu_gradients_are_autograds(seed: int) -> None:
    p, x = _case(seed)
    step = relu_step(x, p, 0.3)
    q = _leaves(p)
    latents = ((x - q.b_dec) @ q.encoder.T + q.b_enc).relu()
    error = latents @ q.decoder + q.b_dec - x
    (error.pow(2).sum(dim=1).mean() + 0.3 * latents.sum(dim=1).mean()).backward()
    _same(step.gradients, q, 0.03)  # its products are in bfloat16, 8 bits


def test_the_strongest_are_the_largest_but_for_near_ties() -> None:
    p, x = _case(3, latents=400)
    pre = (x - p.b_dec) @ p.encoder.T + p.b_enc
    chosen = strongest(x, p, 20)
    least = pre.gather(1, chosen).min(dim=1).values
    cut = pre.topk(20).values[:, -1]
    assert (least >= cut - 0.05 * pre.abs().max()).all(), "bfloat16 orders to about 1 in 100"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as sae_lens is imported
def test_topk_gradients_are_those_of_sae_lens() -> None:
    from sae_lens import TopKTrainingSAE, TopKTrainingSAEConfig
    from sae_lens.saes.sae import TrainStepInput

    p, x = _case(0)
    config = TopKTrainingSAEConfig(
        d_in=12, d_sae=40, k=5, apply_b_dec_to_input=True, rescale_acts_by_decoder_norm=False
    )
    sae = TopKTrainingSAE(config)
    with torch.no_grad():
        sae.W_enc.copy_(p.encoder.T)
        sae.b_enc.copy_(p.b_enc)
        sae.W_dec.copy_(p.decoder)
        sae.b_dec.copy_(p.b_dec)
    out = sae.training_forward_pass(
        TrainStepInput(
            sae_in=x, coefficients={}, dead_neuron_mask=None, n_training_steps=0,
            is_logging_step=False,
        )
    )  # fmt: skip
    out.loss.backward()
    chosen = out.hidden_pre.topk(5).indices  # bfloat16 may break a near tie otherwise
    ours = topk_step(x, p, chosen).gradients
    assert sae.W_enc.grad is not None
    pairs = zip(
        ours.tensors(), [sae.W_enc.grad.T, sae.b_enc.grad, sae.W_dec.grad, sae.b_dec.grad],
        strict=True,
    )  # fmt: skip
    for mine, theirs in pairs:
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
